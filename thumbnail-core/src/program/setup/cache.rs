//! The directory that keeps what is made or fetched once: a downloaded ffmpeg, the sample clips.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The environment variable that names another cache directory (the whole path, not its parent).
pub const CACHE_VARIABLE: &str = "THUMBNAIL_CACHE";

/// The name of the project's directory inside the user's cache directory.
const NAME: &str = "thumbnail-demos";

/// The prefix of temporary directories, which tells leftovers from what is kept.
const TEMPORARY: &str = ".part-";

/// A file in each temporary directory that this project makes. A user's own directory with that prefix does
/// not have it, and is never removed.
const MARKER: &str = ".made-by-thumbnail-demos";

/// Temporary directories older than this were left by a program that was killed: nothing that this
/// project makes or downloads takes a day.
const LEFTOVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Why there is no cache directory.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The operating system knows no cache directory for this user (on Linux: no `HOME`).
    #[error(
        "this user has no cache directory; set {CACHE_VARIABLE} to a directory that can be written"
    )]
    Unknown,
    /// A relative path could not be made absolute, as the current directory is gone.
    #[error("cannot tell where {} is: {reason}", path.display())]
    Absolute {
        /// The path as `THUMBNAIL_CACHE` gives it.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
}

/// The cache directory, as an absolute path: `THUMBNAIL_CACHE` where that is set and not empty,
/// else `thumbnail-demos` in the user's own (`~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`).
/// It is not created here: whoever writes into it does that.
///
/// # Errors
/// [`CacheError`] where neither the variable nor the operating system names a directory.
pub fn dir() -> Result<PathBuf, CacheError> {
    choose(env::var_os(CACHE_VARIABLE), dirs::cache_dir())
}

fn choose(variable: Option<OsString>, of_user: Option<PathBuf>) -> Result<PathBuf, CacheError> {
    match variable.filter(|value| !value.is_empty()) {
        Some(value) => {
            let path = PathBuf::from(value);
            std::path::absolute(&path).map_err(|reason| CacheError::Absolute { path, reason })
        }
        None => of_user.map(|dir| dir.join(NAME)).ok_or(CacheError::Unknown),
    }
}

/// Makes a fresh temporary directory inside `dir` (which is made too). It is removed when the value is
/// dropped, whichever way the caller returns. It is inside `dir`, and so on the same file system: what is
/// made in it can be put into place by an atomic rename.
pub(crate) fn temporary(dir: &Path) -> io::Result<tempfile::TempDir> {
    fs::create_dir_all(dir)?;
    remove_leftovers(dir, LEFTOVER);
    let temporary = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(dir)?;
    fs::write(temporary.path().join(MARKER), "")?;
    Ok(temporary)
}

/// Removes temporary directories in `dir` that are older than `age`. Failing is no error: a leftover
/// costs space only, and the next run tries again.
fn remove_leftovers(dir: &Path, age: Duration) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten().filter(is_temporary) {
        let modified = entry.metadata().and_then(|meta| meta.modified());
        let old = modified.is_ok_and(|time| time.elapsed().is_ok_and(|passed| passed >= age));
        if old {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_temporary(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with(TEMPORARY)
        && entry.file_type().is_ok_and(|found| found.is_dir())
        && entry.path().join(MARKER).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_the_whole_directory() {
        let of_user = Some(PathBuf::from("/home/u/.cache"));
        let chosen = choose(Some("here".into()), of_user.clone()).unwrap();
        assert_eq!(chosen, env::current_dir().unwrap().join("here"));
        let default = choose(Some("".into()), of_user).unwrap();
        assert_eq!(default, Path::new("/home/u/.cache").join(NAME));
        assert!(matches!(choose(None, None), Err(CacheError::Unknown)));
    }

    #[test]
    fn only_old_temporary_directories_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let kept = dir.path().join("ffmpeg");
        let leftover = dir.path().join(format!("{TEMPORARY}abc"));
        fs::create_dir_all(&kept).unwrap();
        fs::create_dir_all(leftover.join("deep")).unwrap();
        fs::write(leftover.join(MARKER), "").unwrap();
        let of_a_user = dir.path().join(format!("{TEMPORARY}2024"));
        fs::create_dir_all(of_a_user.join("drafts")).unwrap();
        remove_leftovers(dir.path(), LEFTOVER);
        assert!(
            leftover.exists(),
            "a fresh one belongs to a program that is running"
        );
        remove_leftovers(dir.path(), Duration::ZERO);
        assert!(kept.exists() && !leftover.exists());
        assert!(of_a_user.join("drafts").exists());
    }

    #[test]
    fn a_temporary_directory_goes_with_its_value() {
        let dir = tempfile::tempdir().unwrap();
        let temporary = temporary(&dir.path().join("not/yet")).unwrap();
        let path = temporary.path().to_owned();
        assert!(path.is_dir());
        drop(temporary);
        assert!(!path.exists());
    }
}
