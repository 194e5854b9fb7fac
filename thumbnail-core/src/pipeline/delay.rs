//! The intentional delay: work or waiting, and honest under contention.

use std::hint::black_box;

use cpu_time::ThreadTime;

use crate::cancel;
use crate::error::Result;
use crate::settings::{Delay, DelayKind};

/// Lets `delay` pass on this thread.
///
/// # Errors
/// [`crate::Error::Interrupted`] as soon as the program is interrupted.
pub fn delay(delay: Delay) -> Result<()> {
    match delay.kind {
        // The clock of this thread stands still while another thread has the core, so two of these
        // on one core take twice as long. Spinning until a moment on the wall clock would end
        // on time however crowded the machine is, and hide what the demos are here to show.
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

/// Some ten microseconds of arithmetic between two looks at the clock: reading the clock is a
/// system call, and a delay made of those alone would burn the kernel's time instead of the
/// program's.
fn compute() {
    const ROUNDS: u32 = 10_000;
    black_box((0..ROUNDS).fold(1_u32, |x, n| black_box(x).wrapping_mul(31).wrapping_add(n)));
}
