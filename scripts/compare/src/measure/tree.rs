//! A process and its descendants, as `/proc` shows them at one moment.

use procfs::ProcResult;
use procfs::process::Process;

use super::Peaks;

/// Adds up the tree below and with `root`. `None` if nothing of it is there any more.
pub(super) fn look(root: u32) -> Option<Peaks> {
    let mut seen = Peaks::default();
    let mut waiting = vec![root];
    while let Some(pid) = waiting.pop() {
        // A process may end while we look: what was read of it so far does not count.
        if let Ok((memory_bytes, threads, children)) = read(pid) {
            seen.memory_bytes += memory_bytes;
            seen.threads += threads;
            seen.processes += 1;
            waiting.extend(children);
        }
    }
    (seen.processes > 0).then_some(seen)
}

/// Resident bytes, threads and children of one process.
fn read(pid: u32) -> ProcResult<(u64, u64, Vec<u32>)> {
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
    Ok((
        memory_bytes,
        u64::try_from(stat.num_threads).unwrap_or(0),
        children,
    ))
}
