//! A discrete-event simulation of one run: which video is in which stage at what time, on a machine with
//! any number of cores.
//!
//! An event is the end of a stage. The simulation advances from event to event; between two of them every
//! video moves at a constant speed:
//!
//! - **Waiting** needs no core: one second of it takes one second.
//! - **Work** shares the cores. While all runnable work together asks for no more cores than there are, it
//!   runs at full speed. When it asks for twice as many, everything takes twice as long. This is
//!   *processor sharing*, to which a fair scheduler comes close over more than a few milliseconds.
//!
//! A video starts when a worker is free. A stage may also need a *permit*, of which there is a limited
//! number, as of a semaphore: so the async model bounds its blocking pool and its ffmpeg processes.
//!
//! Identical videos in the same state are one `VideoGroup`. So a thousand of them cost as many steps as the
//! workers need rounds.

use std::collections::VecDeque;

use crate::stats::as_f64;

/// A stage with no more seconds left than this has ended: less would be a rounding error.
const ROUNDING: f64 = 1e-9;

/// One stage of a video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Phase {
    /// How long it takes when it has the machine to itself, in seconds.
    pub seconds: f64,
    /// Cores that it keeps busy: 0 for waiting, 1 for the work of one thread.
    pub cores: f64,
    /// For each kind of permit in [`Setup::permits`], whether the step must hold one.
    pub holds: [bool; 2],
}

impl Phase {
    /// A step that needs no permit.
    #[must_use]
    pub const fn new(seconds: f64, cores: f64) -> Self {
        Self {
            seconds,
            cores,
            holds: [false; 2],
        }
    }
}

/// Identical videos.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// How many.
    pub count: usize,
    /// What each of them does, in order.
    pub steps: Vec<Phase>,
}

/// The machine, and the bounds of the concurrency model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// Cores that the work shares; at least 1.
    pub cores: usize,
    /// The largest number of videos in flight at once; at least 1.
    pub workers: usize,
    /// What every worker does before its first video: a worker process starts.
    pub worker_start: Option<Phase>,
    /// The number of permits of each kind; at least 1.
    pub permits: [usize; 2],
}

/// Videos in the same state: of the same batch, in the same step, with the same time left.
#[derive(Debug, Clone)]
struct VideoGroup {
    count: usize,
    batch: usize,
    /// Index into the batch's steps; `None` while the worker starts.
    step: Option<usize>,
    /// Seconds left of the step at full speed.
    left: f64,
    /// Which permits each of these videos holds.
    holds: [bool; 2],
}

/// The seconds until the last video is done.
#[must_use]
pub fn makespan(setup: &Setup, batches: &[Batch]) -> f64 {
    let mut run = Simulation {
        setup,
        batches,
        queue: batches.iter().map(|b| b.count).enumerate().collect(),
        unstarted_workers: setup.workers,
        idle_workers: setup.workers,
        free: setup.permits,
        blocked: VecDeque::new(),
        running: Vec::new(),
    };
    let mut now = 0.0;
    loop {
        run.admit();
        run.unblock();
        if run.running.is_empty() {
            return now;
        }
        now += run.advance();
    }
}

struct Simulation<'a> {
    setup: &'a Setup,
    batches: &'a [Batch],
    /// Videos that no worker has taken yet: their batch, and how many.
    queue: VecDeque<(usize, usize)>,
    /// Workers that have not had a video yet, and so must start first.
    unstarted_workers: usize,
    /// All workers without a video, the unstarted ones included.
    idle_workers: usize,
    /// Permits that nobody holds, of each kind.
    free: [usize; 2],
    /// Waiting for permits: first come, first served.
    blocked: VecDeque<VideoGroup>,
    running: Vec<VideoGroup>,
}

