//! The intentional delay: CPU work or sleep.

use std::hint::black_box;

use cpu_time::ThreadTime;

use crate::cancel;
use crate::error::Result;
use crate::settings::{Delay, DelayKind};

/// Burns CPU time or sleeps on the calling thread, as `delay` says.
///
/// # Errors
/// [`crate::Error::Interrupted`] as soon as the program is interrupted.
pub fn delay(delay: Delay) -> Result<()> {
    match delay.kind {
        // A thread's CPU clock stops while another thread has the core, so two such delays on one
        // core take twice as long. A loop until a wall-clock deadline would end on time even on
        // an overloaded machine, and so hide the contention that the demos are meant to show.
        DelayKind::Cpu => {
            let burnt = ThreadTime::now();
            while burnt.elapsed() < delay.duration {
                cancel::check()?;
                compute();
            }
            Ok(())
        }
        DelayKind::Wait => cancel::sleep(delay.duration),
    }
}

/// Some ten microseconds of arithmetic between two reads of the clock. Reading the CPU clock is a
/// system call: a loop of nothing else would spend its time in the kernel, not in the program.
fn compute() {
    const ROUNDS: u32 = 10_000;
    black_box((0..ROUNDS).fold(1_u32, |x, n| black_box(x).wrapping_mul(31).wrapping_add(n)));
}
