//! The temporary directories in which results are built, and the removal of those that a killed program
//! has left behind.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::lock::{lock, lock_left_over};
use super::made::{self, Completeness};
use super::replaced;
use crate::video::UNFINISHED;

/// The number of random letters and digits that follow [`UNFINISHED`] in a name.
const RANDOM: usize = 6;

/// A temporary directory in the output directory, under a unique name. Dropping it removes the directory
/// and the files that a run has written to it.
///
/// It is locked while this process runs. The operating system releases the lock when the process ends,
/// even if it is killed, so another run can tell a directory in use from one that was left behind.
#[derive(Debug)]
pub(super) struct Unfinished {
    directory: PathBuf,
    kept: bool,
    _lock: Option<File>,
}

impl Unfinished {
    /// Creates and locks one in `out_dir`.
    pub(super) fn create(out_dir: &Path) -> io::Result<Self> {
        /// Another run can remove the directory after it was created and before it is locked.
        const TRIES: usize = 10;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for _ in 0..TRIES {
            let directory = temporary(out_dir)?;
            let lock = match lock(&directory) {
                Ok(lock) => Some(lock),
                // The file system has no locks. Then no other run can lock it to remove it, either.
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

    /// Disarms the removal on drop, because the directory has been renamed to its final path.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A directory that cannot be read, because of a strange umask, is empty, and can be removed as such.
        if !self.kept && made::remove(&self.directory).is_err() {
            // What is left after a failure takes disk space only, and the next run tries again.
            let _ = fs::remove_dir(&self.directory);
        }
    }
}

/// Creates an empty directory with a unique temporary name in `out_dir`.
fn temporary(out_dir: &Path) -> io::Result<PathBuf> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED).rand_bytes(RANDOM);
    // `tempfile` would make it private to the user (mode 0700), but it becomes the published result.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    Ok(builder.tempdir_in(out_dir)?.keep())
}

/// Can the name come from [`temporary`]? A user's `.unfinished-2024` cannot.
fn is_ours(name: &str) -> bool {
    let random = name.strip_prefix(UNFINISHED);
    random.is_some_and(|r| r.len() == RANDOM && r.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Removes the temporary directories in `out_dir` that no running program owns, and moves back the results that
/// a killed program had put aside. Failures are ignored:
/// what is left takes disk space only, and the next run tries again.
pub fn remove_left_over(out_dir: &Path) {
    replaced::restore(out_dir);
    let entries = fs::read_dir(out_dir).into_iter().flatten().flatten();
    let unfinished = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        name.to_str().is_some_and(is_ours) && entry.file_type().is_ok_and(|t| t.is_dir())
    };
    for entry in entries.filter(unfinished) {
        let path = entry.path();
        // The lock is held until the directory is removed, so that no other run locks and uses it.
        if let Ok(_lock) = lock_left_over(&path)
            && made::find_foreign(&path, Completeness::Unfinished)
                .is_ok_and(|found| found.is_none())
        {
            let _ = made::remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directories_that_no_program_has_locked_are_removed() {
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
