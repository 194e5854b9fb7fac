//! Some videos wait, some compute, in one run on one thread:
//!
//! ```text
//! cargo run -qr -p demo-async --example mixed
//! ```

use std::io;
use std::time::Duration;

use thumbnail_core::measure::span::Clock;
use thumbnail_core::settings::{Delay, DelayKind};
use thumbnail_core::stages::delay;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

fn main() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(mixed(Duration::from_secs(1)));
    Ok(())
}

async fn mixed(duration: Duration) {
    use DelayKind::{Cpu, Wait};
    let clock = Clock::start();
    let mut tasks = JoinSet::new();
    for (video, kind) in [Wait, Cpu, Wait, Cpu].into_iter().enumerate() {
        tasks.spawn(async move {
            let start = clock.seconds();
            match kind {
                Wait => sleep(duration).await,
                Cpu => {
                    let work = move || delay(Delay { kind, duration });
                    // Fails only if the work panics, and then the panic has been shown.
                    let _ = spawn_blocking(work).await;
                }
            }
            let end = clock.seconds();
            format!("video {video}: {kind:?} from {start:.2} to {end:.2} s")
        });
    }
    // `join_all` gives them in the order in which the tasks ended.
    let mut lines = tasks.join_all().await;
    lines.sort();
    for line in lines {
        println!("{line}");
    }
}
