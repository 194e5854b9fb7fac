//! Directories that are being filled, and what is left of them where a program was killed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::lock::{lock, lock_left_over};
use super::made::{self, State};
use crate::video::UNFINISHED;

/// The characters that follow: letters and digits, as many as make a name that no other has.
const RANDOM: usize = 6;

/// A directory in the output directory, under a name that no other has. Dropped, it goes with all
/// that a run has made in it.
///
/// It is locked for as long as its program lives, so that another program can tell it from one that
/// was left behind: a lock goes with its process, however that ends.
#[derive(Debug)]
pub(super) struct Unfinished {
    directory: PathBuf,
    kept: bool,
    _lock: Option<File>,
}

impl Unfinished {
    /// Makes one in `out_dir`.
    pub(super) fn create(out_dir: &Path) -> io::Result<Self> {
        /// Between being made and being locked it can be taken for a left-over one and removed.
        const TRIES: usize = 10;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for _ in 0..TRIES {
            let directory = temporary(out_dir)?;
            let lock = match lock(&directory) {
                Ok(lock) => Some(lock),
                // The file system has no locks: then nobody removes it, either.
                Err(e) if e.kind() != io::ErrorKind::WouldBlock => None,
                Err(e) => {
                    last = e;
                    continue;
                }
            };
            if directory.is_dir() {
                return Ok(Self {
                    directory,
                    kept: false,
                    _lock: lock,
                });
            }
        }
        Err(last)
    }

    pub(super) fn path(&self) -> &Path {
        &self.directory
    }

    /// Forgets it: it has another name now.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.kept {
            // Failing costs space only, and the next run tries again.
            let _ = made::remove(&self.directory);
        }
    }
}

/// A fresh directory in `out_dir`.
pub(super) fn temporary(out_dir: &Path) -> io::Result<PathBuf> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED).rand_bytes(RANDOM);
    // A temporary directory is for its owner's eyes alone; what this becomes is not.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    Ok(builder.tempdir_in(out_dir)?.keep())
}

/// Is it a name as [`temporary`] gives? A user's `.unfinished-2024` is not.
fn is_ours(name: &str) -> bool {
    let random = name.strip_prefix(UNFINISHED);
    random.is_some_and(|r| r.len() == RANDOM && r.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Removes the unfinished directories in `out_dir` whose programs are gone. Failing is no error:
/// they cost space only, and the next run tries again.
pub fn remove_left_over(out_dir: &Path) {
    let entries = fs::read_dir(out_dir).into_iter().flatten().flatten();
    let unfinished = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        name.to_str().is_some_and(is_ours) && entry.file_type().is_ok_and(|t| t.is_dir())
    };
    for entry in entries.filter(unfinished) {
        let path = entry.path();
        // Held until it is gone, so that nobody takes it for a fresh one.
        if let Ok(_lock) = lock_left_over(&path)
            && made::stranger(&path, State::Unfinished).is_ok_and(|found| found.is_none())
        {
            let _ = made::remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_left_over() {
        let out = tempfile::tempdir().unwrap();
        let held = Unfinished::create(out.path()).unwrap();
        let left = out.path().join(format!("{UNFINISHED}abcDE1"));
        fs::create_dir_all(left.join("2")).unwrap();
        fs::write(left.join("2/original.png"), "").unwrap();
        let foreign = out.path().join(format!("{UNFINISHED}busine"));
        fs::create_dir_all(foreign.join("2024")).unwrap();
        fs::write(foreign.join("2024/draft.txt"), "").unwrap();
        remove_left_over(out.path());
        assert!(!left.exists());
        assert!(held.path().exists() && foreign.exists());
        let path = held.path().to_owned();
        drop(held);
        assert!(!path.exists());
    }
}
