//! Extracts the wanted frames of a video: a state machine that does no I/O with ffmpeg itself.
//!
//! An [`Extraction`] says which ffmpeg command to run next, and is given what that ffmpeg wrote. The
//! caller starts the process and waits for it, because that is where the concurrency models differ:
//! [`crate::pipeline::extract::blocking`] blocks, `demo-async` awaits.

mod answers;
pub mod avi;
pub mod blocking;
pub mod clock;
mod gop;
pub mod index;
mod joined;
pub mod listed;
pub mod mp4;
mod per_frame;
pub mod plan;
mod program_stream;
mod rate;
mod recovery;
mod still;
pub mod transport_stream;
mod truncation;
mod verdict;
mod ways;
pub mod without_ffmpeg;

use std::path::Path;
use std::process::Command;

use per_frame::PerFrame;
use verdict::open;
use ways::Ways;

use crate::error::{Result, Truncation};
use crate::ffmpeg::command::{self, Probe};
use crate::ffmpeg::frame_info::Field;
use crate::ffmpeg::frame_stream::Picture;
use crate::ffmpeg::light::Light;
use crate::ffmpeg::proxy;
use crate::ffmpeg::request::Colours;
use crate::measure::report::PlanReport;
use crate::pipeline::extract::index::Index;
use crate::pipeline::extract::listed::{Listed, Whole};
use crate::pipeline::extract::mp4::{Excerpt, Table};
use crate::pipeline::extract::plan::{Plan, plan};
use crate::pipeline::resize::PixelAspect;
use crate::settings::{Seek, Settings};
use crate::video::{Source, Video};

/// Checks that a file can be a video: it exists, can be read and is not empty. Does not start ffmpeg.
///
/// # Errors
/// The file is missing, empty, unreadable or not a regular file.
pub fn check_file(path: &Path) -> Result<()> {
    open(path).map(drop)
}

/// What the caller should do next.
#[derive(Debug)]
pub enum Step {
    /// Run this command to its end and give all of its stdout to [`Extraction::read`].
    Read(Command),
    /// Run this command, give each picture from its stdout to [`Extraction::accept`], and at the end
    /// call [`Extraction::finish`].
    Frames(Command),
    /// All wanted frames have been extracted.
    Done,
}

/// One wanted frame.
#[derive(Debug)]
pub struct Frame {
    /// Which of the wanted frames it is, from 0. There are several if the same frame was asked for
    /// several times, as in a short video.
    pub positions: Vec<usize>,
    /// When it is shown, in seconds from the video's first frame.
    pub timestamp_seconds: f64,
    /// The aspect ratio of its pixels.
    pub aspect: PixelAspect,
    /// The field that is shown first; `None` for a progressive frame.
    pub first_field: Option<Field>,
    /// The transfer function and primaries of HDR video; `None` for standard dynamic range.
    pub light: Option<Light>,
    /// The decoded pixels, rotated upright.
    pub picture: Picture,
}

/// Files up to this size, in bytes, have all of their packets listed, which takes a twentieth of a
/// second. Of larger files only the packets at both ends are listed, so that long videos are fast, too.
const LIST_ALL_MAX_BYTES: u64 = 4 << 20;

/// The same limit if keyframes are wanted: only a list of all packets says where the keyframes are.
const LIST_ALL_FOR_KEYFRAMES_MAX_BYTES: u64 = 64 << 20;

/// Which packets of a stream are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Those of its first second, to compare them with [`Extraction::listed`].
    Head,
    /// Those at its beginning and its end.
    Ends,
    All,
    /// All, although the container marks no keyframe.
    Unmarked,
}

#[derive(Debug)]
enum State {
    /// Next: list the packets of this part of the stream.
    Index(Part),
    /// Next: decode the first frame, to learn by how much the decoder delays frames.
    Delay,
    /// Next: decode the whole stream to learn when its frames are shown.
    Times,
    /// Next: decode the frames of this plan.
    Decode(Plan),
    /// Next: decode the whole stream to count its frames.
    Count,
    Done,
}

/// The extraction of the wanted frames of one video.
#[allow(clippy::struct_excessive_bools)] // Independent facts, not one state.
#[derive(Debug)]
pub struct Extraction {
    // Owned, not borrowed, so that `demo-async` can send this struct to another thread and back.
    settings: Settings,
    source: Source,
    index: Option<Index>,
    /// What was listed without ffmpeg.
    listed: Option<Listed>,
    /// See [`program_stream::clock_span`].
    clock_span: Option<f64>,
    /// Frames are known to be stored in another order than they are shown in.
    has_b_frames: bool,
    /// See [`avi::drifts`].
    drifts: bool,
    /// What an excerpt of the file's index is made from.
    whole: Option<Whole>,
    /// What ffmpeg reads instead of that index.
    excerpt: Option<Excerpt>,
    may_be_mp4: bool,
    state: State,
    /// How many of the plan's targets have been accepted.
    delivered: usize,
    ways: Ways,
    /// Set while each wanted frame is decoded by an ffmpeg process of its own, because the stream's
    /// format changes midway or memory is short.
    per_frame: Option<PerFrame>,
    /// How many positions were filled.
    positions: usize,
    /// How much of the input ffmpeg reads to find the streams.
    probe: Probe,
    /// How the file is truncated; `None` if it is not, as far as is known.
    cut_off: Option<Truncation>,
    /// When the last accepted frame is shown, in seconds on the plan's clock.
    last_time: Option<f64>,
    /// How to convert the colours of the frames, as far as it is known from the frame info.
    colours: Colours,
    /// Start the same plan again: the right frames came, but `colours` was wrong for them.
    retry_colours: bool,
    /// It has been started again for that reason before; once is enough.
    colours_retried: bool,
    /// The pre-roll of the last try: how far before the planned keyframes decoding began, in seconds.
    preroll: f64,
    /// The video has an alpha channel that this ffmpeg cannot decode.
    lost_alpha: bool,
    /// The video's colours are such as this ffmpeg cannot convert.
    lost_colours: bool,
    /// The codec is H.264. ffmpeg's decoder for it outputs no frame whose reference frames are missing.
    h264: bool,
}

