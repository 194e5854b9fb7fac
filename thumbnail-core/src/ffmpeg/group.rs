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
