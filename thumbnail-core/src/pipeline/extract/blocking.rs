//! Drives an [`Extraction`] by blocking calls. The awaiting form is in `demo-async`.

use crate::deadline::Deadline;
use crate::error::Result;
use crate::ffmpeg::process::Running;
use crate::measure::report::PlanReport;
use crate::pipeline::extract::{Extraction, Frame, Step};
use crate::settings::{Limits, Settings};
use crate::video::Video;

/// Extracts the wanted frames of one video, one at a time. While the caller works on one frame, ffmpeg
/// already decodes the next.
#[derive(Debug)]
pub struct Extractor {
    extraction: Extraction,
    deadline: Deadline,
    limits: Limits,
    running: Option<Running>,
}

impl Extractor {
    /// Opens the file and reads its index if it is an MP4. The first call of [`Extractor::next_frame`]
    /// starts ffmpeg.
    ///
    /// # Errors
    /// As [`Extraction::new`].
    pub fn new(settings: &Settings, video: &Video) -> Result<Self> {
        // Start the clock first: the time for reading the file counts as well.
        let deadline = Deadline::after(settings.timeout);
        Ok(Self {
            extraction: Extraction::new(settings, video)?,
            deadline,
            limits: settings.limits(),
            running: None,
        })
    }

    /// The next wanted frame; `None` after the last. If seeking turns out not to work in this file, the
    /// frames are extracted again in another way, and some are returned a second time. The later frame
    /// for a position is the right one.
    ///
    /// # Errors
    /// The reason why the frame cannot be extracted.
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

    /// How many positions were filled: fewer than the wanted ones if the video has fewer frames.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.extraction.positions()
    }

    /// How the frames were reached, and at what cost, so far.
    #[must_use]
    pub fn plan(&self) -> PlanReport {
        self.extraction.plan()
    }
}
