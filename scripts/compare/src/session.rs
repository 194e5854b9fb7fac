//! The runs, in an order that is fair to all.
//!
//! 1. One run of `demo-single` without a delay makes the sample clips, if they are needed, and the
//!    files that all other runs must make too.
//! 2. A few runs with next to nothing to do tell what it costs to start a program and a worker.
//! 3. For each kind of delay: a round of all programs that does not count, then the measured
//!    rounds. A machine that slows down as it gets warm, or a neighbour that comes and goes, hits
//!    all programs alike that way; and every other round goes backwards, so that none always
//!    comes after the same one.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use thumbnail_core::measure::report::{DelayKind, RunReport};
use thumbnail_core::measure::span::Stage;
use thumbnail_core::program::options::cores;

use crate::cli::Cli;
use crate::comparison::{Costs, RowId, Run};
use crate::costs::{Starts, costs};
use crate::demos::{Demos, Task};
use crate::predict::{default_workers, predict};
use crate::progress::Progress;
use crate::same::{Difference, difference};
use crate::stats::median;
use crate::words::{count, duration, kind_name};

/// Rounds that do not count: the first one reads files and programs from the disk.
pub const WARMUPS: usize = 1;
/// Runs of each program for the cost of starting it: an odd number has a middle one.
const START_RUNS: usize = 3;

/// The runs of each row.
pub type Rows = BTreeMap<RowId, Vec<(Run, RunReport)>>;

/// The comparison while it goes on.
#[derive(Debug)]
pub struct Session<'a> {
    cli: &'a Cli,
    demos: &'a Demos,
    /// What every run must make.
    reference: PathBuf,
}

impl<'a> Session<'a> {
    /// Makes the reference files in `reference`, and gives the report of the run that did.
    ///
    /// # Errors
    /// When a video cannot be done.
    pub fn start(
        cli: &'a Cli,
        demos: &'a Demos,
        reference: PathBuf,
    ) -> Result<(Self, (Run, RunReport))> {
        let session = Self {
            cli,
            demos,
            reference,
        };
        let first = Task {
            delay: Duration::ZERO,
            ..session.task(RowId::Single, DelayKind::Cpu)
        };
        let result = demos.run(&first)?;
        let made = demos.thumbnails(RowId::Single);
        fs::rename(made, &session.reference).context("cannot keep the thumbnails")?;
        Ok((session, result))
    }

    fn task(&self, row: RowId, kind: DelayKind) -> Task {
        let cli = self.cli;
        let mut options = cli.pipeline.arguments();
        options.extend(cli.samples.map(|samples| format!("--samples={samples}")));
        Task {
            row,
            kind,
            delay: cli.delay,
            workers: cli.workers.map(NonZeroUsize::get),
            options,
            videos: cli.videos.clone(),
        }
    }

    /// What it costs to start a program and a worker: one frame of the first video, no delay.
    ///
    /// # Errors
    /// When a run fails.
    pub fn starts(&self) -> Result<Starts> {
        let (mut outside, mut single, mut process) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..START_RUNS {
            for row in [RowId::Single, RowId::Process] {
                let (run, report) = self.demos.run(&self.next_to_nothing(row))?;
                if row == RowId::Single {
                    outside.push(run.wall_seconds - report.wall_seconds);
                    single.push(run.wall_seconds);
                } else {
                    process.push(run.wall_seconds);
                }
            }
        }
        let of = |values: &[f64]| median(values).unwrap_or(0.0);
        Ok(Starts {
            program_seconds: of(&outside).max(0.0),
            worker_seconds: (of(&process) - of(&single)).max(0.0),
        })
    }

    fn next_to_nothing(&self, row: RowId) -> Task {
        let mut options = self.cli.pipeline.clone();
        options.frames = Some("1".to_owned());
        let mut options = options.arguments();
        if self.cli.videos.is_empty() {
            options.push("--samples=1".to_owned());
        }
        Task {
            delay: Duration::ZERO,
            workers: Some(1),
            options,
            videos: self.cli.videos.iter().take(1).cloned().collect(),
            ..self.task(row, DelayKind::Cpu)
        }
    }

    /// All rounds, for each kind of delay its own. `first` is the run that made the reference; it tells how
    /// long all of this takes.
    ///
    /// # Errors
    /// When a run fails, or makes other files than the reference.
    pub fn rounds(&self, first: (Run, RunReport), starts: Starts) -> Result<Vec<Rows>> {
        let kinds = self.cli.kinds();
        let first = costs(&[first], starts).context("the first run left no costs")?;
        let predicted = |row, kind| {
            let costs = self.with_delay(&first, kind);
            let workers = self.cli.workers.map(NonZeroUsize::get);
            let workers = workers.unwrap_or(default_workers(row, cores(), costs.videos.len()));
            predict(row, kind, &costs, cores(), workers)
        };
        let rounds = WARMUPS + usize::try_from(self.cli.runs)?;
        let each_round = kinds
            .iter()
            .flat_map(|&kind| RowId::ALL.map(|row| predicted(row, kind)));
        // Exact: nobody waits for 2^52 rounds.
        #[allow(clippy::cast_precision_loss)]
        let total = each_round.sum::<f64>() * rounds as f64;
        eprintln!(
            "{} of 5 programs with {}: about {}.",
            count(rounds * RowId::ALL.len() * kinds.len(), "run"),
            count(first.videos.len(), "video"),
            duration(total)
        );

        let mut progress = Progress::new(total);
        let mut all = Vec::new();
        for &kind in &kinds {
            let mut rows = Rows::new();
            for round in 0..rounds {
                for row in order(round) {
                    progress.starts(&self.name(row, kind, round));
                    let result = self.run(row, kind)?;
                    progress.done(predicted(row, kind), result.0.wall_seconds);
                    if round >= WARMUPS {
                        rows.entry(row).or_default().push(result);
                    }
                }
            }
            all.push(rows);
        }
        Ok(all)
    }

    fn name(&self, row: RowId, kind: DelayKind, round: usize) -> String {
        let run = match round.checked_sub(WARMUPS) {
            None => "warm-up".to_owned(),
            Some(run) => format!("run {} of {}", run + 1, self.cli.runs),
        };
        format!("{} delay, {}, {run}", kind_name(kind), row.label())
    }

    /// The costs of a run without delay, and the delay.
    fn with_delay(&self, costs: &Costs, kind: DelayKind) -> Costs {
        let mut costs = costs.clone();
        let stages = costs.videos.iter_mut().flat_map(|video| &mut video.stages);
        for delay in stages.filter(|stage| stage.stage == Stage::Delay) {
            delay.seconds = self.cli.delay.as_secs_f64();
            delay.cores = if kind == DelayKind::Cpu { 1.0 } else { 0.0 };
        }
        costs
    }

    /// One run, and what it made held against the reference.
    fn run(&self, row: RowId, kind: DelayKind) -> Result<(Run, RunReport)> {
        let result = self.demos.run(&self.task(row, kind))?;
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

/// Every other round goes backwards.
fn order(round: usize) -> [RowId; 5] {
    let mut rows = RowId::ALL;
    if round % 2 == 1 {
        rows.reverse();
    }
    rows
}
