//! How much memory an ffmpeg may take, which the operating system enforces.
//!
//! On Linux: `RLIMIT_DATA`, the private writable memory of a process. (`RLIMIT_AS` would count address
//! space, of which threads and allocators reserve far more than they use.) It is set as soon as the child
//! has been started. What the child has taken in these microseconds counts, too: from then on it gets no
//! more than the rest. Its own children inherit the limit, each for itself. Where FFMPEG names a script
//! around one ffmpeg, the shell comes on top; nothing in a video makes ffmpeg start a process.
//!
//! macOS has the call, but does not enforce this limit; on Windows a job object could. There only the
//! limit on pixels holds.

use super::process_group::Group;

/// Lets what leads `group` take no more than `bytes` of memory.
pub fn bound(group: &Group, bytes: u64) {
    #[cfg(target_os = "linux")]
    linux::bound(group.leader(), bytes);
    #[cfg(not(target_os = "linux"))]
    let _ = (group, bytes);
}

/// Is a bound what an ffmpeg that gets no memory runs into? Not where the whole run is given little
/// (`ulimit -v`).
#[must_use]
pub fn is_bounded() -> bool {
    #[cfg(target_os = "linux")]
    return linux::may_have_address_space();
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

    pub(super) fn bound(child: Option<Pid>, bytes: u64) {
        // A lower one that the user has set stays: nobody may raise it.
        let inherited = getrlimit(Resource::Data).maximum.unwrap_or(u64::MAX);
        let bytes = Some(bytes.min(inherited));
        let limit = Rlimit {
            current: bytes,
            maximum: bytes,
        };
        // Fails only if the child has ended.
        let _ = child.map(|child| prlimit(Some(child), Resource::Data, limit));
    }

    pub(super) fn may_have_address_space() -> bool {
        getrlimit(Resource::As).current.is_none()
    }
}
