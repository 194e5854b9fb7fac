//! One sample of a process and its descendants, from `/proc`.

use procfs::ProcResult;
use procfs::process::Process;

use super::Peaks;

/// The sums over `root` and all of its descendants. `None` if all of them have ended.
pub(super) fn sample(root: u32) -> Option<Peaks> {
    let mut seen = Peaks::default();
    let mut waiting = vec![root];
    let mut program = None;
    while let Some(pid) = waiting.pop() {
        // A process that ends while it is being read is not counted.
        if let Ok(process) = read(pid) {
            let name = program.get_or_insert_with(|| process.name.clone());
            // A worker process has the program's name and at least two threads. A child that has not yet
            // executed ffmpeg also has that name, and its parent's memory, but only one thread.
            if pid == root || (process.name == *name && process.threads > 1) {
                seen.own_memory_bytes += process.memory_bytes;
                seen.own_threads += process.threads;
            }
            seen.memory_bytes += process.memory_bytes;
            seen.threads += process.threads;
            seen.processes += 1;
            waiting.extend(process.children);
        }
    }
    (seen.processes > 0).then_some(seen)
}

/// The figures of one process.
struct Figures {
    name: String,
    memory_bytes: u64,
    threads: u64,
    children: Vec<u32>,
}

fn read(pid: u32) -> ProcResult<Figures> {
    let pid = i32::try_from(pid).map_err(|_| procfs::ProcError::NotFound(None))?;
    let process = Process::new(pid)?;
    let stat = process.stat()?;
    if stat.state == 'Z' {
        // A zombie: it has ended and was not reaped yet.
        return Err(procfs::ProcError::NotFound(None));
    }
    // `/proc` lists children by the thread that started them.
    let mut children = Vec::new();
    for task in process.tasks()?.flatten() {
        children.extend(task.children().unwrap_or_default());
    }
    let memory_bytes = stat.rss * procfs::page_size();
    Ok(Figures {
        name: stat.comm,
        memory_bytes,
        threads: u64::try_from(stat.num_threads).unwrap_or(0),
        children,
    })
}
