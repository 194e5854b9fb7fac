//! One run of one program, measured from outside.
//!
//! The CPU time comes from `wait4`, which gives what a child used together with all those of its
//! descendants that were waited for; the demos wait for every ffmpeg and every worker. The
//! same call's memory figure is of little use here: it is that of the largest process, not
//! the sum. So memory, threads and processes are sampled while the program runs.

#[cfg(target_os = "linux")]
mod tree;

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How often memory, threads and processes are sampled. A sample of five processes takes 70 µs of
/// CPU time (the test `cost_of_a_sample` tells), so sampling uses less than a hundredth of a core.
pub const SAMPLING: Duration = Duration::from_millis(20);

/// After Ctrl-C a terminal has told the program as well as us; only if it still runs after this
/// long is it told again. A second signal would cut its winding down short.
const OWN_WIND_DOWN: Duration = Duration::from_secs(2);

/// A program that still runs this long after it was asked to stop is killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest sampled figures of a process tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peaks {
    /// Sum of resident memory in bytes; pages shared between processes count in each.
    pub memory_bytes: u64,
    /// Threads of all processes.
    pub threads: u64,
    /// Processes.
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

/// What a program took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// How it ended.
    pub status: ExitStatus,
    /// From starting it to its end, in seconds.
    pub wall_seconds: f64,
    /// CPU seconds of the whole tree in user mode and in the kernel, where the system tells.
    pub cpu_seconds: Option<(f64, f64)>,
    /// `None` where the system has no `/proc`, or if the program was too quick to be seen.
    pub peaks: Option<Peaks>,
}

/// Which signal asked us to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The terminal's Ctrl-C: the program got it too.
    CtrlC,
    /// A request to terminate: nobody but us got it.
    Terminate,
}

/// Runs `command` to its end. When `stop` says so, the program is stopped, and its end awaited.
///
/// # Errors
/// When the program cannot be started or waited for.
pub fn run(command: &mut Command, stop: impl Fn() -> Option<Stop>) -> io::Result<Measured> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    let pid = child.id();
    let (ended, end) = mpsc::channel();
    let waiting = thread::spawn(move || {
        // Taken on a thread that does nothing else, so that no sampling delays it.
        let waited = wait_for_end(&mut child);
        // Nobody is left to listen only if the other end has panicked.
        let _ = ended.send(Instant::now());
        (child, waited)
    });

    let mut peaks = None;
    let mut winding_down = WindingDown::default();
    let end = loop {
        match end.recv_timeout(SAMPLING) {
            Ok(end) => break end,
            Err(RecvTimeoutError::Disconnected) => break Instant::now(),
            Err(RecvTimeoutError::Timeout) => {}
        }
        sample(pid, &mut peaks);
        if let Some(stop) = stop() {
            winding_down.go_on(pid, stop);
        }
    };
    let (mut child, result) = waiting
        .join()
        .map_err(|_| io::Error::other("the thread that waits for the program panicked"))?;
    result?;
    let (status, cpu_seconds) = reap(&mut child)?;
    Ok(Measured {
        status,
        wall_seconds: (end - start).as_secs_f64(),
        cpu_seconds,
        peaks,
    })
}

/// How far we are in stopping a program.
#[derive(Default)]
struct WindingDown {
    since: Option<Instant>,
    told: bool,
}

impl WindingDown {
    /// Called at every sample from the moment when we were asked to stop.
    fn go_on(&mut self, pid: u32, stop: Stop) {
        let passed = self.since.get_or_insert_with(Instant::now).elapsed();
        let told_by_terminal = stop == Stop::CtrlC;
        if !self.told && (!told_by_terminal || passed > OWN_WIND_DOWN) {
            self.told = true;
            signal(pid, false);
        }
        if passed > PATIENCE {
            signal(pid, true);
        }
    }
}

#[cfg(target_os = "linux")]
fn sample(pid: u32, peaks: &mut Option<Peaks>) {
    if let Some(seen) = tree::look(pid) {
        peaks.get_or_insert_default().raise_to(seen);
    }
}

#[cfg(not(target_os = "linux"))]
fn sample(_: u32, _: &mut Option<Peaks>) {}

/// Waits until the program has ended but leaves it to be reaped: until then its number stays its
/// own, so a signal cannot reach a stranger.
#[cfg(unix)]
fn wait_for_end(child: &mut Child) -> io::Result<()> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    // The demos read nothing from stdin, and a pipe would keep them waiting.
    drop(child.stdin.take());
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
        // It may have ended just now, which is what we want.
        let _ = kill_process(pid, signal);
    }
}

/// Windows has no such signal; Ctrl-C reaches the program by itself.
#[cfg(not(unix))]
fn signal(_: u32, _: bool) {}

#[cfg(all(test, unix))]
mod tests;
