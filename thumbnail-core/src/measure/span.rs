//! When each stage of each video ran, and on which lane: the data behind every table and picture.

use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

/// One step of a video's way through the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// From submission until a worker (or the executor) picked the video up.
    Queued,
    /// The intentional delay.
    Delay,
    /// Waiting for the next frame, even while ffmpeg decodes ahead.
    Extract,
    /// Scaling one frame to every size.
    Resize,
    /// Encoding and writing one frame's files.
    Save,
}

impl Stage {
    /// Every stage, in pipeline order.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Delay,
        Self::Extract,
        Self::Resize,
        Self::Save,
    ];

    /// The stage's name as it stands in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delay => "delay",
            Self::Extract => "extract",
            Self::Resize => "resize",
            Self::Save => "save",
        }
    }
}

/// One stretch of time that one video spent in one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// What was done.
    pub stage: Stage,
    /// Which worker (thread, process or async slot) did it, counted from 0.
    pub lane: usize,
    /// Seconds from the run's start.
    pub start: f64,
    /// Seconds from the run's start; never before `start`.
    pub end: f64,
    /// CPU seconds of the thread that did it. ffmpeg, a process of its own, is not counted. Where a worker
    /// process was killed they are not known: then a CPU delay counts in full, and all else as 0.
    pub cpu_seconds: f64,
}

impl Span {
    /// Wall time in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.end - self.start
    }

    /// Whether this is a delay that waits: its CPU time is less than a thousandth of its wall time. That of
    /// a CPU delay is more, even if a hundred of them share a core. (A delay of less than a millisecond is
    /// too short to tell.)
    #[must_use]
    pub fn is_waiting_delay(&self) -> bool {
        self.stage == Stage::Delay
            && self.seconds() > 1e-3
            && self.cpu_seconds * 1000.0 < self.seconds()
    }
}

/// The run's clock. All spans of a run count from the same zero, whichever process measured them.
///
/// To another process it is sent as the time of that zero, in seconds since the Unix epoch. Each process
/// reads the system time only once, when it starts or receives the clock. After that it uses its monotonic
/// clock, so a change of the system time does no harm.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(into = "f64", from = "f64")]
pub struct Clock {
    zero: Instant,
    system_zero: SystemTime,
}

impl Clock {
    /// A clock that reads 0 now.
    #[must_use]
    pub fn start() -> Self {
        let (zero, system_zero) = now_on_both_clocks();
        Self { zero, system_zero }
    }

    /// Seconds since the clock read 0.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.zero.elapsed().as_secs_f64()
    }
}

/// One moment on the monotonic clock and on the system clock. If the thread is preempted between the two
/// reads they are milliseconds apart, and two videos of one worker would seem to overlap.
fn now_on_both_clocks() -> (Instant, SystemTime) {
    /// Of this many tries, the one whose reads are closest together is taken.
    const TRIES: usize = 5;
    let read = || {
        let (before, system, after) = (Instant::now(), SystemTime::now(), Instant::now());
        (after - before, before, system)
    };
    let mut best = read();
    for _ in 1..TRIES {
        best = best.min(read());
    }
    (best.1, best.2)
}

impl From<Clock> for f64 {
    fn from(clock: Clock) -> Self {
        let since = clock.system_zero.duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0.0, |since| since.as_secs_f64())
    }
}

impl From<f64> for Clock {
    fn from(epoch_seconds: f64) -> Self {
        let since = Duration::try_from_secs_f64(epoch_seconds).unwrap_or_default();
        let epoch = SystemTime::UNIX_EPOCH;
        let system_zero = epoch.checked_add(since).unwrap_or(epoch);
        let (now, system_now) = now_on_both_clocks();
        let age = system_now.duration_since(system_zero).unwrap_or_default();
        Self {
            zero: now.checked_sub(age).unwrap_or(now),
            system_zero,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_can_be_made_of_any_number() {
        for seconds in [f64::NAN, -1.0, 0.0, 1e18, 1e19, f64::INFINITY] {
            assert!(Clock::from(seconds).seconds() >= 0.0, "{seconds}");
        }
    }
}
