//! rayon: a pool of threads behind an iterator. It divides the jobs among the threads, and a thread that has
//! none left takes some from another one (work stealing).
//!
//! ```text
//! cargo run -qr -p demo-threads --example with_rayon
//! ```

use std::time::{Duration, Instant};

use rayon::prelude::*;
use thumbnail_core::settings::{Delay, DelayKind};
use thumbnail_core::stages::delay;

const JOBS: [u32; 4] = [1, 2, 3, 4];
const WORK: Delay = Delay {
    kind: DelayKind::Cpu,
    duration: Duration::from_millis(500),
};

fn main() {
    let start = Instant::now();
    let squares: Vec<u32> = JOBS
        .par_iter()
        .filter(|_| delay(WORK).is_ok())
        .map(|job| job * job)
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    println!("{squares:?}, in order, each after 0.5 s of work: {seconds:.2} s");
}
