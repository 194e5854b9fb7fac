//! tokio's other runtime: tasks on as many threads as there are cores. A task moves to whichever thread is
//! free, so what it holds must be `Send`.
//!
//! ```text
//! cargo run -qr -p demo-async --example multi_thread
//! ```

use std::time::{Duration, Instant};

use thumbnail_core::settings::{Delay, DelayKind};
use thumbnail_core::stages::delay;
use tokio::task::JoinSet;

const JOBS: [u32; 4] = [1, 2, 3, 4];
const WORK: Delay = Delay {
    kind: DelayKind::Cpu,
    duration: Duration::from_millis(500),
};

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let start = Instant::now();
    let square = |job| async move { delay(WORK).map(|()| job * job) };
    let tasks: JoinSet<_> = JOBS.into_iter().map(square).collect();
    let mut squares: Vec<u32> = tasks.join_all().await.into_iter().flatten().collect();
    squares.sort_unstable();
    let seconds = start.elapsed().as_secs_f64();
    println!("{squares:?}, sorted, each after 0.5 s of work: {seconds:.2} s");
}
