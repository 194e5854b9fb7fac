//! The pipeline: delay, extract, resize, save. Every demo runs these four stages for each video. The demos
//! differ only in how they run several videos at once.

pub mod contact_sheet;
pub mod deinterlace;
pub mod delay;
pub mod extract;
pub mod resize;
pub mod save;
pub mod tone_map;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use crate::cancel;
use crate::error::{Error, Result};
use crate::measure::recorder::Recorder;
use crate::measure::report::{Cause, Failure, FrameReport, VideoReport};
use crate::measure::span::{Clock, Stage};
use crate::pipeline::contact_sheet::ContactSheet;
use crate::pipeline::deinterlace::deinterlace;
use crate::pipeline::delay::delay;
use crate::pipeline::extract::Frame;
use crate::pipeline::extract::blocking::Extractor;
use crate::pipeline::resize::resize;
use crate::pipeline::save::Output;
use crate::pipeline::tone_map::tone_map;
use crate::settings::Settings;
use crate::video::Video;

/// One video with everything that a worker needs to process it. It can be sent to another thread, or
/// as JSON to another process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The video.
    pub video: Video,
    /// What to do with the video.
    pub settings: Settings,
    /// The run's clock: all spans in the report are measured on it.
    pub clock: Clock,
    /// The number of the worker that processes the video, for the report.
    pub lane: usize,
}

/// Makes one video's thumbnails on the calling thread, and returns when they are saved. An error or a
/// panic fails this video only; the report says what went wrong.
#[must_use]
pub fn generate_thumbnails(job: &Job) -> VideoReport {
    let mut recorder = Recorder::pick_up(job.clock, job.lane, &job.video.name);
    // Unwind safe: after a panic only the recorder is used again, and it holds finished spans only.
    let work = AssertUnwindSafe(|| run_stages(job, &mut recorder));
    let result = catch_unwind(work).unwrap_or_else(|panic| Err(panicked(&*panic)));
    video_report(job, recorder, result)
}

/// Runs the four stages on the calling thread, blocking.
///
/// # Errors
/// The error of the first stage that fails.
pub fn run_stages(job: &Job, recorder: &mut Recorder) -> Result<Made> {
    cancel::check()?;
    recorder.time(Stage::Delay, || delay(job.settings.delay))?;

    let mut thumbnails = Thumbnails::new(job);
    let mut frames = recorder.time(Stage::Extract, || Extractor::new(&job.settings, &job.video))?;
    while let Some(frame) = recorder.time(Stage::Extract, || frames.next_frame())? {
        thumbnails.add(frame, recorder)?;
    }
    recorder.plan = Some(frames.plan());
    thumbnails.publish(frames.positions(), recorder)
}

/// What was made of a video.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The frames' files, by position.
    pub frames: Vec<FrameReport>,
    /// The contact sheet's path, if one was asked for.
    pub contact_sheet: Option<String>,
}

/// The stages after extraction: resizes each frame, saves the results, and publishes them at the end.
#[derive(Debug)]
pub struct Thumbnails {
    // Owned, not borrowed, so that `demo-async` can send this struct to another thread and back.
    job: Job,
    /// Created with the first frame, so that a video without frames creates no directory.
    output: Option<Output>,
    sheet: Option<ContactSheet>,
    frames: Vec<FrameReport>,
}

impl Thumbnails {
    /// Starts without any thumbnails.
    #[must_use]
    pub fn new(job: &Job) -> Self {
        let settings = &job.settings;
        let sheet = || ContactSheet::new(settings.wanted.count());
        Self {
            sheet: settings.contact_sheet.then(sheet),
            job: job.clone(),
            output: None,
            frames: Vec::new(),
        }
    }

    /// Resizes a frame and saves the results. They replace what an earlier frame left for the same
    /// position.
    ///
    /// # Errors
    /// [`Error::Picture`], [`Error::Save`], [`Error::Interrupted`].
    pub fn add(&mut self, frame: Frame, recorder: &mut Recorder) -> Result<()> {
        cancel::check()?;
        let Job {
            video, settings, ..
        } = &self.job;
        let (aspect, seconds) = (frame.aspect, frame.timestamp_seconds);
        let (picture, small) = recorder.time(Stage::Resize, || {
            let mut picture = tone_map(frame.picture, frame.light)?;
            let deinterlaced = frame.first_field.map(|field| deinterlace(&picture, field));
            let mut deinterlaced = deinterlaced.transpose()?;
            let shown = deinterlaced.as_mut().unwrap_or(&mut picture);
            if let Some(sheet) = &mut self.sheet {
                sheet.add(&frame.positions, shown, aspect, seconds)?;
            }
            let small = resize(shown, aspect, &settings.sizes)?;
            Ok::<_, Error>((picture, small))
        })?;
        recorder.time(Stage::Save, || {
            if self.output.is_none() {
                let (out_dir, name) = (&settings.out_dir, &video.name);
                self.output = Some(Output::create(out_dir, name, settings.format)?);
            }
            for position in frame.positions {
                let Some(output) = &self.output else { continue };
                let files = output.save(position, &picture, &small)?;
                self.frames.retain(|f| f.position != position);
                self.frames.push(FrameReport {
                    position,
                    timestamp_seconds: seconds,
                    files,
                });
            }
            drop((picture, small)); // that takes time, too
            Ok(())
        })
    }

    /// Draws the contact sheet if one is wanted, then moves the video's directory to its final path.
    /// Only the first `positions` frames are kept.
    ///
    /// # Errors
    /// [`Error::Save`], [`Error::EmptyStream`], [`Error::NoMemory`].
    pub fn publish(mut self, positions: usize, recorder: &mut Recorder) -> Result<Made> {
        let output = self.output.take();
        let output = output.ok_or(Error::EmptyStream)?;
        let contact_sheet = recorder.time(Stage::Save, || {
            let sheet = self.sheet.take().map(|sheet| sheet.draw(positions));
            let sheet = sheet.transpose()?;
            let contact_sheet = sheet.map(|sheet| output.save_contact_sheet(&sheet));
            let contact_sheet = contact_sheet.transpose()?;
            output.publish(positions)?;
            Ok::<_, Error>(contact_sheet)
        })?;
        self.frames.retain(|f| f.position < positions);
        self.frames.sort_by_key(|f| f.position);
        Ok(Made {
            frames: self.frames,
            contact_sheet,
        })
    }
}

/// Makes a video's report from the result of its stages.
#[must_use]
pub fn video_report(job: &Job, recorder: Recorder, result: Result<Made>) -> VideoReport {
    let (made, cause) = match result {
        Ok(made) => (Some(made), None),
        Err(error) => (None, Some(Cause::from(error))),
    };
    let (frames, contact_sheet) = made.map_or((Vec::new(), None), |m| (m.frames, m.contact_sheet));
    VideoReport {
        source: job.video.source.to_string(),
        error: cause.as_ref().map(|cause| cause.to_string()),
        failure: cause.as_deref().map(Failure::from),
        cause,
        frames,
        contact_sheet,
        plan: recorder.plan.clone(),
        spans: recorder.into_spans(),
    }
}

/// Turns a caught panic into an error. The panic hook has already printed its message to stderr.
#[must_use]
pub fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or(panic.downcast_ref::<String>().map(String::as_str));
    Error::Panicked(text.unwrap_or("no reason given").to_owned())
}
