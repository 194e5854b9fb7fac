//! A run in miniature: which video is in which stage when, on a machine of our choice.
//!
//! The simulation jumps from event to event; an event is the end of a stage. Between two events
//! nothing changes, so the only question is how fast everybody moves until the next one:
//!
//! - **Waiting** needs no core and always passes at one second a second.
//! - **Work** shares the cores. While all that is runnable asks for no more cores than there are,
//!   it runs at full speed; when it asks for twice as many, everything takes twice as long
//!   (*processor sharing*, which is what a fair scheduler comes to over more than a few
//!   milliseconds).
//!
//! A video enters when a worker is free. Some stages must also hold a *permit* of which there are
//! only so many: the async model bounds its blocking pool and its ffmpeg processes that way.
//!
//! Videos that cost the same and move together are one `Group`, which makes a thousand identical
//! videos as cheap as the number of rounds they take.

use std::collections::VecDeque;

/// Shorter than any stage, longer than rounding: what is left of a stage that has ended.
const NOTHING: f64 = 1e-9;

/// One stage of a video's way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// How long it takes when it has the machine to itself, in seconds.
    pub seconds: f64,
    /// Cores it keeps busy meanwhile: 0 for waiting, 1 for one thread's work.
    pub cores: f64,
    /// Which permits it must hold, by their place in [`Setup::permits`].
    pub holds: [bool; 2],
}

impl Step {
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

/// Some videos that cost the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// How many.
    pub count: usize,
    /// What each of them does, in order.
    pub steps: Vec<Step>,
}

/// The machine and the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// Cores that the work shares; at least 1.
    pub cores: usize,
    /// Videos in flight at once, at most; at least 1.
    pub workers: usize,
    /// What every worker does before its first video: the start of a worker process.
    pub worker_start: Option<Step>,
    /// How many permits there are of each kind; at least 1.
    pub permits: [usize; 2],
}

/// Videos in the same place: the same batch, the same step, as much of it left.
#[derive(Debug, Clone)]
struct Group {
    count: usize,
    batch: usize,
    /// The next entry of the batch's steps; `None` while the worker starts.
    step: Option<usize>,
    /// Seconds left of the step, at full speed.
    left: f64,
    holds: [bool; 2],
}

/// Seconds until the last video is done.
#[must_use]
pub fn makespan(setup: &Setup, batches: &[Batch]) -> f64 {
    let mut run = Run {
        setup,
        batches,
        queue: batches.iter().map(|b| b.count).enumerate().collect(),
        fresh_workers: setup.workers,
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

struct Run<'a> {
    setup: &'a Setup,
    batches: &'a [Batch],
    /// Videos that no worker has taken yet: batch and how many.
    queue: VecDeque<(usize, usize)>,
    /// Workers that have yet to start, and workers without a video, those included.
    fresh_workers: usize,
    idle_workers: usize,
    free: [usize; 2],
    /// First come, first served.
    blocked: VecDeque<Group>,
    running: Vec<Group>,
}

impl Run<'_> {
    /// Idle workers take videos from the queue, in order.
    fn admit(&mut self) {
        while self.idle_workers > 0
            && let Some((batch, waiting)) = self.queue.pop_front()
        {
            let starting = match self.setup.worker_start {
                Some(_) => self.fresh_workers.min(waiting).min(self.idle_workers),
                None => 0,
            };
            let count = if starting > 0 {
                starting
            } else {
                waiting.min(self.idle_workers)
            };
            self.fresh_workers -= starting;
            self.idle_workers -= count;
            if waiting > count {
                self.queue.push_front((batch, waiting - count));
            }
            let group = Group {
                count,
                batch,
                step: None,
                left: 0.0,
                holds: [false; 2],
            };
            match self.setup.worker_start.filter(|_| starting > 0) {
                Some(start) => self.running.push(Group {
                    left: start.seconds,
                    ..group
                }),
                None => self.next_step(group),
            }
        }
    }

    /// Sends a group that has ended its step on: to the next step, or out.
    fn next_step(&mut self, mut group: Group) {
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
                self.line_up(group);
            }
        }
    }

    /// Puts a group at the end of the line; whoever waits there for the same joins it, since nobody
    /// can tell the two apart from now on.
    fn line_up(&mut self, group: Group) {
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

    /// Lets go on whoever has all permits that its step needs, or can have them now.
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
                self.line_up(Group {
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

    fn step(&self, group: &Group) -> Step {
        match group.step {
            Some(at) => self.batches[group.batch].steps[at],
            // Only a worker that starts has no step of its video yet.
            None => self.setup.worker_start.unwrap_or(Step::new(0.0, 0.0)),
        }
    }

    /// Lets time pass until the next step ends, and says how much.
    fn advance(&mut self) -> f64 {
        let asked: f64 = self
            .running
            .iter()
            .map(|g| count(g.count) * self.step(g).cores)
            .sum();
        let pace_of_work = (count(self.setup.cores) / asked).min(1.0);
        let pace = |group: &Group| {
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
        for (group, mut pace) in std::mem::take(&mut self.running).into_iter().zip(paces) {
            pace *= passed;
            let left = group.left - pace;
            if left <= NOTHING {
                self.next_step(group);
            } else {
                self.running.push(Group { left, ..group });
            }
        }
        passed
    }
}

// Exact for any number of videos or cores that fits into memory.
#[allow(clippy::cast_precision_loss)]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
#[path = "simulate_tests.rs"]
mod tests;
