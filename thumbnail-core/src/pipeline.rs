//! The pipeline: delay, extract, resize, save. This is what every demo runs, each in its own way.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::delay::delay;
use crate::error::{Error, Result};
use crate::extract::Extractor;
use crate::extraction::Frame;
use crate::interrupt;
use crate::report::{FrameReport, Status, VideoReport};
use crate::resize::resize;
use crate::save::Output;
use crate::settings::Settings;
use crate::span::{Clock, Recorder, Stage};
use crate::video::Video;

/// Makes one video's thumbnails on this thread, from beginning to end. Whatever goes wrong, a panic included, fails
/// this video only and stands in its report.
///
/// `lane` is the number of the worker that runs this, for the report.
#[must_use]
pub fn generate_thumbnails(
    video: &Video,
    settings: &Settings,
    clock: Clock,
    lane: usize,
) -> VideoReport {
    let mut recorder = Recorder::pick_up(clock, lane);
    // Nothing of what a panic leaves half changed is used again: the recorder's spans are whole, and all
    // else is dropped.
    let work = AssertUnwindSafe(|| run_stages(video, settings, &mut recorder));
    let result = catch_unwind(work).unwrap_or_else(|panic| Err(panicked(&*panic)));
    report(video, settings, recorder, result)
}

/// The four stages, blocking.
///
/// # Errors
/// Whatever stage fails first.
pub fn run_stages(
    video: &Video,
    settings: &Settings,
    recorder: &mut Recorder,
) -> Result<Vec<FrameReport>> {
    interrupt::check()?;
    recorder.time(Stage::Delay, || delay(settings.delay))?;

    let mut thumbnails = Thumbnails::new(settings, video);
    let mut frames = recorder.time(Stage::Extract, || Extractor::new(settings, video))?;
    while let Some(frame) = recorder.time(Stage::Extract, || frames.next_frame())? {
        thumbnails.add(&frame, recorder)?;
    }
    thumbnails.publish(frames.positions(), recorder)
}

/// The thumbnails of one video while they are being made: what comes after a frame was extracted.
#[derive(Debug)]
pub struct Thumbnails {
    // Copies, so that the whole can move to another thread and back, as it does in `demo-async`.
    settings: Settings,
    video: Video,
    /// Made with the first frame: a video without frames leaves no trace.
    output: Option<Output>,
    frames: Vec<FrameReport>,
}

impl Thumbnails {
    /// None yet.
    #[must_use]
    pub fn new(settings: &Settings, video: &Video) -> Self {
        Self {
            settings: settings.clone(),
            video: video.clone(),
            output: None,
            frames: Vec::new(),
        }
    }

    /// Resizes a frame and saves the results. A frame replaces an earlier one for its position.
    ///
    /// # Errors
    /// [`Error::Picture`], [`Error::Save`], [`Error::Interrupted`].
    pub fn add(&mut self, frame: &Frame, recorder: &mut Recorder) -> Result<()> {
        interrupt::check()?;
        let settings = &self.settings;
        let small = recorder.time(Stage::Resize, || {
            resize(&frame.picture, frame.aspect, &settings.sizes)
        })?;
        recorder.time(Stage::Save, || {
            if self.output.is_none() {
                let (out_dir, name) = (&settings.out_dir, &self.video.name);
                self.output = Some(Output::create(out_dir, name, settings.format)?);
            }
            for &position in &frame.positions {
                let Some(output) = &self.output else { continue };
                let files = output.save(position, &frame.picture, &small)?;
                self.frames.retain(|f| f.position != position);
                self.frames.push(FrameReport {
                    position,
                    timestamp_seconds: frame.timestamp_seconds,
                    files,
                });
            }
            Ok(())
        })
    }

    /// Moves the video's directory to its place, with its first `positions` frames.
    ///
    /// # Errors
    /// [`Error::Save`], [`Error::NoFrames`].
    pub fn publish(
        mut self,
        positions: usize,
        recorder: &mut Recorder,
    ) -> Result<Vec<FrameReport>> {
        let output = self.output.take();
        let output = output.ok_or_else(|| Error::NoFrames("it is empty".into()))?;
        recorder.time(Stage::Save, || output.publish(positions))?;
        self.frames.retain(|f| f.position < positions);
        self.frames.sort_by_key(|f| f.position);
        Ok(self.frames)
    }
}

/// A video's report, from how its stages ended.
#[must_use]
pub fn report(
    video: &Video,
    settings: &Settings,
    recorder: Recorder,
    result: Result<Vec<FrameReport>>,
) -> VideoReport {
    let (status, error, frames) = match result {
        Ok(frames) => (Status::Success, None, frames),
        Err(error) => (Status::Failed, Some(error.to_string()), Vec::new()),
    };
    let out_dir = settings.out_dir.join(&video.name);
    VideoReport {
        source: video.source.to_string(),
        status,
        error,
        out_dir: (status == Status::Success).then(|| out_dir.to_string_lossy().into_owned()),
        frames,
        spans: recorder.into_spans(),
    }
}

/// A panic as an error. Its message has gone to stderr already.
#[must_use]
pub fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or(panic.downcast_ref::<String>().map(String::as_str));
    Error::Panicked(text.unwrap_or("no reason given").to_owned())
}
