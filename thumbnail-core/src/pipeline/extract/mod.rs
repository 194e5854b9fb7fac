//! The way from a video to its wanted frames, step by step, without the waiting.
//!
//! An [`Extraction`] says which ffmpeg to start next and takes in what it answers; starting and
//! waiting is the caller's part, because that is where the concurrency models differ:
//! [`crate::pipeline::extract::blocking`] blocks, `demo-async` awaits.

mod alone;
mod answers;
pub mod blocking;
pub mod clock;
mod cut;
mod gop;
pub mod index;
mod joined;
pub mod mp4;
pub mod plan;
mod rate;
mod recovery;
mod still;
mod verdict;
mod ways;

use std::path::Path;
use std::process::Command;

use alone::Alone;
use verdict::open;
use ways::Ways;

use crate::error::Result;
use crate::ffmpeg::command::{self, Probe};
use crate::ffmpeg::frame_info::Field;
use crate::ffmpeg::frame_stream::Picture;
use crate::ffmpeg::light::Light;
use crate::ffmpeg::proxy;
use crate::ffmpeg::request::Colours;
use crate::measure::report::PlanReport;
use crate::pipeline::extract::index::Index;
use crate::pipeline::extract::plan::{Plan, plan};
use crate::pipeline::resize::PixelAspect;
use crate::settings::{Seek, Settings};
use crate::video::{Source, Video};

/// Whether a file can be a video at all, without starting anything.
///
/// # Errors
/// It is missing, empty, unreadable or no regular file.
pub fn check_file(path: &Path) -> Result<()> {
    open(path).map(drop)
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Run this to its end and hand all it writes to [`Extraction::read`].
    Read(Command),
    /// Run this and hand each picture it writes to [`Extraction::accept`], then call
    /// [`Extraction::finish`].
    Frames(Command),
    /// All wanted frames came.
    Done,
}

/// One wanted frame.
#[derive(Debug)]
pub struct Frame {
    /// Which of the wanted frames it is; several where one frame answers several wishes.
    pub positions: Vec<usize>,
    /// When it is shown, in seconds from the video's first frame.
    pub timestamp_seconds: f64,
    /// The shape of its pixels.
    pub aspect: PixelAspect,
    /// The field that is shown first; `None` for a progressive frame.
    pub first_field: Option<Field>,
    /// What its colours mean as light; `None` for standard dynamic range.
    pub light: Option<Light>,
    /// The decoded pixels, upright.
    pub picture: Picture,
}

/// A listing of packets is read whole up to this size of file, in bytes: a twentieth of a second's
/// work. Beyond it only the ends are, so that a long video is not slow.
const READ_WHOLE_BYTES: u64 = 4 << 20;

/// The same where keyframes are wanted, which only the whole listing tells.
const READ_WHOLE_FOR_KEYFRAMES: u64 = 64 << 20;

#[derive(Debug)]
enum State {
    /// Next: learn which frames there are, from the ends if that can do.
    Index {
        ends: bool,
    },
    /// Next: decode as planned.
    Decode(Plan),
    /// Next: learn how many frames come out of the decoder.
    Count,
    Done,
}

/// The way from a video to its wanted frames.
#[allow(clippy::struct_excessive_bools)] // What is known, each by itself.
#[derive(Debug)]
pub struct Extraction {
    // Copies, so that the whole can move to another thread and back, as it does in `demo-async`.
    settings: Settings,
    source: Source,
    index: Option<Index>,
    may_be_mp4: bool,
    state: State,
    /// How many of the plan's targets have come.
    delivered: usize,
    ways: Ways,
    /// The wanted frames are decoded each by an ffmpeg of its own: the stream changes midway.
    alone: Option<Alone>,
    positions: usize,
    /// How far ffmpeg looks for the video.
    probe: Probe,
    /// In what the file is cut off, as far as it told.
    cut_off: Option<String>,
    /// When the last accepted frame is shown, on the stream's own clock.
    last_time: Option<f64>,
    /// How they are converted, as far as the frames have told.
    colours: Colours,
    /// The frames are right, but their colours are to be converted in another way.
    anew: bool,
    /// That was so before.
    was_anew: bool,
    /// How many seconds before their keyframes decoding began at the last try.
    lead: f64,
    /// The video has an alpha channel that this ffmpeg cannot read.
    lost_alpha: bool,
    /// Its decoder gives no frame that lacks what it refers to.
    h264: bool,
}

