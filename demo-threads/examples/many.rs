//! How much a thread that waits costs:
//!
//! ```text
//! cargo run -qr -p demo-threads --example many            # 1,000 and 10,000
//! cargo run -qr -p demo-threads --example many -- 100000  # more than most systems allow
//! ```

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let asked: Vec<usize> = std::env::args()
        .skip(1)
        .map(|n| n.parse())
        .collect::<Result<_, _>>()?;
    let counts = if asked.is_empty() {
        vec![1_000, 10_000]
    } else {
        asked
    };
    for count in counts {
        let start = Instant::now();
        let started = sleepers(count);
        let seconds = start.elapsed().as_secs_f64();
        started?;
        println!("{count} threads, each asleep for 1 s: {seconds:.2} s");
        // The peak memory, on systems that have this file.
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        for most in status.lines().filter_map(|l| l.strip_prefix("VmHWM:")) {
            println!("the most memory it had: {}", most.trim());
        }
    }
    Ok(())
}

/// Starts `count` threads that all sleep at once, if the system allows so many.
fn sleepers(count: usize) -> anyhow::Result<()> {
    thread::scope(|scope| {
        for started in 0..count {
            // `scope.spawn` would panic where the system refuses a thread.
            thread::Builder::new()
                .spawn_scoped(scope, || thread::sleep(Duration::from_secs(1)))
                .with_context(|| format!("only {started} of {count} threads could be started"))?;
        }
        Ok(())
    })
}
