//! Faults on demand, so that the tests can show that each fails one video only. A release build has
//! none of this.
//!
//! With the environment variable `THUMBNAIL_FORCE` set to `panic STAGE NAME` or `kill STAGE NAME`, the
//! work on the video whose output directory is called NAME panics when its first span of that stage
//! is recorded, or the process that records it is killed. `queued` is recorded before the stages,
//! where nothing in the library catches a panic.

use super::span::Stage;

/// The environment variable that asks for a fault.
const FORCE_VARIABLE: &str = "THUMBNAIL_FORCE";

/// Does what the environment asks for after this stage of this video.
pub(super) fn fault_if_asked(stage: Stage, name: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    let asked = std::env::var(FORCE_VARIABLE).unwrap_or_default();
    let here = format!("{} {name}", stage.name());
    match asked.split_once(' ') {
        Some(("panic", there)) if there == here => panic!("{FORCE_VARIABLE} asks for it"),
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
