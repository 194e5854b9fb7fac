//! A read from a pipe cannot be given a time limit; waiting for what there is to read can.

/// Waits until `pipe` has bytes or has ended. `false` if neither came before it was `over`.
#[cfg(unix)]
pub(super) fn wait_for_bytes(pipe: &impl std::os::fd::AsFd, over: impl Fn() -> bool) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    /// A tenth of a second: how long `over` may go unnoticed.
    const NEXT_LOOK: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    loop {
        let mut pipes = [PollFd::new(pipe, PollFlags::IN)];
        match poll(&mut pipes, Some(&NEXT_LOOK)) {
            Ok(0) | Err(Errno::INTR) if over() => return false,
            Ok(0) | Err(Errno::INTR) => {}
            // An error shows once more when the pipe is read.
            Ok(_) | Err(_) => return true,
        }
    }
}

/// On Windows nothing leaves the job object: once ffmpeg is killed, nobody holds its pipes.
#[cfg(windows)]
pub(super) fn wait_for_bytes<T>(_: &T, _: impl Fn() -> bool) -> bool {
    true
}
