//! When each stage of each video ran, and on which lane: the raw material of every picture.

use std::future::poll_fn;
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};

use cpu_time::ThreadTime;
use serde::{Deserialize, Serialize};

use super::forced;
use super::report::PlanReport;
use super::watch;

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
    /// CPU seconds of the thread that did it. ffmpeg, a process of its own, is not counted. Of a worker
    /// process that was killed it is not known: a delay that works counts in full, all else as 0.
    pub cpu_seconds: f64,
}

impl Span {
    /// Wall time in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.end - self.start
    }

    /// Whether this is a delay that waits. One that works uses CPU time all along; even with a hundred
    /// of them on a core each has a hundredth of it. (Below a millisecond it is no delay at all.)
    #[must_use]
    pub fn is_waiting_delay(&self) -> bool {
        self.stage == Stage::Delay
            && self.seconds() > 1e-3
            && self.cpu_seconds * 1000.0 < self.seconds()
    }
}

/// The run's clock: every span of a run, whichever process measured it, counts from one zero.
///
/// It travels to another process as the moment at which it read 0, in seconds since the Unix epoch.
/// The system time is read once at either end; in between, both are monotonic.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(into = "f64", from = "f64")]
pub struct Clock {
    zero: Instant,
    zero_of_day: SystemTime,
}

impl Clock {
    /// A clock that reads 0 now.
    #[must_use]
    pub fn start() -> Self {
        let (zero, zero_of_day) = now_on_both_clocks();
        Self { zero, zero_of_day }
    }

    /// Seconds since the clock read 0.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.zero.elapsed().as_secs_f64()
    }
}

/// One moment on the monotonic and on the system's clock. A thread that loses its core between the
/// two looks would be off by milliseconds, and two videos of one worker would seem to overlap.
fn now_on_both_clocks() -> (Instant, SystemTime) {
    /// Of so many tries, the one that was disturbed least is taken.
    const TRIES: usize = 5;
    let look = || {
        let (before, of_day, after) = (Instant::now(), SystemTime::now(), Instant::now());
        (after - before, before, of_day)
    };
    let mut best = look();
    for _ in 1..TRIES {
        best = best.min(look());
    }
    (best.1, best.2)
}

impl From<Clock> for f64 {
    fn from(clock: Clock) -> Self {
        let since = clock.zero_of_day.duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0.0, |since| since.as_secs_f64())
    }
}

impl From<f64> for Clock {
    fn from(epoch_seconds: f64) -> Self {
        let since = Duration::try_from_secs_f64(epoch_seconds).unwrap_or_default();
        let epoch = SystemTime::UNIX_EPOCH;
        let zero_of_day = epoch.checked_add(since).unwrap_or(epoch);
        let (now, now_of_day) = now_on_both_clocks();
        let age = now_of_day.duration_since(zero_of_day).unwrap_or_default();
        Self {
            zero: now.checked_sub(age).unwrap_or(now),
            zero_of_day,
        }
    }
}

/// Writes down the spans of one video on one lane.
#[derive(Debug)]
pub struct Recorder {
    clock: Clock,
    lane: usize,
    video: String,
    spans: Vec<Span>,
    /// What another process does for this video, since when, and whether it works.
    elsewhere: Option<(Stage, f64, bool)>,
    /// What it took to reach the frames, once they were.
    pub plan: Option<PlanReport>,
}

impl Recorder {
    /// Starts recording the video called `video`, which lane `lane` has just picked up. Every video
    /// counts as submitted when the run starts, so the time since then goes down as
    /// [`Stage::Queued`].
    #[must_use]
    pub fn pick_up(clock: Clock, lane: usize, video: &str) -> Self {
        let mut recorder = Self {
            clock,
            lane,
            video: video.to_owned(),
            spans: Vec::new(),
            elsewhere: None,
            plan: None,
        };
        let now = clock.seconds();
        recorder.push(Stage::Queued, 0.0, now, 0.0);
        recorder
    }

    /// Runs `work` on this thread and records it as `stage`, with this thread's CPU time.
    pub fn time<T>(&mut self, stage: Stage, work: impl FnOnce() -> T) -> T {
        watch::tell(self.lane, Some(stage));
        let (start, cpu) = (self.clock.seconds(), ThreadTime::now());
        let result = work();
        self.push(
            stage,
            start,
            self.clock.seconds(),
            cpu.elapsed().as_secs_f64(),
        );
        result
    }

    /// [`Recorder::time`] for a future. CPU time is that of its own polls: between two of them the
    /// thread is other tasks'.
    pub async fn time_async<T>(&mut self, stage: Stage, work: impl Future<Output = T>) -> T {
        watch::tell(self.lane, Some(stage));
        let (start, mut cpu) = (self.clock.seconds(), Duration::ZERO);
        let mut work = pin!(work);
        let result = poll_fn(|context| {
            let polled = ThreadTime::now();
            let poll = work.as_mut().poll(context);
            cpu += polled.elapsed();
            poll
        });
        let result = result.await;
        self.push(stage, start, self.clock.seconds(), cpu.as_secs_f64());
        result
    }

    fn push(&mut self, stage: Stage, start: f64, end: f64, cpu_seconds: f64) {
        self.spans.push(Span {
            stage,
            lane: self.lane,
            start,
            end: end.max(start),
            cpu_seconds,
        });
        watch::tell(self.lane, None);
        forced::fault_if_asked(stage, &self.video);
    }

    /// Another process says that it begins `stage`, and so has ended the one before. `works` if that
    /// stage uses its core all along: how much CPU time it used dies with a process that is killed.
    pub fn begins_elsewhere(&mut self, stage: Stage, works: bool) {
        self.ends_elsewhere();
        let now = self.clock.seconds();
        self.elsewhere = Some((stage, now, works));
        watch::tell(self.lane, Some(stage));
    }

    /// The other process has ended what it did, or has died over it.
    pub fn ends_elsewhere(&mut self) {
        let Some((stage, start, works)) = self.elsewhere.take() else {
            return;
        };
        let end = self.clock.seconds().max(start);
        self.spans.push(Span {
            stage,
            lane: self.lane,
            start,
            end,
            cpu_seconds: if works { end - start } else { 0.0 },
        });
        watch::tell(self.lane, None);
    }

    /// A recorder for work on the same video that is done on another thread; give it back to
    /// [`Recorder::join`].
    #[must_use]
    pub fn split(&self) -> Self {
        Self {
            spans: Vec::new(),
            elsewhere: None,
            plan: None,
            video: self.video.clone(),
            ..*self
        }
    }

    /// Takes in what another recorder recorded meanwhile.
    pub fn join(&mut self, other: Self) {
        self.spans.extend(other.spans);
    }

    /// What was recorded, in order.
    #[must_use]
    pub fn into_spans(self) -> Vec<Span> {
        self.spans
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
