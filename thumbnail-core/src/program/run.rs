//! One run of a demo: what happens before its model runs, and after it.

use std::any::Any;
use std::io::{self, Write};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use crate::cancel;
use crate::error::Error;
use crate::ffmpeg::guard;
use crate::ffmpeg::log::version;
use crate::measure::report::{Failure, Model, RunReport, SCHEMA, Status, VideoReport};
use crate::measure::span::Clock;
use crate::pipeline::save::remove_left_over;
use crate::pipeline::{self, Job};
use crate::program::advice::{advise, advise_in, advise_program};
use crate::program::memory_share;
use crate::program::open_files;
use crate::program::options::{Options, cores};
use crate::program::output_file::{self, Document};
use crate::program::refusal;
use crate::program::samples;
use crate::program::setup::find::{IfMissing, find};
use crate::program::show::progress::Progress;
use crate::program::show::text::error_text;
use crate::program::show::{self, Style, trace};
use crate::program::signals;
use crate::program::wildcards;
use crate::settings::Delay;
use crate::settings::Settings;
use crate::video::{Source, Video};

/// One run of a demo.
#[derive(Debug)]
pub struct Run {
    model: Model,
    workers: usize,
    settings: Settings,
    /// All videos, in argument order.
    all: Vec<Video>,
    /// Those of them that are not refused.
    videos: Vec<Video>,
    quiet: bool,
    json: Option<PathBuf>,
    trace: Option<PathBuf>,
    clock: Clock,
    progress: Progress,
    /// By the videos' indices; `None` for those that are not finished.
    reports: Mutex<Vec<Option<VideoReport>>>,
}

impl Run {
    /// As many workers as there are videos.
    pub const ALL: usize = usize::MAX;

    /// Gets everything ready: finds ffmpeg (or fetches one), makes the sample clips if no video is
    /// named, and starts the clock. What cannot succeed fails here, before any work is done; a missing
    /// file fails its video only.
    ///
    /// # Errors
    /// There is no ffmpeg, the sample clips cannot be made, or a report could not be written.
    pub fn start(model: Model, options: Options, workers: usize) -> Result<Self> {
        options.refuse_two_documents();
        let wanted = options.wanted();
        for (file, document) in [
            (&options.json, Document::Report),
            (&options.trace, Document::Trace),
        ] {
            if let Some(file) = file {
                output_file::check(file, document)?;
            }
        }
        open_files::raise_limit()?;
        // From here on an interrupt has something to stop and to clean up: the guard, a download, clips, videos.
        signals::install();
        guard::start();
        let ffmpeg = find(if options.no_download {
            IfMissing::Refuse
        } else if options.quiet {
            IfMissing::DownloadQuietly
        } else {
            IfMissing::Download
        })?;
        let sources = if options.videos.is_empty() {
            let count = usize::try_from(options.samples)?;
            let say = |line: &str| {
                if !options.quiet {
                    let _ = writeln!(io::stderr(), "{line}");
                }
            };
            let clips = samples::ensure(&ffmpeg, count, say)?;
            clips.into_iter().map(Source::File).collect()
        } else {
            let named = wildcards::expand(options.videos)
                .into_iter()
                .map(Source::parse);
            named.collect::<Vec<_>>()
        };
        let videos = Video::list(sources);
        let out_dir = options
            .out
            .unwrap_or_else(|| Path::new("thumbnails").join(model.name()));
        let documents = [&options.json, &options.trace].into_iter().flatten();
        for file in documents.filter(|file| !output_file::is_stdout(file)) {
            refusal::of_document(file, &out_dir, &videos)?;
        }
        let mut settings = Settings {
            delay: Delay {
                kind: options.delay_kind,
                duration: options.delay,
            },
            wanted,
            sizes: options.sizes,
            seek: options.seek,
            format: options.format,
            contact_sheet: options.contact_sheet,
            ffmpeg_threads: options.ffmpeg_threads.get(),
            max_pixels: options.max_pixels,
            timeout: options.timeout,
            ..Settings::new(ffmpeg, out_dir)
        };
        let refusals = refusal::of_all(&videos, &settings);
        let pairs = videos.iter().zip(&refusals);
        let to_do: Vec<Video> = pairs
            .filter(|(_, refusal)| refusal.is_none())
            .map(|(video, _)| video.clone())
            .collect();
        let workers = match workers {
            Self::ALL => to_do.len(),
            workers => workers,
        };
        let decoding_at_once = match model {
            Model::Async => workers.min(cores()),
            _ => workers,
        };
        settings.ffmpeg_memory = memory_share::each_of(decoding_at_once.min(to_do.len()));
        let run = Self {
            model,
            workers,
            settings,
            quiet: options.quiet,
            json: options.json,
            trace: options.trace,
            progress: Progress::new(videos.len(), options.quiet),
            reports: Mutex::new(vec![None; videos.len()]),
            videos: to_do,
            all: videos,
            clock: Clock::start(),
        };
        for (video, refusal) in run.all.iter().zip(refusals) {
            if let Some(error) = refusal {
                run.finished(video, failed(video, error));
            }
        }
        Ok(run)
    }