impl Extraction {
    /// Opens the file and, if it is an MP4, a transport stream or an AVI, reads its index. Does not start ffmpeg.
    ///
    /// # Errors
    /// The file cannot be a video, or is a truncated MP4; or the source is an address, and ffmpeg cannot
    /// use the proxy for it.
    pub fn new(settings: &Settings, video: &Video) -> Result<Self> {
        proxy::check(&video.source)?;
        let mut index = None;
        let mut h264 = false;
        let mut may_be_mp4 = true;
        let mut cut_off = None;
        let (mut listed, mut clock_span) = (None, None);
        let mut has_b_frames = false;
        let mut drifts = false;
        let mut whole = None;
        let mut state = State::Index(Part::Ends);
        if let Source::File(path) = &video.source {
            let mut file = open(path)?;
            may_be_mp4 = mp4::may_be_mp4(&mut file);
            cut_off = truncation::find_truncation(&mut file);
            let table = mp4::read_index(&mut file)?;
            has_b_frames = matches!(table, Table::Reordered);
            if let Table::Movie(movie) = table {
                h264 = movie.is_h264();
                let mut plan = plan(&movie.index, &settings.wanted, settings.seek);
                plan.leave_out_unreferenced(|packet| movie.is_reference(&mut file, packet));
                state = State::Decode(plan);
                (index, whole) = (Some(movie.index), Some(movie.whole));
            } else {
                let most = match settings.seek {
                    Seek::Exact => LIST_ALL_MAX_BYTES,
                    Seek::Keyframe => LIST_ALL_FOR_KEYFRAMES_MAX_BYTES,
                };
                let long = file.metadata().is_ok_and(|m| m.len() > most);
                listed = without_ffmpeg::list(&mut file, settings.timeout)?;
                clock_span = program_stream::clock_span(&mut file)?;
                drifts = avi::drifts(&mut file);
                state = State::Index(if listed.is_some() {
                    Part::Head
                } else if !long
                    || drifts
                    || clock_span.is_none() && joined::begins_as_joined(&mut file)
                    || settings.seek == Seek::Exact
                        && may_be_mp4
                        && mp4::has_fragments_only(&mut file)
                {
                    Part::All
                } else {
                    Part::Ends
                });
            }
        }
        let mut extraction = Self {
            settings: settings.clone(),
            source: video.source.clone(),
            index,
            listed,
            clock_span,
            has_b_frames,
            drifts,
            whole,
            excerpt: None,
            may_be_mp4,
            state,
            delivered: 0,
            ways: Ways::new(),
            per_frame: None,
            positions: 0,
            probe: Probe::Usual,
            cut_off,
            last_time: None,
            colours: Colours::default(),
            retry_colours: false,
            colours_retried: false,
            preroll: 0.0,
            lost_alpha: false,
            lost_colours: false,
            h264,
        };
        extraction.make_excerpt();
        Ok(extraction)
    }

    /// What to do next.
    #[must_use]
    pub fn step(&self) -> Step {
        let (settings, source, probe) = (&self.settings, &self.source, self.probe);
        match &self.state {
            State::Index(part) => Step::Read(match part {
                Part::Head => command::list_head(settings, source, probe),
                Part::Ends => command::list_head_and_tail(settings, source, probe),
                Part::All => command::list_packets(settings, source, probe),
                Part::Unmarked => command::list_unmarked(settings, source, probe),
            }),
            State::Delay => Step::Read(command::list_first_frame(settings, source, probe)),
            State::Times => Step::Read(command::list_times(settings, source, probe)),
            State::Count => Step::Read(command::list_frames(settings, source, probe)),
            State::Decode(plan) => {
                let per_frame = self.per_frame.as_ref();
                let part = per_frame.and_then(|_| plan.only_target(self.delivered));
                let plan = Plan {
                    colours: Colours {
                        untagged_is_high: self.index.as_ref().is_some_and(|i| i.untagged_is_high),
                        ..self.colours
                    },
                    // ffmpeg's H.264 decoder starts at an IDR picture or a recovery point by itself. But
                    // after a recovery point without an intra picture (gradual decoder refresh) frames
                    // need not be exact, so a retry with pre-roll waits for an intra picture.
                    intra_first: !self.h264 || self.preroll > 0.0,
                    size: per_frame.and_then(|per_frame| per_frame.size),
                    ..part.unwrap_or_else(|| plan.clone())
                };
                let excerpt = self.excerpt.as_ref().map(Excerpt::path);
                Step::Frames(command::decode(
                    settings,
                    source,
                    excerpt,
                    &plan,
                    probe,
                    self.ways.crop(),
                ))
            }
            State::Done => Step::Done,
        }
    }

    /// How the frames were reached, and at what cost, so far.
    #[must_use]
    pub fn plan(&self) -> PlanReport {
        PlanReport {
            cut_off: self.cut_off.map(|truncation| truncation.to_string()),
            lost_alpha: self.lost_alpha,
            lost_colours: self.lost_colours,
            ..self.ways.plan_report()
        }
    }

    /// How many positions were filled.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.positions
    }
}
