//! How much a task that waits costs:
//!
//! ```text
//! cargo run -qr -p demo-async --example many_tasks
//! ```

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::sleep;

const TASKS: usize = 100_000;

fn main() -> io::Result<()> {
    let start = Instant::now();
    let runtime = Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..TASKS {
            tasks.spawn(sleep(Duration::from_secs(1)));
        }
        while tasks.join_next().await.is_some() {}
    });
    let seconds = start.elapsed().as_secs_f64();
    println!("{TASKS} tasks, each asleep for 1 s, on one thread: {seconds:.2} s");
    // The peak memory, on systems that have this file.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for most in status.lines().filter_map(|l| l.strip_prefix("VmHWM:")) {
        println!("the most memory it had: {}", most.trim());
    }
    Ok(())
}
