//! The limit on open files (`ulimit -n`). Shells set it to 1024 or less, and each video in flight takes
//! several: hundreds of workers can pass it.

use std::error::Error as _;
use std::io;

use anyhow::Result;

use crate::error::Error;

/// With fewer than these nothing is begun: a run of a single video was seen to fail with 16.
#[cfg(unix)]
const FEWEST: u64 = 32;

/// What is asked for: macOS gives a process no more (`OPEN_MAX`).
#[cfg(unix)]
const ENOUGH: u64 = 10_240;

/// Raises the limit as far as this process may, for itself and for what it starts.
///
/// # Errors
/// It stays too low for a single video.
#[cfg(unix)]
pub(super) fn raise_limit() -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let allowed = maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    let Some(current) = current.filter(|current| *current < allowed) else {
        return enough(current.unwrap_or(ENOUGH));
    };
    let raised = Rlimit {
        current: Some(allowed),
        maximum,
    };
    // Where it may not be raised, it stays as it was.
    let raised = setrlimit(Resource::Nofile, raised);
    enough(raised.map_or(current, |()| allowed))
}

#[cfg(unix)]
fn enough(limit: u64) -> Result<()> {
    if limit < FEWEST {
        anyhow::bail!("only {limit} open files are allowed: raise the limit (ulimit -n 1024)");
    }
    Ok(())
}

/// There is no such limit.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "there can be an error elsewhere")]
pub(super) fn raise_limit() -> Result<()> {
    Ok(())
}

/// Is it for this limit, or for the system's, that a video failed?
pub(super) fn are_too_many(error: &Error) -> bool {
    if let Error::WorkerDied(Err(cause)) = error {
        return is_of_limit(cause);
    }
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.any(|cause| cause.downcast_ref().is_some_and(is_of_limit))
}

#[cfg(unix)]
fn is_of_limit(error: &io::Error) -> bool {
    use rustix::io::Errno;

    let errors = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    error
        .raw_os_error()
        .is_some_and(|code| errors.contains(&code))
}

#[cfg(not(unix))]
fn is_of_limit(_: &io::Error) -> bool {
    false
}
