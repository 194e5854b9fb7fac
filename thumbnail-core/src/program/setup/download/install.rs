//! The last steps of a download: is it a program that runs here, and then into its place.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use super::{DIRECTORY, place};

/// How often a fresh program is started again while the system calls it busy, and the pause
/// between. Linux refuses to start a file that is open for writing anywhere; a process that
/// another thread is just forking holds our open file for an instant, until it runs its program.
const BUSY_RETRIES: u32 = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(25);

/// Runs `ffmpeg -version` once, so that a program for another processor or C library, or a text
/// page that a proxy sent, is found out before it is in the cache.
pub(super) fn check_it_runs(ffmpeg: &Path) -> Result<(), String> {
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

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Renames `fresh` to its place. When another program was faster, its copy stays: it passed the
/// same checks. A directory without an ffmpeg in it, left by hand, makes room.
pub(super) fn install(fresh: &Path, cache: &Path) -> io::Result<()> {
    let target = cache.join(DIRECTORY);
    let Err(error) = fs::rename(fresh, &target) else {
        return Ok(());
    };
    if place(cache).is_file() {
        return Ok(());
    }
    if !target.exists() {
        return Err(error);
    }
    // Beside `fresh`, so in the temporary directory, which is about to be removed.
    fs::rename(&target, fresh.with_extension("old"))?;
    fs::rename(fresh, &target)
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
        let temporary = cache::temporary(cache.path()).unwrap();
        let fresh = temporary.path().join(DIRECTORY);
        fs::create_dir(&fresh).unwrap();
        fs::write(fresh.join(program()), "fresh").unwrap();
        install(&fresh, cache.path()).unwrap();
        fs::read_to_string(place(cache.path())).unwrap()
    }

    #[test]
    fn a_first_copy_is_put_in_place() {
        assert_eq!(installed_over(|_| ()), "fresh");
    }

    #[test]
    fn the_copy_of_a_faster_program_stays() {
        let faster = |cache: &Path| {
            fs::create_dir(cache.join(DIRECTORY)).unwrap();
            fs::write(place(cache), "faster").unwrap();
        };
        assert_eq!(installed_over(faster), "faster");
    }

    #[test]
    fn a_directory_without_ffmpeg_makes_room() {
        let wreck = |cache: &Path| {
            fs::create_dir(cache.join(DIRECTORY)).unwrap();
            fs::write(cache.join(DIRECTORY).join("notes"), "").unwrap();
        };
        assert_eq!(installed_over(wreck), "fresh");
    }
}
