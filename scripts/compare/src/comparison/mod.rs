//! `report.json`: everything a comparison found, and all that the pictures and tables are made
//! from.
//!
//! Times are seconds, sizes bytes. A figure that this operating system does not give is `null`.

mod prediction;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thumbnail_core::measure::report::{Model, RunReport, VideoReport};
use thumbnail_core::settings::{Delay, DelayKind};

pub use self::prediction::{Costs, MeasuredPoint, Prediction, Scaling, StageCost, VideoCost};

/// The version of `report.json`. It grows when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// One program of the comparison, in one of its modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowId {
    /// `demo-single`: what the others are compared with.
    Single,
    /// `demo-threads`, with as many workers as cores.
    Threads,
    /// `demo-threads`, with a worker for each video.
    ThreadsMany,
    /// `demo-process`.
    Process,
    /// `demo-async`.
    Async,
    /// `demo-async --blocking`: the mistake, on purpose.
    AsyncBlocking,
}

impl RowId {
    /// Every row, in the order of the tables.
    pub const ALL: [Self; 6] = [
        Self::Single,
        Self::Threads,
        Self::ThreadsMany,
        Self::Process,
        Self::Async,
        Self::AsyncBlocking,
    ];

    /// The rows that are compared with this kind of delay. More threads than cores can only wait
    /// at once, not work at once, so a thread for each video stands beside async where both wait.
    #[must_use]
    pub fn with(kind: DelayKind) -> Vec<Self> {
        let fits = |row: &Self| *row != Self::ThreadsMany || kind == DelayKind::Wait;
        Self::ALL.into_iter().filter(fits).collect()
    }

    /// The row's name, as tables and sentences show it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ThreadsMany => "threads, one per video",
            Self::AsyncBlocking => "async --blocking",
            other => other.model().name(),
        }
    }

    /// The row's name inside a sentence, where the label's comma would stand between two rows.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::ThreadsMany => "one thread per video",
            other => other.label(),
        }
    }

    /// The row's name in `report.json`, fit for an HTML id.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::ThreadsMany => "threads-many",
            Self::AsyncBlocking => "async-blocking",
            other => other.model().name(),
        }
    }

    /// The concurrency model it belongs to.
    #[must_use]
    pub const fn model(self) -> Model {
        match self {
            Self::Single => Model::Single,
            Self::Threads | Self::ThreadsMany => Model::Threads,
            Self::Process => Model::Process,
            Self::Async | Self::AsyncBlocking => Model::Async,
        }
    }

    /// The program, and the directory of its source: `demo-threads`.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Single => "demo-single",
            Self::Threads | Self::ThreadsMany => "demo-threads",
            Self::Process => "demo-process",
            Self::Async | Self::AsyncBlocking => "demo-async",
        }
    }
}

/// A whole comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What it ran on.
    pub machine: Machine,
    /// What it was asked to do.
    pub options: Options,
    /// Up to three sentences computed from the figures, the most important first.
    pub findings: Vec<String>,
    /// What may have disturbed the figures, and what to do about it.
    pub warnings: Vec<String>,
    /// How each figure was taken, and which could not be had here.
    pub method: Vec<String>,
    /// One for each kind of delay: `cpu` first.
    pub scenarios: Vec<Scenario>,
    /// The published figures of the Python original.
    pub python: Python,
    /// The thumbnails, the same from every row: in argument order of the videos.
    pub thumbnails: Vec<VideoThumbnails>,
}

/// The machine and the programs, for the header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// When the comparison began, in UTC: `2026-11-22T16:00:00Z`.
    pub started: String,
    /// The processor's name.
    pub cpu: Option<String>,
    /// Logical cores that the programs could use.
    pub cores: usize,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// The operating system with its version.
    pub os: Option<String>,
    /// What `rustc --version` says.
    pub rustc: Option<String>,
    /// ffmpeg's version.
    pub ffmpeg: Option<String>,
    /// The commit of the source, with `+` behind it if files had been changed since.
    pub commit: Option<String>,
    /// `release` or `debug`.
    pub build: String,
    /// Cores that other programs kept busy in the half second before the first run.
    pub load_before: Option<f64>,
}

/// What the comparison was asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// The command, as one would type it to do the same again.
    pub command: String,
    /// Measured runs of each row.
    pub runs: usize,
    /// Runs of each row before them that do not count.
    pub warmups: usize,
    /// `--workers`, if it was given.
    pub workers: Option<usize>,
    /// The videos' names, in argument order; two with the same file name keep their directory.
    pub videos: Vec<String>,
    /// The options that went to every demo as they were typed.
    pub forwarded: Vec<String>,
    /// How often memory, threads and processes were sampled, in seconds.
    pub sampling_seconds: f64,
}

