//! Waits until a pipe can be read. A blocking read from a pipe has no timeout, but `poll` has one.

/// Waits until `pipe` has bytes to read or is at its end. `false` if `over` returned true first.
#[cfg(unix)]
pub(super) fn wait_for_bytes(pipe: &impl std::os::fd::AsFd, over: impl Fn() -> bool) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    /// The timeout of `poll`, after which `over` is checked: a tenth of a second.
    const TIMEOUT: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    loop {
        let mut pipes = [PollFd::new(pipe, PollFlags::IN)];
        match poll(&mut pipes, Some(&TIMEOUT)) {
            Ok(0) | Err(Errno::INTR) if over() => return false,
            Ok(0) | Err(Errno::INTR) => {}
            // After an error of `poll`, the read that follows reports it.
            Ok(_) | Err(_) => return true,
        }
    }
}

/// On Windows no child process can leave the job object. Killing the job closes the pipes, so a blocking read
/// always returns.
#[cfg(windows)]
pub(super) fn wait_for_bytes<T>(_: &T, _: impl Fn() -> bool) -> bool {
    true
}
