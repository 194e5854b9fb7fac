//! One run of one program, measured from outside.
//!
//! CPU time comes from `wait4`, which counts a child and all of its descendants that were reaped. The
//! demos wait for every ffmpeg and every worker process. The memory figure of `wait4` is that of the
//! largest process, not of the tree, so memory, threads and processes are sampled while the program runs.

#[cfg(target_os = "linux")]
mod tree;

use std::io;
use std::panic::resume_unwind;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// The interval at which memory, threads and processes are sampled. A sample of five processes takes 70 µs of
/// CPU time (measured by the test `cost_of_a_sample`), so sampling uses less than 1 % of a core.
pub const SAMPLING: Duration = Duration::from_millis(20);

/// On Ctrl-C a terminal sends SIGINT to the program, too. Only if the program still runs after this time do
/// we send it a signal: a second one would cut its graceful shutdown short.
const CTRL_C_GRACE: Duration = Duration::from_secs(2);

/// A program that still runs this long after the request to stop is killed.
const KILL_AFTER: Duration = Duration::from_secs(10);

/// The largest sampled figures of a process tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peaks {
    /// Sum of resident memory in bytes; pages shared between processes count in each.
    pub memory_bytes: u64,
    /// Number of threads of all processes.
    pub threads: u64,
    /// Number of processes.
    pub processes: u64,
    /// `memory_bytes` of the program and its workers alone, without ffmpeg.
    pub own_memory_bytes: u64,
    /// `threads` of the program and its workers alone, without ffmpeg.
    pub own_threads: u64,
}

#[cfg(target_os = "linux")]
impl Peaks {
    fn raise_to(&mut self, seen: Self) {
        self.memory_bytes = self.memory_bytes.max(seen.memory_bytes);
        self.threads = self.threads.max(seen.threads);
        self.processes = self.processes.max(seen.processes);
        self.own_memory_bytes = self.own_memory_bytes.max(seen.own_memory_bytes);
        self.own_threads = self.own_threads.max(seen.own_threads);
    }
}

/// The figures of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// How it ended.
    pub status: ExitStatus,
    /// From its start to its end, in seconds.
    pub wall_seconds: f64,
    /// CPU seconds of the whole tree in user mode and in the kernel; `None` except on Linux and macOS.
    pub cpu_seconds: Option<(f64, f64)>,
    /// `None` on systems without `/proc`, or if the program ended before the first sample.
    pub peaks: Option<Peaks>,
}

/// Which signal asked us to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Ctrl-C in a terminal, which sends SIGINT to the program as well.
    CtrlC,
    /// A request to terminate, such as SIGTERM, which only we received.
    Terminate,
}

/// Runs `command` to its end. `stop` is asked at every sample. Once it returns a signal, the program is
/// stopped, and killed if it does not end.
///
/// # Errors
/// When the program cannot be started or reaped.
pub fn run(command: &mut Command, stop: impl Fn() -> Option<Stop>) -> io::Result<Measured> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    let pid = child.id();
    let (ended, end) = mpsc::channel();
    let waiting = thread::spawn(move || {
        // On a thread of its own, so that sampling does not delay the time of the end.
        let waited = wait_for_end(&mut child);
        // This fails only if the receiving thread has panicked.
        let _ = ended.send(Instant::now());
        (child, waited)
    });

    let mut peaks = None;
    let mut stopping = Stopping::default();
    let end = loop {
        match end.recv_timeout(SAMPLING) {
            Ok(end) => break end,
            Err(RecvTimeoutError::Disconnected) => break Instant::now(),
            Err(RecvTimeoutError::Timeout) => {}
        }
        sample(pid, &mut peaks);
        if let Some(stop) = stop() {
            stopping.signal_if_due(pid, stop);
        }
    };
    let (mut child, result) = waiting.join().unwrap_or_else(|panic| resume_unwind(panic));
    result?;
    let (status, cpu_seconds) = reap(&mut child)?;
    Ok(Measured {
        status,
        wall_seconds: (end - start).as_secs_f64(),
        cpu_seconds,
        peaks,
    })
}

/// Stopping a program: first a request, then a kill.
#[derive(Default)]
struct Stopping {
    since: Option<Instant>,
    signalled: bool,
}

impl Stopping {
    /// Called at every sample since the request to stop.
    fn signal_if_due(&mut self, pid: u32, stop: Stop) {
        let passed = self.since.get_or_insert_with(Instant::now).elapsed();
        if !self.signalled && (stop == Stop::Terminate || passed > CTRL_C_GRACE) {
            self.signalled = true;
            signal(pid, false);
        }
        if passed > KILL_AFTER {
            signal(pid, true);
        }
    }
}

#[cfg(target_os = "linux")]
fn sample(pid: u32, peaks: &mut Option<Peaks>) {
    if let Some(seen) = tree::sample(pid) {
        peaks.get_or_insert_default().raise_to(seen);
    }
}

#[cfg(not(target_os = "linux"))]
fn sample(_: u32, _: &mut Option<Peaks>) {}

/// Waits until the program has ended, and does not reap it. Until it is reaped its PID is not reused, so a
/// signal cannot hit another process.
#[cfg(unix)]
fn wait_for_end(child: &mut Child) -> io::Result<()> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(Pid::from_child(child)), options) {
            Err(rustix::io::Errno::INTR) => {}
            other => return Ok(other.map(drop)?),
        }
    }
}

#[cfg(not(unix))]
fn wait_for_end(child: &mut Child) -> io::Result<()> {
    child.wait().map(drop)
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn reap(child: &mut Child) -> io::Result<(ExitStatus, Option<(f64, f64)>)> {
    use wait4::Wait4;
    let used = child.wait4()?;
    let cpu = (
        used.rusage.utime.as_secs_f64(),
        used.rusage.stime.as_secs_f64(),
    );
    Ok((used.status, Some(cpu)))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn reap(child: &mut Child) -> io::Result<(ExitStatus, Option<(f64, f64)>)> {
    Ok((child.wait()?, None))
}

/// Asks the program to stop, or kills it.
#[cfg(unix)]
fn signal(pid: u32, kill: bool) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = if kill { Signal::KILL } else { Signal::TERM };
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // This fails if the program has just ended, which is what we want.
        let _ = kill_process(pid, signal);
    }
}

/// Windows has no such signals; Ctrl-C reaches the program without us.
#[cfg(not(unix))]
fn signal(_: u32, _: bool) {}

#[cfg(all(test, unix))]
mod tests;
