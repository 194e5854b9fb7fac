//! When the work on one video must be done, on a clock that stands still while the run is suspended.
//!
//! A run that Ctrl-Z stops for an hour, and `fg` continues, has not worked for an hour. No system tells
//! how long a process was stopped, so the clock is looked at every `TICK` while anything waits for a
//! deadline. Where nobody has looked for `SUSPENDED`, nobody could.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(100);

/// Looks that are further apart mean that the process was stopped. Ten ticks: a machine under load is
/// late, too, and what is taken for a stop only makes the deadline later.
const SUSPENDED: Duration = Duration::from_secs(1);

/// The time for which this process has run, the parts in which nobody looked left out.
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

/// When the work on one video must be done.
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

    /// How long to wait before the next look at the clock.
    #[must_use]
    pub fn next_look(self) -> Duration {
        self.left().min(TICK)
    }

    /// The same amount of time from now on as was left at `then`: what has passed since then does not
    /// count.
    #[must_use]
    pub fn not_counting_since(self, then: Duration) -> Self {
        let at = running_time().saturating_add(then);
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

    /// What to say when it has passed.
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
