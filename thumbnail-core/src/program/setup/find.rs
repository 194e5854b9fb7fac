//! Which ffmpeg the programs run. Finding it starts no process: a start costs some 90 ms, and the
//! error of an ffmpeg that does not run is clear enough when it is first used.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::FFMPEG_VARIABLE;
use super::download::{self, Archive, DownloadError};
use super::install_hint::Help;
use crate::program::setup::cache::{self, CacheError};

/// What to do when there is no ffmpeg on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// Fetch one, saying so on stderr.
    Download,
    /// Fetch one and say nothing (`--quiet`).
    DownloadQuietly,
    /// Give up (`--no-download`).
    Refuse,
}

/// Why there is no ffmpeg to run.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// `FFMPEG` is set to something that cannot be run. No other ffmpeg is taken instead: whoever
    /// sets the variable wants that one.
    #[error(
        "{FFMPEG_VARIABLE} is set to '{}', which is not a program that can be run; correct or unset it",
        .0.display()
    )]
    Variable(OsString),
    /// There is no ffmpeg, and the caller refused to fetch one.
    #[error("there is no ffmpeg on this machine, and --no-download forbids fetching one\n{0}")]
    Refused(Help),
    /// There is no ffmpeg, and none could be fetched. The help has to come last, where a reader ends, so
    /// the cause is part of the message and not its `source`.
    #[error("there is no ffmpeg on this machine, and none could be fetched: {cause}\n{help}")]
    Download {
        /// What went wrong, in one line.
        cause: DownloadError,
        /// How to get ffmpeg in another way.
        help: Help,
    },
    /// The run was interrupted while one was fetched.
    #[error("interrupted before ffmpeg was fetched")]
    Interrupted,
    /// There is no ffmpeg, and no directory to fetch one into.
    #[error("there is no ffmpeg on this machine, and none could be fetched: {cause}\n{help}")]
    NoCache {
        /// What went wrong, in one line.
        cause: CacheError,
        /// How to get ffmpeg in another way.
        help: Help,
    },
}

/// The places where ffmpeg may be, in the order in which they are searched.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The value of `FFMPEG`.
    pub variable: Option<OsString>,
    /// The file beside the running program.
    pub beside: Option<PathBuf>,
    /// The value of `PATH`.
    pub path: Option<OsString>,
    /// The file that an earlier download left in the cache directory.
    pub fetched: Option<PathBuf>,
}

impl Places {
    /// The places of this process: its environment, its program file, its user's cache directory.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self {
            variable: env::var_os(FFMPEG_VARIABLE),
            beside: ffmpeg_sidecar::paths::sidecar_path().ok(),
            path: env::var_os("PATH"),
            fetched: cache::dir().ok().map(|dir| download::installed_path(&dir)),
        }
    }

    /// The first executable file among the places, as an absolute path; `None` if there is none.
    ///
    /// # Errors
    /// [`FindError::Variable`] where `FFMPEG` is set to something that is not an executable file.
    pub fn search(&self) -> Result<Option<PathBuf>, FindError> {
        if let Some(value) = self.variable.as_ref().filter(|value| !value.is_empty()) {
            let found = self.executable(Path::new(value));
            return found
                .map(Some)
                .ok_or_else(|| FindError::Variable(value.clone()));
        }
        let in_path = Some(Path::new("ffmpeg"));
        let candidates = [self.beside.as_deref(), in_path, self.fetched.as_deref()];
        Ok(candidates
            .into_iter()
            .flatten()
            .find_map(|name| self.executable(name)))
    }

    /// A bare name is looked up in `PATH`, anything else relative to the current directory.
    fn executable(&self, name: &Path) -> Option<PathBuf> {
        let here = env::current_dir().unwrap_or_default();
        which::which_in(name, self.path.as_ref(), here).ok()
    }
}

/// Finds ffmpeg: the one that `FFMPEG` names, the one beside the program, the one in `PATH`, the
/// one fetched earlier; if there is none, fetches it unless that is refused. The result is an
/// absolute path.
///
/// # Errors
/// [`FindError`] where `FFMPEG` names no program, or where there is no ffmpeg and none could be
/// (or should be) fetched. In the second case its message ends with three lines of help.
pub fn find(if_missing: IfMissing) -> Result<PathBuf, FindError> {
    if let Some(found) = Places::of_this_process().search()? {
        return Ok(found);
    }
    let quiet = match if_missing {
        IfMissing::Refuse => return Err(FindError::Refused(Help::for_this_machine())),
        IfMissing::Download => false,
        IfMissing::DownloadQuietly => true,
    };
    let cache = cache::dir().map_err(|cause| FindError::NoCache {
        cause,
        help: Help::for_this_machine(),
    })?;
    Archive::of_this_process()
        .and_then(|source| download::fetch(&source, &cache, quiet))
        .map_err(|cause| match cause {
            DownloadError::Interrupted => FindError::Interrupted,
            cause => FindError::Download {
                cause,
                help: Help::for_this_machine(),
            },
        })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// Four places in a directory, each with an ffmpeg in it. They are empty files: were one of
    /// them started, it would fail.
    fn everywhere(dir: &Path) -> Places {
        let program = |name: &str| {
            let file = dir.join(name).join("ffmpeg");
            fs::create_dir(dir.join(name)).unwrap();
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
            file
        };
        let in_path = program("in-path");
        Places {
            variable: Some(program("variable").into()),
            beside: Some(program("beside")),
            path: Some(in_path.parent().unwrap().into()),
            fetched: Some(program("fetched")),
        }
    }

    #[test]
    fn the_places_are_looked_at_in_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let mut places = everywhere(dir.path());
        for expected in ["variable", "beside", "in-path", "fetched"] {
            let found = places.search().unwrap().unwrap();
            assert_eq!(found, dir.path().join(expected).join("ffmpeg"));
            fs::remove_file(found).unwrap();
            // Set to a program that is gone it would be an error: the next test.
            places.variable = Some("".into());
        }
        assert_eq!(places.search().unwrap(), None);
        assert_eq!(Places::default().search().unwrap(), None);
    }

    #[test]
    fn a_variable_that_names_no_program_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let mut places = everywhere(dir.path());
        let not_executable = dir.path().join("notes.txt");
        fs::write(&not_executable, "").unwrap();
        let wrong = [
            not_executable.into(),
            dir.path().into(),
            "no-such-program".into(),
        ];
        for value in wrong {
            places.variable = Some(value);
            let message = places.search().unwrap_err().to_string();
            assert!(message.starts_with("FFMPEG is set to "), "{message}");
        }
    }

    #[test]
    fn a_bare_name_in_the_variable_is_looked_up_in_path() {
        let dir = tempfile::tempdir().unwrap();
        let mut places = everywhere(dir.path());
        places.variable = Some("ffmpeg".into());
        let found = places.search().unwrap().unwrap();
        assert_eq!(found, dir.path().join("in-path").join("ffmpeg"));
    }
}
