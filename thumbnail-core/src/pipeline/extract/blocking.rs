//! The stage that gets frames out of a video, waiting by blocking.

use crate::deadline::Deadline;
use crate::error::Result;
use crate::ffmpeg::process::Running;
use crate::measure::report::PlanReport;
use crate::pipeline::extract::{Extraction, Frame, Step};
use crate::settings::{Limits, Settings};
use crate::video::Video;

/// The wanted frames of one video, one at a time: while the caller works on one, ffmpeg decodes the
/// next.
#[derive(Debug)]
pub struct Extractor {
    extraction: Extraction,
    deadline: Deadline,
    limits: Limits,
    running: Option<Running>,
}

impl Extractor {
    /// Looks at the file. ffmpeg starts with the first call of [`Extractor::next_frame`].
    ///
    /// # Errors
    /// Why it cannot be a video.
    pub fn new(settings: &Settings, video: &Video) -> Result<Self> {
        // Reading the file counts, too.
        let deadline = Deadline::after(settings.timeout);
        Ok(Self {
            extraction: Extraction::new(settings, video)?,
            deadline,
            limits: settings.limits(),
            running: None,
        })
    }

    /// The next wanted frame; `None` when all have come. If a cheap way to the frames fails, they
    /// come anew by another, from the first on: a frame replaces the one that came earlier for its
    /// position.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub fn next_frame(&mut self) -> Result<Option<Frame>> {
        loop {
            if let Some(running) = &mut self.running
                && self.extraction.expects_more()
                && let Some((picture, info)) = running.next_frame()?
                && let Some(frame) = self.extraction.accept(picture, &info)
            {
                return Ok(Some(frame));
            }
            if let Some(running) = self.running.take() {
                self.extraction.finish(&running.finish()?)?;
            }
            match self.extraction.step() {
                Step::Done => return Ok(None),
                Step::Frames(command) => {
                    self.running = Some(Running::start(command, self.deadline, self.limits)?);
                }
                Step::Read(command) => {
                    let mut running = Running::start(command, self.deadline, self.limits)?;
                    let listing = running.read_all()?;
                    self.extraction.read(&listing, &running.finish()?)?;
                }
            }
        }
    }

    /// How many positions were filled: fewer than were asked for if the video has fewer frames.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.extraction.positions()
    }

    /// What it took to reach the frames so far.
    #[must_use]
    pub fn plan(&self) -> PlanReport {
        self.extraction.plan()
    }
}
