//! Limits the memory of an ffmpeg process; the operating system enforces the limit.
//!
//! On Linux this is `RLIMIT_DATA`, the private writable memory of a process. (`RLIMIT_AS` would count address
//! space, and threads and allocators reserve far more of that than they use.) The limit is set right after
//! the child has been started, and includes what the child has allocated before. Processes that the child
//! starts inherit the limit, and each may use as much: if FFMPEG names a shell script around ffmpeg, the
//! shell's memory comes on top. Nothing in a video can make ffmpeg start a process.
//!
//! macOS has this limit but does not enforce it. On Windows a job object could; this is not implemented. On
//! both, only the limit on pixels holds.

use super::process_group::Group;

/// Limits the memory of the leader of `group` to `bytes`.
pub fn bound(group: &Group, bytes: u64) {
    #[cfg(target_os = "linux")]
    linux::bound(group.leader(), bytes);
    #[cfg(not(target_os = "linux"))]
    let _ = (group, bytes);
}

/// If an ffmpeg cannot allocate memory, is the limit of [`bound`] the cause? If the user has limited the whole
/// run (`ulimit -v`), that may be the cause instead.
#[must_use]
pub fn is_bounded() -> bool {
    #[cfg(target_os = "linux")]
    return linux::address_space_is_unlimited();
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

    pub(super) fn bound(child: Option<Pid>, bytes: u64) {
        // Keep a lower hard limit that the user has set: an unprivileged process cannot raise it.
        let inherited = getrlimit(Resource::Data).maximum.unwrap_or(u64::MAX);
        let bytes = Some(bytes.min(inherited));
        let limit = Rlimit {
            current: bytes,
            maximum: bytes,
        };
        // Fails only if the child has ended.
        let _ = child.map(|child| prlimit(Some(child), Resource::Data, limit));
    }

    pub(super) fn address_space_is_unlimited() -> bool {
        getrlimit(Resource::As).current.is_none()
    }
}