impl Extraction {
    /// Looks at the file, without ffmpeg.
    ///
    /// # Errors
    /// One of the first variants of [`Error`](crate::error::Error) if the file cannot be a video.
    pub fn new(settings: &Settings, video: &Video) -> Result<Self> {
        proxy::check(&video.source)?;
        let mut index = None;
        let mut h264 = false;
        let mut may_be_mp4 = true;
        let mut cut_off = None;
        let mut state = State::Index { ends: true };
        if let Source::File(path) = &video.source {
            let mut file = open(path)?;
            may_be_mp4 = mp4::may_be_mp4(&mut file);
            cut_off = cut::cut_off(&mut file);
            if let Some(movie) = mp4::read_index(&mut file)? {
                h264 = movie.samples.is_some();
                let found = movie.index.without_leading();
                let mut plan = plan(&found, &settings.wanted, settings.seek);
                if let Some(samples) = &movie.samples {
                    plan.leave_out_unreferenced(|packet| samples.is_reference(&mut file, packet));
                }
                state = State::Decode(plan);
                index = Some(found);
            } else {
                let most = match settings.seek {
                    Seek::Exact => READ_WHOLE_BYTES,
                    Seek::Keyframe => READ_WHOLE_FOR_KEYFRAMES,
                };
                let long = file.metadata().is_ok_and(|m| m.len() > most);
                let ends = long && !joined::begins_as_joined(&mut file);
                state = State::Index { ends };
            }
        }
        Ok(Self {
            settings: settings.clone(),
            source: video.source.clone(),
            index,
            may_be_mp4,
            state,
            delivered: 0,
            ways: Ways::new(),
            alone: None,
            positions: 0,
            probe: Probe::Usual,
            cut_off,
            last_time: None,
            colours: Colours::default(),
            anew: false,
            was_anew: false,
            lead: 0.0,
            lost_alpha: false,
            h264,
        })
    }

    /// What to do next.
    #[must_use]
    pub fn step(&self) -> Step {
        let (settings, source, probe) = (&self.settings, &self.source, self.probe);
        match &self.state {
            State::Index { ends: true } => {
                Step::Read(command::list_head_and_tail(settings, source, probe))
            }
            State::Index { ends: false } => {
                Step::Read(command::list_packets(settings, source, probe))
            }
            State::Count => Step::Read(command::list_frames(settings, source, probe)),
            State::Decode(plan) => {
                let alone = self.alone.as_ref();
                let part = alone.and_then(|_| plan.alone(self.delivered));
                let plan = Plan {
                    colours: Colours {
                        untagged_is_high: self.index.as_ref().is_some_and(|i| i.untagged_is_high),
                        ..self.colours
                    },
                    // The decoder of H.264 checks by itself that it can begin at a place, but what comes out behind
                    // one without an intra picture (a gradual refresh) need not be exact.
                    intra_first: !self.h264 || self.lead > 0.0,
                    size: alone.and_then(|alone| alone.size),
                    ..part.unwrap_or_else(|| plan.clone())
                };
                Step::Frames(command::decode(
                    settings,
                    source,
                    &plan,
                    probe,
                    self.ways.crop(),
                ))
            }
            State::Done => Step::Done,
        }
    }

    /// What it took to reach the frames so far.
    #[must_use]
    pub fn plan(&self) -> PlanReport {
        PlanReport {
            cut_off: self.cut_off.clone(),
            lost_alpha: self.lost_alpha,
            ..self.ways.report()
        }
    }

    /// How many positions were filled.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.positions
    }
}
