//! The intentional delay: work or waiting, and honest under contention.

use cpu_time::ThreadTime;

use crate::error::Result;
use crate::interrupt;
use crate::report::{Delay, DelayKind};

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
                interrupt::check()?;
            }
            Ok(())
        }
        DelayKind::Wait => interrupt::sleep(delay.duration),
    }
}
