//! Kills an ffmpeg with all that it started: what FFMPEG names can be a script around the real one.

/// Kills every process in the group that `leader` leads. ([`super::command`] gives each ffmpeg a
/// group of its own.) Call it only while `leader` has not been waited for: after that, its number
/// may be another's.
#[cfg(unix)]
pub fn kill(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let pid = i32::try_from(leader).ok().and_then(Pid::from_raw);
    // Fails only if all of them have ended.
    let _ = pid.map(|pid| kill_process_group(pid, Signal::KILL));
}

/// Does nothing: only Unix has process groups.
#[cfg(not(unix))]
pub fn kill(_leader: u32) {}

/// Waits until a child has ended, and leaves it to be waited for: until then its number is its own.
#[cfg(unix)]
pub(super) fn wait_for_end(child: u32) {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let pid = i32::try_from(child).ok().and_then(Pid::from_raw);
    // What fails here fails once more when it is waited for, and is told then.
    let _ = pid.map(|pid| rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), options)));
}

/// Does nothing: elsewhere a child keeps its number for as long as it is held.
#[cfg(not(unix))]
pub(super) fn wait_for_end(_: u32) {}
