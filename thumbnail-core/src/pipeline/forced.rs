//! Faults on demand, so that the tests can show that each fails one video only. Nothing of this is in
//! a release build.
//!
//! With the environment variable `THUMBNAIL_FORCE` set to `panic STAGE NAME` or `kill STAGE NAME`, the
//! work on the video whose output directory is called NAME panics in that stage, or the process that
//! does it is killed. In `demo-async` the extraction is on the one thread of the tasks, resizing and
//! saving are on the pool.

use crate::measure::span::Stage;

/// The environment variable that asks for a fault.
const VARIABLE: &str = "THUMBNAIL_FORCE";

/// Does what the environment asks for at this stage of the work on this video.
pub(crate) fn fault_if_asked(stage: Stage, name: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    let asked = std::env::var(VARIABLE).unwrap_or_default();
    let here = format!("{} {name}", stage.name());
    match asked.split_once(' ') {
        Some(("panic", there)) if there == here => panic!("{VARIABLE} asks for it"),
        Some(("kill", there)) if there == here => kill(),
        _ => {}
    }
}

#[cfg(unix)]
fn kill() {
    use rustix::process::{Signal, getpid, kill_process};
    // Whether it succeeds, nobody is here to see.
    let _ = kill_process(getpid(), Signal::KILL);
}

#[cfg(not(unix))]
fn kill() {
    std::process::abort();
}
