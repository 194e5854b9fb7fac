//! The deadline of one video, on a clock that stands still while the process is suspended.
//!
//! Ctrl-Z (SIGTSTP) can stop a run for an hour before `fg` (SIGCONT) continues it, and that hour must not
//! count. No system tells a process how long it was stopped. So whatever waits for a deadline reads the clock
//! every `TICK`, and a gap between two reads that is longer than `SUSPENDED` counts as a suspension.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;

/// How often the clock is read while something waits for a deadline.
const TICK: Duration = Duration::from_millis(100);

/// A longer gap between two reads of the clock counts as a suspension. It is ten ticks long, because threads
/// are late on a loaded machine; a gap that is mistaken for a suspension only makes the deadline later.
const SUSPENDED: Duration = Duration::from_secs(1);

/// How long this process has run, without the gaps that count as suspensions.
fn running_time() -> Duration {
    static SEEN: Mutex<Option<(Instant, Duration)>> = Mutex::new(None);
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    let (last, ran) = seen.unwrap_or((now, Duration::ZERO));
    let passed = now.saturating_duration_since(last);
    let ran = match passed {
        stopped if stopped > SUSPENDED => ran,
        passed => ran + passed,
    };
    *seen = Some((now, ran));
    ran
}

/// The time by which the work on one video must be done.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// On the clock of [`running_time`].
    at: Duration,
    allowed: Duration,
}

impl Deadline {
    /// `allowed` from now on.
    #[must_use]
    pub fn after(allowed: Duration) -> Self {
        let at = running_time().saturating_add(allowed);
        Self { at, allowed }
    }

    /// How long until then, if the run is not suspended.
    #[must_use]
    pub fn left(self) -> Duration {
        self.at.saturating_sub(running_time())
    }

    /// Has it passed?
    #[must_use]
    pub fn passed(self) -> bool {
        self.left().is_zero()
    }

    /// How long to wait before reading the clock again.
    #[must_use]
    pub fn next_look(self) -> Duration {
        self.left().min(TICK)
    }

    /// A deadline that is `left` from now on. With what [`Deadline::left`] gave at the beginning of a pause,
    /// the pause does not count.
    #[must_use]
    pub fn not_counting_since(self, left: Duration) -> Self {
        let at = running_time().saturating_add(left);
        Self { at, ..self }
    }

    /// Waits for a message until the deadline.
    ///
    /// # Errors
    /// The deadline has passed, or there is no sender any more.
    pub fn receive<T>(self, from: &Receiver<T>) -> Result<T, RecvTimeoutError> {
        loop {
            match from.recv_timeout(self.next_look()) {
                Err(RecvTimeoutError::Timeout) if !self.passed() => {}
                received => return received,
            }
        }
    }

    /// Fails once it has passed.
    ///
    /// # Errors
    /// [`Error::TimedOut`].
    pub fn check(self) -> Result<(), Error> {
        if self.passed() {
            Err(self.error())
        } else {
            Ok(())
        }
    }

    /// The error of a video whose deadline has passed.
    #[must_use]
    pub fn error(self) -> Error {
        Error::TimedOut(self.allowed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_deadline_passes_and_a_message_comes_before_it() {
        let (sender, receiver) = mpsc::channel();
        let soon = Deadline::after(Duration::from_millis(150));
        assert_eq!(soon.receive(&receiver), Err(RecvTimeoutError::Timeout));
        assert!(soon.check().is_err());
        sender.send(7).unwrap();
        let never = Deadline::after(Duration::MAX);
        assert_eq!(never.receive(&receiver), Ok(7));
        assert!(never.check().is_ok());
    }
}
