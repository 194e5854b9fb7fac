//! How much the operating system lets this program start.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;

use anyhow::{Result, bail};

use crate::measure::report::Model;
use crate::program::options::cores;

/// Threads and processes that one video in flight takes, each of which counts (`ulimit -u`): who
/// waits for the video, who listens to ffmpeg, ffmpeg; in a worker process, its own on top.
const fn for_one_video(model: Model) -> usize {
    match model {
        Model::Single => 2,
        Model::Threads | Model::Async => 3,
        Model::Process => 8,
    }
}

/// Threads and processes that there are once: one that looks at the clock, and the guard.
const ONCE: usize = 2;

/// As many workers for `videos` as are `asked` for. Where the system allows less, that many, and a
/// line on stderr says so.
///
/// # Errors
/// It allows none.
pub(crate) fn workers(model: Model, asked: usize, videos: usize) -> Result<usize> {
    let wanted = asked.min(videos);
    let possible = possible(model, wanted);
    if possible == wanted {
        return Ok(asked);
    }
    if possible == 0 {
        bail!("the system lets this program start no threads: raise the limit (ulimit -u)");
    }
    let _ = writeln!(
        io::stderr(),
        "workers: {possible}, because the system lets this program start no more (ulimit -u)"
    );
    Ok(possible)
}

/// How many of `workers` there can be: tried out where a limit is near, because nothing tells how much
/// of it is left. Starting a thread where none is allowed would be a panic later on.
fn possible(model: Model, workers: usize) -> usize {
    // In the async model the tasks are no threads, and no more are worked on than there are cores.
    let busy = match model {
        Model::Async => workers.min(cores()),
        _ => workers,
    };
    let wanted = busy * for_one_video(model) + ONCE;
    if !may_be_tight(wanted) {
        return workers;
    }
    let started = try_out(wanted);
    match started {
        _ if started == wanted => workers,
        _ => started.saturating_sub(ONCE) / for_one_video(model),
    }
}

/// Is there a limit near to what is wanted? This user's other processes count, too.
#[cfg(unix)]
fn may_be_tight(wanted: usize) -> bool {
    use rustix::process::{Resource, getrlimit};
    const OTHERS: u64 = 1000;
    let near = |limit: u64| limit < (wanted as u64).saturating_mul(10).saturating_add(OTHERS);
    // A container's own, where Linux has one.
    let of_container = std::fs::read_to_string("/sys/fs/cgroup/pids.max").ok();
    let of_container = of_container.and_then(|text| text.trim().parse().ok());
    let of_user = getrlimit(Resource::Nproc).current;
    [of_user, of_container].into_iter().flatten().any(near)
}

#[cfg(not(unix))]
fn may_be_tight(_: usize) -> bool {
    false
}

/// Starts up to `wanted` threads at once, ends them, and tells how many there were.
fn try_out(wanted: usize) -> usize {
    /// A thread that only waits needs little.
    const STACK_BYTES: usize = 16 << 10;
    let mut threads = Vec::new();
    let mut waiting_for = Vec::new();
    for _ in 0..wanted {
        let (end, wait) = mpsc::channel::<()>();
        let waiting = move || {
            let _ = wait.recv();
        };
        let builder = thread::Builder::new().stack_size(STACK_BYTES);
        match builder.spawn(waiting) {
            Ok(thread) => threads.push(thread),
            Err(_) => break,
        }
        waiting_for.push(end);
    }
    let started = threads.len();
    drop(waiting_for);
    for thread in threads {
        let _ = thread.join();
    }
    started
}