/// All rows with one kind of delay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// The intentional delay of every video.
    pub delay: Delay,
    /// In the order of [`RowId::ALL`].
    pub rows: Vec<Row>,
    /// What the predictions were computed from.
    pub costs: Costs,
    /// The same prediction for other machines and other numbers of videos.
    pub scaling: Scaling,
}

impl Row {
    /// How long the videos of the kept run, in flight, were in no stage: they waited for a core.
    #[must_use]
    pub fn seconds_without_core(&self) -> f64 {
        let videos = self.kept.videos.iter();
        videos.flat_map(pauses).map(|(from, to)| to - from).sum()
    }
}

/// From where to where `video` was in flight between two stages, in seconds. Shorter ones than a
/// millisecond are the program's own steps.
pub fn pauses(video: &VideoReport) -> impl Iterator<Item = (f64, f64)> {
    let ends = video.spans.iter().map(|span| span.end);
    let starts = video.spans.iter().skip(1).map(|span| span.start);
    ends.zip(starts).filter(|(end, start)| start - end > 1e-3)
}

impl Scenario {
    /// The row called `id`.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The axis that all timelines share, in seconds: the longest kept run.
    #[must_use]
    pub fn longest_kept_run(&self) -> f64 {
        let walls = self.rows.iter().map(|row| row.kept.wall_seconds);
        walls.fold(0.0, f64::max)
    }
}

/// One program's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which.
    pub id: RowId,
    /// Videos in flight at once, at most.
    pub workers: usize,
    /// Every measured run, in the order in which they were made.
    pub runs: Vec<Run>,
    /// The runs' wall times.
    pub wall: Summary,
    /// Median wall time divided by that of `single`: below 1 is faster.
    pub ratio: f64,
    /// What the discrete-event model says, and how far it is off.
    pub prediction: Prediction,
    /// The Python original's published figure for the same model; only with the CPU delay,
    /// which is what the original has.
    pub python: Option<PythonFigure>,
    /// The report of the run nearest to the median, with its timeline. Its times count from the
    /// first submission, so it is a little shorter than the run measured from outside.
    pub kept: RunReport,
}

/// One run of one program, seen from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// From starting the program to its end, in seconds.
    pub wall_seconds: f64,
    /// CPU seconds in the programs' own code, over the whole process tree.
    pub user_seconds: Option<f64>,
    /// CPU seconds in the kernel on their behalf, over the whole process tree.
    pub system_seconds: Option<f64>,
    /// The largest sampled sum of the tree's resident memory, in bytes. Pages shared between
    /// processes are counted in each.
    pub peak_memory_bytes: Option<u64>,
    /// The largest sampled number of threads in the tree, ffmpeg's included.
    pub peak_threads: Option<u64>,
    /// The largest sampled number of processes in the tree, ffmpeg's included.
    pub peak_processes: Option<u64>,
    /// As `peak_memory_bytes`, of the program and its worker processes alone.
    #[serde(default)]
    pub own_memory_bytes: Option<u64>,
    /// As `peak_threads`, of the program and its worker processes alone.
    #[serde(default)]
    pub own_threads: Option<u64>,
    /// The largest number of videos in flight, as the program reports it.
    pub peak_in_flight: usize,
}

/// A few numbers about many.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Half of the runs took at most this long, in seconds.
    pub median: f64,
    /// The sample standard deviation, in seconds; 0 for a single run.
    pub standard_deviation: f64,
    /// The shortest, in seconds.
    pub min: f64,
    /// The longest, in seconds.
    pub max: f64,
}

/// The published figures of the Python original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Python {
    /// Where the figures come from, and what they stand for.
    pub source: String,
    /// Its four samples.
    pub figures: Vec<PythonFigure>,
}

/// One sample of the Python original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PythonFigure {
    /// The original's name for it: `asyncio`.
    pub name: String,
    /// Published wall time in seconds.
    pub seconds: f64,
    /// Divided by its own single run.
    pub ratio: f64,
}

/// One video's thumbnails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoThumbnails {
    /// The video's name, as in [`Options::videos`].
    pub video: String,
    /// Its frames.
    pub frames: Vec<FrameThumbnails>,
}

/// One frame's files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameThumbnails {
    /// When it is shown, in seconds from the start of the video.
    pub timestamp_seconds: f64,
    /// `original` and each width that was made, with the file's path relative to `report.json`.
    pub files: BTreeMap<String, String>,
}
