//! The last steps of a download: check that the program runs here, then rename it into place.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use super::{DIRECTORY, installed_path};
use crate::program::setup::cache::CACHE_VARIABLE;

/// How often a fresh program is started again after ETXTBSY ("text file busy"), and the pause in between.
/// Linux does not execute a file that any process has open for writing. A child that another thread of this
/// program forks at that moment inherits our open file, and has it until its `exec`.
const BUSY_RETRIES: u32 = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(25);

/// Runs `ffmpeg -version` once, so that a program for another processor or C library, or a text
/// page that a proxy sent, is found out before it is in the cache.
pub(super) fn check_it_runs(ffmpeg: &Path) -> Result<(), String> {
    #[cfg(unix)]
    make_executable(ffmpeg).map_err(|error| error.to_string())?;
    let output = version(ffmpeg).map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(output.status.to_string())
    }
}

fn version(ffmpeg: &Path) -> io::Result<Output> {
    let mut command = Command::new(ffmpeg);
    command.arg("-version").stdin(Stdio::null());
    for _ in 0..BUSY_RETRIES {
        match command.output() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(BUSY_PAUSE);
            }
            outcome => return outcome,
        }
    }
    command.output()
}

#[cfg(unix)]
fn make_executable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

/// Renames `fresh` into place. If another program has installed one in the meantime, that one stays: it
/// passed the same checks.
///
/// # Errors
/// It cannot be moved there; or something else is in the way, which stays.
pub(super) fn install(fresh: &Path, cache: &Path) -> io::Result<()> {
    refuse_foreign(cache)?;
    let target = cache.join(DIRECTORY);
    // On Windows a rename replaces no directory, not even an empty one. (`remove_dir` removes only an empty
    // one.)
    let _ = fs::remove_dir(&target);
    match fs::rename(fresh, &target) {
        Err(_) if installed_path(cache).is_file() => Ok(()),
        renamed => renamed,
    }
}

/// Fails if the path of the directory with ffmpeg is taken by something that no download has made.
pub(super) fn refuse_foreign(cache: &Path) -> io::Result<()> {
    let target = cache.join(DIRECTORY);
    let is_empty = || fs::read_dir(&target).is_ok_and(|mut entries| entries.next().is_none());
    let is_link = target.is_symlink();
    let exists = is_link || target.exists();
    if !exists || !is_link && is_empty() || installed_path(cache).is_file() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{} is in the way and not of an earlier download: move it, or set {CACHE_VARIABLE} to another directory",
        target.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::super::program;
    use super::*;
    use crate::program::setup::cache;

    /// Installs a directory with an ffmpeg in it over what the closure leaves in the cache, and
    /// says what is in the place afterwards.
    fn installed_over(prepare: impl FnOnce(&Path)) -> String {
        let cache = tempfile::tempdir().unwrap();
        prepare(cache.path());
        install_fresh(cache.path()).unwrap();
        fs::read_to_string(installed_path(cache.path())).unwrap()
    }

    fn install_fresh(cache: &Path) -> io::Result<()> {
        let temporary = cache::temporary(cache).unwrap();
        let fresh = temporary.path().join(DIRECTORY);
        fs::create_dir(&fresh).unwrap();
        fs::write(fresh.join(program()), "fresh").unwrap();
        install(&fresh, cache)
    }

    #[test]
    fn a_first_copy_is_put_in_place() {
        assert_eq!(installed_over(|_| ()), "fresh");
    }

    #[test]
    fn the_copy_of_a_faster_program_stays() {
        let faster = |cache: &Path| {
            fs::create_dir(cache.join(DIRECTORY)).unwrap();
            fs::write(installed_path(cache), "faster").unwrap();
        };
        assert_eq!(installed_over(faster), "faster");
    }

    #[test]
    fn an_empty_directory_makes_room() {
        let empty = |cache: &Path| fs::create_dir(cache.join(DIRECTORY)).unwrap();
        assert_eq!(installed_over(empty), "fresh");
    }

    #[test]
    fn what_a_user_has_under_that_name_stays_and_is_named() {
        for mine in ["ffmpeg", "ffmpeg/notes"] {
            let cache = tempfile::tempdir().unwrap();
            let mine = cache.path().join(mine);
            fs::create_dir_all(mine.parent().unwrap()).unwrap();
            fs::write(&mine, "mine").unwrap();
            let error = install_fresh(cache.path()).unwrap_err().to_string();
            let place = cache.path().join(DIRECTORY);
            assert!(error.contains(&*place.to_string_lossy()), "{error}");
            assert_eq!(fs::read_to_string(mine).unwrap(), "mine");
        }
    }
}
