//! Records when each stage of one video runs.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use cpu_time::ThreadTime;

use super::report::PlanReport;
use super::span::{Clock, Span, Stage};
use super::{forced, watch};

/// Records the spans of one video on one lane.
#[derive(Debug)]
pub struct Recorder {
    clock: Clock,
    lane: usize,
    video: String,
    spans: Vec<Span>,
    /// The stage that a worker process runs for this video, when it began, and whether it uses a core all
    /// the time. See [`Recorder::begins_elsewhere`].
    elsewhere: Option<(Stage, f64, bool)>,
    /// How the frames were reached; `None` until they are.
    pub plan: Option<PlanReport>,
}

impl Recorder {
    /// Starts recording the video called `video`, which lane `lane` has just picked up. Every video
    /// counts as submitted when the run starts, so the time since then is recorded as
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
        // The CPU time first: on a busy machine a thread often loses its core while it reads that clock, and the
        // wait for a core belongs to this stage.
        let cpu_seconds = cpu.elapsed().as_secs_f64();
        self.push(stage, start, self.clock.seconds(), cpu_seconds);
        result
    }

    /// [`Recorder::time`] for a future. Its CPU time is the sum over its polls: between two polls the
    /// thread runs other tasks.
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

    /// A worker process reports that it begins `stage`, which ends the stage before. `works` says that the
    /// stage uses a core all the time. If the worker is killed, its CPU time is lost, and the wall time of
    /// such a stage is recorded for it.
    pub fn begins_elsewhere(&mut self, stage: Stage, works: bool) {
        self.ends_elsewhere();
        let now = self.clock.seconds();
        self.elsewhere = Some((stage, now, works));
        watch::tell(self.lane, Some(stage));
    }

    /// The worker process has ended its stage, or has died in it.
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

    /// Adds the spans of a recorder that [`Recorder::split`] gave.
    pub fn join(&mut self, other: Self) {
        self.spans.extend(other.spans);
    }

    /// What was recorded, in order.
    #[must_use]
    pub(crate) fn into_spans(self) -> Vec<Span> {
        self.spans
    }
}
