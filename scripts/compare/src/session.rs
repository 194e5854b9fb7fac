//! All runs of a comparison, in their order.
//!
//! 1. One run of `demo-single` without a delay makes the sample clips, if they are needed, and the
//!    reference files, which every later run must make too.
//! 2. A few runs that take one frame tell what it costs to start a program and a worker process.
//! 3. A warm-up round of all programs without a delay, then the measured rounds of each kind of delay.
//!
//! The programs take turns, so a machine that slows down as it gets warm, or another program that runs
//! for a while, slows all of them alike. Every other round has the reverse order, so that no program
//! always follows the same one.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use thumbnail_core::measure::report::RunReport;
use thumbnail_core::measure::span::Stage;
use thumbnail_core::program::options::cores;
use thumbnail_core::settings::DelayKind;

use crate::cli::Cli;
use crate::comparison::{Costs, MeasuredRun, RowId};
use crate::costs::{StartCosts, costs};
use crate::demos::{Demos, Invocation};
use crate::predict::{predict, workers_of};
use crate::progress::Countdown;
use crate::same::{Difference, difference};
use crate::sentences::words::{count, duration, kind_name};
use crate::stats::{as_f64, median};

/// Rounds that are not measured. They bring programs and videos into the page cache, for which no delay
/// is needed.
pub const WARMUPS: usize = 1;
/// Runs of each program that measure the cost of starting it. Odd, so that the median is one of them.
const START_RUNS: usize = 3;

/// The runs of each row.
pub type Rows = BTreeMap<RowId, Vec<(MeasuredRun, RunReport)>>;

/// A comparison in progress.
#[derive(Debug)]
pub struct Session<'a> {
    cli: &'a Cli,
    demos: &'a Demos,
    /// The directory of the files that every run must make.
    reference: PathBuf,
}

impl<'a> Session<'a> {
    /// Makes the reference files in `reference`, and returns the run that made them.
    ///
    /// # Errors
    /// When the run fails.
    pub fn start(
        cli: &'a Cli,
        demos: &'a Demos,
        reference: PathBuf,
    ) -> Result<(Self, (MeasuredRun, RunReport))> {
        let session = Self {
            cli,
            demos,
            reference,
        };
        let result = demos.run(&session.without_delay(RowId::Single))?;
        let made = demos.thumbnails(RowId::Single);
        fs::rename(made, &session.reference).context("cannot keep the thumbnails")?;
        Ok((session, result))
    }

    fn invocation(&self, row: RowId, kind: DelayKind) -> Invocation {
        let cli = self.cli;
        let mut options = cli.pipeline.arguments();
        if cli.videos.is_empty() {
            options.push(format!("--samples={}", self.videos()));
            // Faster than exact: the default comparison stays short, and most of a run is the delay. Every
            // program makes the same frames either way.
            if cli.pipeline.seek.is_none() && cli.pipeline.at.is_none() {
                options.push("--seek=keyframe".to_owned());
            }
        }
        let workers = match row {
            RowId::ThreadsMany => Some(self.videos()),
            _ => cli.workers.map(NonZeroUsize::get),
        };
        Invocation {
            row,
            kind,
            delay: cli.delay,
            workers,
            options,
            videos: cli.videos.clone(),
        }
    }

    fn videos(&self) -> usize {
        match self.cli.videos.len() {
            0 => self.cli.samples(cores()),
            videos => videos,
        }
    }

    /// What it costs to start a program and a worker process, from runs that take one frame of the first
    /// video without a delay.
    ///
    /// # Errors
    /// When a run fails.
    pub fn start_costs(&self) -> Result<StartCosts> {
        let (mut outside, mut single, mut process) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..START_RUNS {
            for row in [RowId::Single, RowId::Process] {
                let (run, report) = self.demos.run(&self.one_frame(row))?;
                if row == RowId::Single {
                    outside.push(run.wall_seconds - report.wall_seconds);
                    single.push(run.wall_seconds);
                } else {
                    process.push(run.wall_seconds);
                }
            }
        }
        let middle = |values: &[f64]| median(values).unwrap_or(0.0);
        // Noise can make a difference negative.
        Ok(StartCosts {
            program_seconds: middle(&outside).max(0.0),
            worker_seconds: (middle(&process) - middle(&single)).max(0.0),
        })
    }

    /// As little to do as possible.
    fn one_frame(&self, row: RowId) -> Invocation {
        let mut options = self.cli.pipeline.clone();
        (options.frames, options.at) = (Some("1".to_owned()), None);
        let mut options = options.arguments();
        if self.cli.videos.is_empty() {
            options.push("--samples=1".to_owned());
        }
        Invocation {
            delay: Duration::ZERO,
            workers: Some(1),
            options,
            videos: self.cli.videos.iter().take(1).cloned().collect(),
            ..self.invocation(row, DelayKind::Cpu)
        }
    }

