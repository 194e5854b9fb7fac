//! Fault injection: it lets the tests show that each fault fails one video only. A release build injects
//! none.
//!
//! With the environment variable `THUMBNAIL_FORCE` set to `panic STAGE NAME` or `kill STAGE NAME`, the
//! work on the video whose output directory is called NAME panics when its first span of that stage
//! is recorded, or the process that records it is killed. `queued` is recorded before the stages,
//! where nothing in the library catches a panic.

use super::span::Stage;

/// The environment variable that requests a fault.
const FORCE_VARIABLE: &str = "THUMBNAIL_FORCE";

/// Panics or kills this process if the environment variable names this stage of this video.
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
    // If it fails, the test sees that the process has not died.
    let _ = kill_process(getpid(), Signal::KILL);
}

#[cfg(not(unix))]
fn kill() {
    std::process::abort();
}