    /// The videos to do, in argument order.
    #[must_use]
    pub fn videos(&self) -> &[Video] {
        &self.videos
    }

    /// Gives `video` to the worker `lane`.
    #[must_use]
    pub fn pick_up(&self, video: &Video, lane: usize) -> Job {
        self.progress.started(&video.source.to_string(), lane);
        Job {
            video: video.clone(),
            settings: self.settings.clone(),
            clock: self.clock,
            lane,
        }
    }

    /// Videos in flight at once, at most.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// How many workers have something to do: no more than there are videos.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.workers.min(self.videos.len())
    }

    /// Runs `work`, which is the work on `video`. The stages catch their own panics. A panic outside of them
    /// is caught here: it fails this video only, too, and the worker goes on.
    pub fn attempt(&self, video: &Video, work: impl FnOnce()) {
        // Unwind safe: `work` is dropped with what a panic left half done, and poisoned locks are recovered.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            self.panicked(video, &*panic);
        }
    }

    /// Records that the work on `video` ended in a panic.
    pub fn panicked(&self, video: &Video, panic: &(dyn Any + Send)) {
        self.finished(video, failed(video, pipeline::panicked(panic)));
    }

    /// Records a video's outcome, and shows it in the progress.
    pub fn finished(&self, video: &Video, mut report: VideoReport) {
        advise_in(&mut report);
        self.progress.finished(&report);
        if let Some(slot) = self.reports().get_mut(video.index) {
            *slot = Some(report);
        }
    }

    fn reports(&self) -> MutexGuard<'_, Vec<Option<VideoReport>>> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows what happened and writes the reports. Gives the program's exit code.
    ///
    /// # Errors
    /// A report file cannot be written.
    pub fn end(&self) -> Result<ExitCode> {
        let wall_seconds = self.clock.seconds();
        let reports = mem::take(&mut *self.reports());
        let reports = self.all.iter().zip(reports);
        let videos: Vec<VideoReport> = reports
            .map(|(video, report)| {
                report.unwrap_or_else(|| {
                    let lost = lost(video);
                    self.progress.finished(&lost);
                    lost
                })
            })
            .collect();
        self.progress.clear();
        // Temporary directories of workers, and of earlier runs, that were killed.
        remove_left_over(&self.settings.out_dir);
        let to_stdout =
            |path: &Option<PathBuf>| path.as_deref().is_some_and(output_file::is_stdout);
        // The version that this process has seen, or else one of its worker processes.
        let reported = |video: &VideoReport| video.plan.clone()?.ffmpeg;
        let ffmpeg = version().map(str::to_owned);
        let ffmpeg = ffmpeg.or_else(|| videos.iter().find_map(reported));
        let report = RunReport {
            schema: SCHEMA,
            model: self.model,
            workers: self.lanes(),
            delay: self.settings.delay,
            wall_seconds,
            cores: cores(),
            ffmpeg,
            videos,
        };
        let mut shown = Ok(());
        if !self.quiet && !to_stdout(&self.json) && !to_stdout(&self.trace) {
            let mut stdout = io::stdout().lock();
            let written = signals::waiting_for_reader(|| {
                show::print(&report, &mut stdout, Style::for_stdout())?;
                stdout.flush()
            });
            shown = output_file::to_reader(written);
        }
        let json = self.json.as_ref().map(|path| {
            let content = |to: &mut dyn Write| Ok(serde_json::to_writer_pretty(to, &report)?);
            output_file::write(path, Document::Report, content)
        });
        let trace = self
            .trace
            .as_ref()
            .map(|path| output_file::write(path, Document::Trace, |to| trace::write(&report, to)));
        // Errors come last, so that one output that cannot be written does not cost the others.
        shown?;
        json.transpose()?;
        trace.transpose()?;
        let failed = (report.videos.iter()).any(|video| video.status() == Status::Failed);
        let code = cancel::exit_code_asked_for().unwrap_or(failed.into());
        Ok(ExitCode::from(code))
    }
}

/// A program's exit code. An error is printed to stderr without the backtrace that `anyhow` adds where
/// `RUST_BACKTRACE` is set: it does not help a user.
#[must_use]
pub fn exit(outcome: Result<ExitCode>) -> ExitCode {
    guard::end();
    outcome.unwrap_or_else(|error| {
        let error = advise_program(error);
        let error = error_text(&format!("{error:#}"), 0, usize::MAX);
        let _ = write!(io::stderr(), "error: {error}");
        ExitCode::from(cancel::exit_code_asked_for().unwrap_or(1))
    })
}

/// The report of a video whose worker never gave one.
fn lost(video: &Video) -> VideoReport {
    failed(video, cancel::check().err().unwrap_or(Error::NoReport))
}

/// The report of a video that failed outside of the stages.
fn failed(video: &Video, error: Error) -> VideoReport {
    VideoReport {
        source: video.source.to_string(),
        error: Some(advise(&error)),
        failure: Some(Failure::from(&error)),
        cause: Some(error.into()),
        frames: Vec::new(),
        contact_sheet: None,
        plan: None,
        spans: Vec::new(),
    }
}