    /// Runs the warm-up and all measured rounds, and returns the runs of each kind of delay. `first` is the
    /// run that made the reference files; the time that is left is estimated from it.
    ///
    /// # Errors
    /// When a run fails, or makes other files than the reference.
    pub fn rounds(&self, first: (MeasuredRun, RunReport), starts: StartCosts) -> Result<Vec<Rows>> {
        let kinds = self.cli.kinds();
        let first = costs(&[first], starts).context("the first run left no costs")?;
        let predicted = |row, kind, delay| {
            let costs = with_delay(&first, kind, delay);
            let workers = self.cli.workers.map(NonZeroUsize::get);
            let workers = workers_of(row, workers, cores(), costs.videos.len());
            predict(row, kind, &costs, cores(), workers)
        };
        let warm_up = |row| predicted(row, DelayKind::Cpu, Duration::ZERO);
        let measured = |row, kind| predicted(row, kind, self.cli.delay);
        let rounds = usize::try_from(self.cli.runs)?;
        let rows_of_all = || kinds.iter().flat_map(|&kind| rows_with(kind));
        let total = RowId::ALL.into_iter().map(warm_up).sum::<f64>()
            + rows_of_all()
                .map(|(row, kind)| measured(row, kind))
                .sum::<f64>()
                * as_f64(rounds);
        let runs = RowId::ALL.len() + rounds * rows_of_all().count();
        eprintln!(
            "{} with {}: about {}.",
            count(runs, "run"),
            count(first.videos.len(), "video"),
            duration(total)
        );

        let mut progress = Countdown::new(total);
        for row in RowId::ALL {
            progress.starts(&format!("warm-up without a delay, {}", row.label()));
            let result = self.run(&self.without_delay(row))?;
            progress.done(warm_up(row), result.0.wall_seconds);
        }
        let mut all = Vec::new();
        for &kind in &kinds {
            let mut rows = Rows::new();
            for round in 0..rounds {
                for row in order(round, kind) {
                    progress.starts(&format!(
                        "{} delay, {}, run {} of {rounds}",
                        kind_name(kind),
                        row.label(),
                        round + 1
                    ));
                    let result = self.run(&self.invocation(row, kind))?;
                    progress.done(measured(row, kind), result.0.wall_seconds);
                    rows.entry(row).or_default().push(result);
                }
            }
            all.push(rows);
        }
        Ok(all)
    }

    fn without_delay(&self, row: RowId) -> Invocation {
        Invocation {
            delay: Duration::ZERO,
            ..self.invocation(row, DelayKind::Cpu)
        }
    }

    /// One run. Fails if it made other files than the reference.
    fn run(&self, invocation: &Invocation) -> Result<(MeasuredRun, RunReport)> {
        let row = invocation.row;
        let result = self.demos.run(invocation)?;
        let made = self.demos.thumbnails(row);
        let difference = difference(&self.reference, &made)
            .context("cannot read the thumbnails to compare them")?;
        if let Some(difference) = difference {
            let row = row.label();
            let (what, file) = match difference {
                Difference::Missing(file) => {
                    (format!("{row} did not make a file that single made"), file)
                }
                Difference::Extra(file) => {
                    (format!("{row} made a file that single did not make"), file)
                }
                Difference::Content(file) => {
                    (format!("{row} and single made different files"), file)
                }
            };
            bail!("{what}: {}\nNothing was compared.", file.display());
        }
        Ok(result)
    }
}

fn rows_with(kind: DelayKind) -> impl Iterator<Item = (RowId, DelayKind)> {
    RowId::with_delay(kind)
        .into_iter()
        .map(move |row| (row, kind))
}

/// The costs of a run without a delay, with a delay put in.
fn with_delay(costs: &Costs, kind: DelayKind, duration: Duration) -> Costs {
    let mut costs = costs.clone();
    let stages = costs.videos.iter_mut().flat_map(|video| &mut video.stages);
    for delay in stages.filter(|stage| stage.stage == Stage::Delay) {
        delay.seconds = duration.as_secs_f64();
        delay.cores = if kind == DelayKind::Cpu { 1.0 } else { 0.0 };
    }
    costs
}

/// The rows of a round; every other round has the reverse order.
fn order(round: usize, kind: DelayKind) -> Vec<RowId> {
    let mut rows = RowId::with_delay(kind);
    if round % 2 == 1 {
        rows.reverse();
    }
    rows
}