impl Simulation<'_> {
    /// Idle workers take videos from the queue, in order.
    fn admit(&mut self) {
        while self.idle_workers > 0
            && let Some((batch, waiting)) = self.queue.pop_front()
        {
            let starting = match self.setup.worker_start {
                Some(_) => self.unstarted_workers.min(waiting).min(self.idle_workers),
                None => 0,
            };
            let count = if starting > 0 {
                starting
            } else {
                waiting.min(self.idle_workers)
            };
            self.unstarted_workers -= starting;
            self.idle_workers -= count;
            if waiting > count {
                self.queue.push_front((batch, waiting - count));
            }
            let group = VideoGroup {
                count,
                batch,
                step: None,
                left: 0.0,
                holds: [false; 2],
            };
            match self.setup.worker_start.filter(|_| starting > 0) {
                Some(start) => self.running.push(VideoGroup {
                    left: start.seconds,
                    ..group
                }),
                None => self.next_step(group),
            }
        }
    }

    /// Moves a group that has ended a step to its next one, or out after the last. Permits that the next step
    /// does not need are released.
    fn next_step(&mut self, mut group: VideoGroup) {
        let at = group.step.map_or(0, |step| step + 1);
        let step = self.batches[group.batch].steps.get(at);
        let needs = step.map_or([false; 2], |step| step.holds);
        for (kind, need) in needs.into_iter().enumerate() {
            if group.holds[kind] && !need {
                self.free[kind] += group.count;
                group.holds[kind] = false;
            }
        }
        match step {
            None => self.idle_workers += group.count,
            Some(step) => {
                group.step = Some(at);
                group.left = step.seconds;
                self.enqueue(group);
            }
        }
    }

    /// Puts a group at the end of the queue for permits. If the last group there is in the same state, the two
    /// become one.
    fn enqueue(&mut self, group: VideoGroup) {
        match self.blocked.back_mut() {
            Some(last)
                if (last.batch, last.step, last.holds)
                    == (group.batch, group.step, group.holds) =>
            {
                last.count += group.count;
            }
            _ => self.blocked.push_back(group),
        }
    }

    /// Starts the step of every blocked video for which there are enough permits.
    fn unblock(&mut self) {
        for mut group in std::mem::take(&mut self.blocked) {
            let needs = self.step(&group).holds;
            let missing = [0, 1].map(|kind| needs[kind] && !group.holds[kind]);
            let can_start = (0..2)
                .filter(|&kind| missing[kind])
                .map(|kind| self.free[kind])
                .fold(group.count, usize::min);
            if can_start < group.count {
                let rest = group.count - can_start;
                self.enqueue(VideoGroup {
                    count: rest,
                    ..group.clone()
                });
                group.count = can_start;
            }
            if can_start > 0 {
                for (free, _) in self.free.iter_mut().zip(missing).filter(|&(_, m)| m) {
                    *free -= can_start;
                }
                group.holds = needs;
                self.running.push(group);
            }
        }
    }

    fn step(&self, group: &VideoGroup) -> Phase {
        match group.step {
            Some(at) => self.batches[group.batch].steps[at],
            // Only while a worker starts is there no step.
            None => self.setup.worker_start.unwrap_or(Phase::new(0.0, 0.0)),
        }
    }

    /// Advances to the end of the next step. Returns the seconds that have passed.
    fn advance(&mut self) -> f64 {
        let asked: f64 = self
            .running
            .iter()
            .map(|g| as_f64(g.count) * self.step(g).cores)
            .sum();
        let pace_of_work = (as_f64(self.setup.cores) / asked).min(1.0);
        let pace = |group: &VideoGroup| {
            if self.step(group).cores > 0.0 {
                pace_of_work
            } else {
                1.0
            }
        };

        let paces: Vec<f64> = self.running.iter().map(pace).collect();
        let each = self.running.iter().zip(&paces);
        let passed = each
            .map(|(g, pace)| g.left / pace)
            .fold(f64::INFINITY, f64::min);
        for (group, pace) in std::mem::take(&mut self.running).into_iter().zip(paces) {
            let left = group.left - pace * passed;
            if left <= ROUNDING {
                self.next_step(group);
            } else {
                self.running.push(VideoGroup { left, ..group });
            }
        }
        passed
    }
}

#[cfg(test)]
#[path = "simulate_tests.rs"]
mod tests;
