//! A process and its descendants, as `/proc` shows them at one moment.

use procfs::ProcResult;
use procfs::process::Process;

use super::Peaks;

/// Adds up the tree below and with `root`. `None` if nothing of it is there any more.
pub(super) fn look(root: u32) -> Option<Peaks> {
    let mut seen = Peaks::default();
    let mut waiting = vec![root];
    let mut program = None;
    while let Some(pid) = waiting.pop() {
        // A process may end while we look: what was read of it so far does not count.
        if let Ok(one) = read(pid) {
            let name = program.get_or_insert_with(|| one.name.clone());
            // A child has its parent's name and memory until it becomes ffmpeg. It has one thread
            // then, and a worker process has at least two.
            if pid == root || (one.name == *name && one.threads > 1) {
                seen.own_memory_bytes += one.memory_bytes;
                seen.own_threads += one.threads;
            }
            seen.memory_bytes += one.memory_bytes;
            seen.threads += one.threads;
            seen.processes += 1;
            waiting.extend(one.children);
        }
    }
    (seen.processes > 0).then_some(seen)
}

struct One {
    name: String,
    memory_bytes: u64,
    threads: u64,
    children: Vec<u32>,
}

fn read(pid: u32) -> ProcResult<One> {
    let pid = i32::try_from(pid).map_err(|_| procfs::ProcError::NotFound(None))?;
    let process = Process::new(pid)?;
    let stat = process.stat()?;
    if stat.state == 'Z' {
        // It has ended, and has yet to be waited for.
        return Err(procfs::ProcError::NotFound(None));
    }
    // Each thread has its own list of the children that it started.
    let mut children = Vec::new();
    for task in process.tasks()?.flatten() {
        children.extend(task.children().unwrap_or_default());
    }
    let memory_bytes = stat.rss * procfs::page_size();
    Ok(One {
        name: stat.comm,
        memory_bytes,
        threads: u64::try_from(stat.num_threads).unwrap_or(0),
        children,
    })
}
