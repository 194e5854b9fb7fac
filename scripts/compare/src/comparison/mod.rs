//! `report.json`: all results of a comparison. The page, the pictures and the tables are made from it alone.
//!
//! Times are in seconds, sizes in bytes. A figure that the operating system does not provide is `null`.

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

    /// The rows that are run with this kind of delay. `ThreadsMany` is run with the waiting delay only: more
    /// threads than cores overlap waiting, but not work.
    #[must_use]
    pub fn with_delay(kind: DelayKind) -> Vec<Self> {
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

    /// The row's name in a list within a sentence, where the comma in the label would look like the end of an
    /// item.
    #[must_use]
    pub const fn in_sentence(self) -> &'static str {
        match self {
            Self::ThreadsMany => "one thread per video",
            other => other.label(),
        }
    }

    /// The row's name in `report.json`; also a CSS identifier.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::ThreadsMany => "threads-many",
            Self::AsyncBlocking => "async-blocking",
            other => other.model().name(),
        }
    }

    /// The row's concurrency model.
    #[must_use]
    pub const fn model(self) -> Model {
        match self {
            Self::Single => Model::Single,
            Self::Threads | Self::ThreadsMany => Model::Threads,
            Self::Process => Model::Process,
            Self::Async | Self::AsyncBlocking => Model::Async,
        }
    }

    /// The program's name, which is also the directory of its source: `demo-threads`.
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
    /// The machine that it ran on.
    pub machine: Machine,
    /// The options that it was run with.
    pub options: ComparedOptions,
    /// Up to three sentences computed from the figures, the most important first.
    pub findings: Vec<String>,
    /// What may have disturbed the figures, and what to do about it.
    pub warnings: Vec<String>,
    /// How each figure was measured, and which ones this system does not provide.
    pub method: Vec<String>,
    /// One for each kind of delay: `cpu` first.
    pub scenarios: Vec<Scenario>,
    /// The published figures of the Python original.
    pub python: Python,
    /// The thumbnails, which are the same in every row, in argument order of the videos.
    pub thumbnails: Vec<VideoThumbnails>,
}

/// The machine, and the versions of the programs.
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
    /// The output of `rustc --version`.
    pub rustc: Option<String>,
    /// ffmpeg's version.
    pub ffmpeg: Option<String>,
    /// The commit of the source, with a `+` if there were uncommitted changes.
    pub commit: Option<String>,
    /// `release` or `debug`.
    pub build: String,
    /// Cores that other programs kept busy in the half second before the first run.
    pub load_before: Option<f64>,
}

/// The options of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedOptions {
    /// The command line that repeats the comparison.
    pub command: String,
    /// Measured runs of each row.
    pub runs: usize,
    /// Runs of each row before them that are not measured.
    pub warmups: usize,
    /// `--workers`, if it was given.
    pub workers: Option<usize>,
    /// The videos' names, in argument order; two with the same file name keep their directory.
    pub videos: Vec<String>,
    /// The options that were passed on to every demo.
    pub forwarded: Vec<String>,
    /// The interval at which memory, threads and processes were sampled, in seconds.
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
    /// Predictions for other numbers of cores, videos and workers.
    pub scaling: Scaling,
}

impl Row {
    /// The seconds that the videos of the kept run waited for a core: they were in flight, and in no stage.
    #[must_use]
    pub fn seconds_without_core(&self) -> f64 {
        let videos = self.kept.videos.iter();
        videos.flat_map(pauses).map(|(from, to)| to - from).sum()
    }
}

/// The gaps between two stages of `video`, from their start to their end in seconds: it waited for a core.
/// Gaps below a millisecond are left out, because the program itself has something to do between stages.
pub fn pauses(video: &VideoReport) -> impl Iterator<Item = (f64, f64)> {
    let ends = video.spans.iter().map(|span| span.end);
    let starts = video.spans.iter().skip(1).map(|span| span.start);
    ends.zip(starts).filter(|(end, start)| start - end > 1e-3)
}

impl Comparison {
    /// The scenario with this kind of delay; `None` if it was not run.
    #[must_use]
    pub fn scenario(&self, kind: DelayKind) -> Option<&Scenario> {
        self.scenarios.iter().find(|s| s.delay.kind == kind)
    }
}

impl Scenario {
    /// The row with this id.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The wall time of the longest kept run in seconds, at which the axis of the timelines ends.
    #[must_use]
    pub fn longest_kept_run(&self) -> f64 {
        let walls = self.rows.iter().map(|row| row.kept.wall_seconds);
        walls.fold(0.0, f64::max)
    }
}

/// The figures of one program in one mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The program and its mode.
    pub id: RowId,
    /// The largest number of videos in flight at once.
    pub workers: usize,
    /// Every measured run, in order.
    pub runs: Vec<MeasuredRun>,
    /// The runs' wall times.
    pub wall: Summary,
    /// Median wall time divided by that of `single`: below 1 is faster.
    pub ratio: f64,
    /// The predicted wall time, and how it differs from the measured one.
    pub prediction: Prediction,
    /// The Python original's published figure for the same model. Only with the CPU delay, because the
    /// original's delay works, too.
    pub python: Option<PythonFigure>,
    /// The program's own report of the run nearest to the median, with its spans. Its times count from the
    /// submission of the first video, so its wall time is a little shorter than the one measured from outside.
    pub kept: RunReport,
}

/// One run of one program, measured from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredRun {
    /// From the program's start to its end, in seconds.
    pub wall_seconds: f64,
    /// CPU seconds of the whole process tree in user mode.
    pub user_seconds: Option<f64>,
    /// CPU seconds of the whole process tree in the kernel.
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

impl MeasuredRun {
    /// CPU seconds of the whole process tree, in user mode and in the kernel.
    #[must_use]
    pub fn cpu_seconds(&self) -> Option<f64> {
        Some(self.user_seconds? + self.system_seconds?)
    }
}

/// Statistics of the wall times of a row's runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The median, in seconds.
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
    /// Where the figures were published, and what was measured there.
    pub source: String,
    /// One figure for each of the original's four programs.
    pub figures: Vec<PythonFigure>,
}

/// The figure of one of the Python original's programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PythonFigure {
    /// The original's name for the model: `asyncio`.
    pub name: String,
    /// Published wall time in seconds.
    pub seconds: f64,
    /// The wall time divided by that of the original's own single run.
    pub ratio: f64,
}

/// One video's thumbnails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoThumbnails {
    /// The video's name, as in [`ComparedOptions::videos`].
    pub video: String,
    /// Its frames.
    pub frames: Vec<FrameThumbnails>,
}

/// One frame's files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameThumbnails {
    /// The frame's time in the video, in seconds from the start.
    pub timestamp_seconds: f64,
    /// `original` and each width that was made, with the file's path relative to `report.json`.
    pub files: BTreeMap<String, String>,
}
