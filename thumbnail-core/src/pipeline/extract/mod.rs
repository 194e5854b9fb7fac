//! The way from a video to its wanted frames, step by step, without the waiting.
//!
//! An [`Extraction`] says which ffmpeg to start next and takes in what it answers; starting and
//! waiting is the caller's part, because that is where the concurrency models differ:
//! [`crate::pipeline::extract::blocking`] blocks, `demo-async` awaits.

pub mod blocking;
pub mod clock;
pub mod index;
pub mod mp4;
pub mod plan;
mod verdict;
mod ways;

use std::process::{Command, ExitStatus};

use verdict::{check_damage, crashed, ffmpeg_error, no_frames, open};
use ways::{Ways, frames_to_decode};

use crate::error::{Error, Result};
use crate::ffmpeg::command;
use crate::ffmpeg::frame_info::FrameInfo;
use crate::ffmpeg::frame_stream::Picture;
use crate::ffmpeg::log::{Ended, Log};
use crate::ffmpeg::request::Matrix;
use crate::measure::report::{PlanReport, Way};
use crate::pipeline::extract::index::{Frames, Index};
use crate::pipeline::extract::plan::{Plan, Target, plan, plan_in_one_go};
use crate::pipeline::resize::PixelAspect;
use crate::settings::Settings;
use crate::video::{Source, Video};
use crate::wanted::Wanted;

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
    /// The decoded pixels, upright.
    pub picture: Picture,
}

/// A listing of packets is read whole up to this size of file, in bytes: a twentieth of a second's
/// work. Beyond it only the ends are, so that a long video is not slow.
const READ_WHOLE_BYTES: u64 = 64 << 20;

/// Is there a packet of the video stream in a listing?
fn lists_a_packet(listing: &[u8]) -> bool {
    listing
        .split(|b| *b == b'\n')
        .any(|line| line.starts_with(b"0,"))
}

/// Containers without an index, which are whole again when they are put end to end: recorders and
/// `cat` do that, and the clock of each part is its own.
fn may_be_joined(container: Option<&str>) -> bool {
    matches!(container, Some("mpegts" | "mpeg" | "ogg"))
}

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

/// The way to one wanted frame of a stream whose size or format changes midway.
#[derive(Debug, Default)]
struct Alone {
    /// The size that the frame has, once it is known.
    size: Option<(u32, u32)>,
    /// This ffmpeg has done its part.
    done: bool,
}

/// The way from a video to its wanted frames.
#[derive(Debug)]
pub struct Extraction<'a> {
    settings: &'a Settings,
    source: &'a Source,
    index: Option<Index>,
    may_be_mp4: bool,
    state: State,
    /// How many of the plan's targets have come.
    delivered: usize,
    ways: Ways,
    /// The wanted frames are decoded each by an ffmpeg of its own: the stream changes midway.
    alone: Option<Alone>,
    positions: usize,
    /// When the last accepted frame is shown, on the stream's own clock.
    last_time: Option<f64>,
    matrix: Option<Matrix>,
    /// The frames are right, but their colours are to be converted in another way.
    anew: bool,
}

impl<'a> Extraction<'a> {
    /// Looks at the file, without ffmpeg.
    ///
    /// # Errors
    /// One of [`Error`]'s first variants if the file cannot be a video.
    pub fn new(settings: &'a Settings, video: &'a Video) -> Result<Self> {
        let mut index = None;
        let mut may_be_mp4 = true;
        let mut state = State::Index { ends: true };
        if let Source::File(path) = &video.source {
            let mut file = open(path)?;
            may_be_mp4 = mp4::may_be_mp4(&mut file);
            index = mp4::read_index(&mut file)?;
            if let Some(index) = &index {
                let mut plan = plan(index, &settings.wanted, settings.seek);
                if let Some(samples) = &index.samples {
                    plan.leave_out_unreferenced(|packet| samples.is_reference(&mut file, packet));
                }
                state = State::Decode(plan);
            } else {
                let ends = file.metadata().is_ok_and(|m| m.len() > READ_WHOLE_BYTES);
                state = State::Index { ends };
            }
        }
        Ok(Self {
            settings,
            source: &video.source,
            index,
            may_be_mp4,
            state,
            delivered: 0,
            ways: Ways::new(),
            alone: None,
            positions: 0,
            last_time: None,
            matrix: None,
            anew: false,
        })
    }

    /// What to do next.
    #[must_use]
    pub fn step(&self) -> Step {
        let (settings, source) = (self.settings, self.source);
        match &self.state {
            State::Index { ends: true } => {
                Step::Read(command::list_head_and_tail(settings, source))
            }
            State::Index { ends: false } => Step::Read(command::list_packets(settings, source)),
            State::Count => Step::Read(command::list_frames(settings, source)),
            State::Decode(plan) => {
                let alone = self.alone.as_ref();
                let part = alone.and_then(|_| plan.alone(self.delivered));
                let plan = Plan {
                    matrix: self.matrix,
                    untagged_is_high: self.index.as_ref().is_some_and(|i| i.untagged_is_high),
                    size: alone.and_then(|alone| alone.size),
                    ..part.unwrap_or_else(|| plan.clone())
                };
                Step::Frames(command::decode(settings, source, &plan))
            }
            State::Done => Step::Done,
        }
    }

    /// Takes in what the ffmpeg of a [`Step::Read`] wrote and said.
    ///
    /// # Errors
    /// Why the video cannot be read.
    pub fn read(&mut self, listing: &[u8], ended: &Ended) -> Result<()> {
        let (status, log) = (ended.status, &ended.log);
        self.ways.ended(ended);
        if let (Source::Url(url), State::Index { ends: false }) = (self.source, &self.state)
            && log.complains_of(": partial file")
            && !lists_a_packet(listing)
        {
            // The index was read, from the end of the file, and no frame can be: a file that is cut
            // short has no end.
            let address = url.split(['?', '#']).next().unwrap_or(url);
            return Err(Error::NoParts(address.into()));
        }
        match (self.check_log(status, log), &self.state) {
            // A server that cannot serve parts of a file looks like this too: read it from the
            // beginning.
            (Err(Error::Truncated(_)), State::Index { ends: true }) => {
                self.state = State::Index { ends: false };
                return Ok(());
            }
            // Of what a server sends nobody has seen the beginning.
            (Err(Error::Truncated(_)), _) if self.is_remote() && log.misses_mp4_index() => {
                let reason = "it is something else, or an MP4 that is cut short";
                return Err(Error::NotAVideo(reason.into()));
            }
            (checked, _) => checked?,
        }
        let text = String::from_utf8_lossy(listing);
        let container = log.container.as_deref();
        let index = match (&self.state, &self.index) {
            // Its ends say nothing of clocks that start again in between; reading costs no decoding.
            (State::Index { ends: true }, _) if !self.is_remote() && may_be_joined(container) => {
                None
            }
            (State::Index { ends: true }, _) => {
                let at = matches!(self.settings.wanted, Wanted::At(_));
                Index::from_ends(&text, container).filter(|index| !at || index.is_even())
            }
            (State::Count, Some(index)) => {
                let decoded = index.from_decoded(&text, log.last_complaint());
                let decoded = decoded.map_err(|_| no_frames(log))?;
                check_damage(index, &decoded, log)?;
                if let Frames::Counted(count) = &decoded.frames {
                    self.ways.decoded(Some(count.len()));
                }
                Some(decoded)
            }
            _ => match Index::from_packets(&text, container) {
                Err(_) if !status.success() => return Err(ffmpeg_error(status, log)),
                index => Some(index?),
            },
        };
        let Some(index) = index else {
            // The ends did not tell enough: read it whole after all.
            self.state = State::Index { ends: false };
            return Ok(());
        };
        let (wanted, seek) = (&self.settings.wanted, self.settings.seek);
        self.state = State::Decode(plan(&index, wanted, seek));
        self.index = Some(index);
        Ok(())
    }

    /// Fails if ffmpeg's words, or its silence, mean that no further try is worth it.
    fn check_log(&self, status: ExitStatus, log: &Log) -> Result<()> {
        match log.verdict() {
            // ffmpeg takes any file called .mp4 for one.
            Some(Error::Truncated(_)) if !self.may_be_mp4 && log.misses_mp4_index() => {
                return Err(Error::NotAVideo("its contents are something else".into()));
            }
            Some(verdict) => return Err(verdict),
            // What is left of an MP4 can pass for a bare stream and give frames, but which?
            None if !self.may_be_mp4
                && (log.found_mp4() || self.is_called_mp4() && log.found_bare_stream()) =>
            {
                return Err(Error::Truncated("its beginning is missing".into()));
            }
            None if !status.success() => log.refusal().map_or(Ok(()), Err)?,
            None => {}
        }
        if !log.tells_of_the_input() {
            let silent = match log.stray_line() {
                "" => format!("it ended without a word about the video, {status}"),
                stray => format!("it ended without a word about the video, {status}: {stray}"),
            };
            return Err(Error::Confused(silent));
        }
        match self.source {
            Source::Url(url) if log.container.is_none() => Err(log.unreachable(url)),
            _ => Ok(()),
        }
    }

    fn is_called_mp4(&self) -> bool {
        let Source::File(path) = self.source else {
            return false;
        };
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        extension == "mp4" || extension == "mov"
    }

    fn is_remote(&self) -> bool {
        matches!(self.source, Source::Url(_))
    }

    /// Is another picture expected of the running ffmpeg?
    #[must_use]
    pub fn expects_more(&self) -> bool {
        let done = self.alone.as_ref().is_some_and(|alone| alone.done);
        self.next_target().is_some() && !done
    }

    fn next_target(&self) -> Option<(usize, &Target)> {
        match &self.state {
            State::Decode(plan) => plan.targets().nth(self.delivered),
            _ => None,
        }
    }

    /// Takes in the next picture with what ffmpeg told of it. Gives the wanted frame that it is, or
    /// `None` if it is another: seeking went astray, so end this ffmpeg and call
    /// [`Extraction::finish`].
    pub fn accept(&mut self, picture: Picture, info: &FrameInfo) -> Option<Frame> {
        let State::Decode(plan) = &self.state else {
            return None;
        };
        let (segment, target) = plan.targets().nth(self.delivered)?;
        let size = (picture.width, picture.height);
        let scaled = info.size != size;
        if let Some(alone) = &mut self.alone {
            // Told the right size, ffmpeg has no reason to send another.
            if info.segment != 0 || scaled && alone.size.is_some() {
                return None;
            }
            if scaled {
                alone.size = Some(info.size);
                alone.done = true;
                return None;
            }
        } else if scaled || info.changed {
            let done = true;
            self.alone = Some(Alone { size: None, done });
            return None;
        } else if info.segment != segment {
            return None;
        }
        if self.matrix.is_none() && info.passes_for_high_definition() {
            self.matrix = Some(Matrix::High);
            self.anew = true;
            return None;
        }
        if let Some((expected, tolerance)) = target.expected
            && info
                .time
                .is_none_or(|time| (time - expected).abs() > tolerance)
        {
            return None;
        }
        // Without a list of keyframes: the same one again can mean that seeking went nowhere.
        let sought =
            plan.keyframes_only && plan.segments.get(segment).is_some_and(|s| s.seek.is_some());
        if sought && target.expected.is_none() && info.time <= self.last_time {
            return None;
        }
        self.last_time = info.time;
        // The index has it without rounding.
        let listed = target.packet.and(target.expected).map(|(time, _)| time);
        let frame = Frame {
            positions: target.positions.clone(),
            timestamp_seconds: listed.or(info.time).map_or(0.0, |time| {
                let seconds = target.shown.unwrap_or(time - plan.start);
                (seconds.max(0.0) * 1e9).round() / 1e9
            }),
            aspect: info.aspect,
            picture,
        };
        self.delivered += 1;
        if let Some(alone) = &mut self.alone {
            alone.size = None; // The next one may have another.
            alone.done = true;
        }
        let last = frame.positions.iter().max();
        self.positions = last.map_or(0, |last| last + 1).max(self.positions);
        Some(frame)
    }

    /// Takes in how the ffmpeg of a [`Step::Frames`] ended. If frames are missing,
    /// [`Extraction::step`] has another way to them, until there is none; the frames then come anew
    /// from the first on.
    ///
    /// # Errors
    /// Why frames are missing, when no other way is left.
    pub fn finish(&mut self, ended: &Ended) -> Result<()> {
        let (status, log) = (ended.status, &ended.log);
        self.ways.ended(ended);
        if let State::Decode(plan) = &self.state {
            // Of one wanted frame among others it cannot be told.
            let whole = self.alone.is_none().then_some(plan);
            let decoded = whole.and_then(|plan| frames_to_decode(plan, self.index.as_ref()));
            self.ways.decoded(decoded);
        }
        let alone = self.alone.as_mut();
        let done = alone.is_some_and(|alone| std::mem::take(&mut alone.done));
        if self.next_target().is_none() {
            // Whatever else it is doing wrong, it does not do what it is told.
            if ended.cut_off {
                let surplus = "it sent more frames than it was asked for";
                return Err(Error::Confused(surplus.into()));
            }
            self.state = State::Done;
            return Ok(());
        }
        if done {
            return Ok(());
        }
        if self.alone.is_none() && log.joined_different_sizes() {
            self.alone = Some(Alone::default());
            return Ok(());
        }
        if std::mem::take(&mut self.anew) {
            self.delivered = 0;
            self.last_time = None;
            return Ok(());
        }
        if log.odd_colours && self.matrix.is_none() {
            self.matrix = Some(Matrix::Standard);
            self.delivered = 0;
            return Ok(());
        }
        match self.check_log(status, log) {
            // Seeking where it is not possible ends early, too.
            Err(Error::Truncated(_)) if !self.ways.took(Way::OnePass) => {}
            checked => checked?,
        }
        // Another try would crash the same way. (A process that was ended on purpose has no code
        // either, but it was ended because of a picture that `accept` refused.)
        let Some(index) = self.index.as_ref().filter(|_| !crashed(status)) else {
            return Err(ffmpeg_error(status, log));
        };
        self.delivered = 0;
        self.alone = None;
        self.positions = 0;
        self.last_time = None;
        let detour = match &self.state {
            State::Decode(plan) if plan.keyframes_only => match index.frames {
                Frames::Ends(_) => Way::Listed,
                _ if !self.ways.took(Way::Keyframes) => Way::Keyframes,
                _ => Way::OnePass,
            },
            _ if !self.ways.took(Way::OnePass) => Way::OnePass,
            _ if !self.ways.took(Way::Counted) => Way::Counted,
            _ => return Err(no_frames(log)),
        };
        self.state = match (detour, &self.state) {
            (Way::Listed, _) => State::Index { ends: false },
            (Way::Keyframes, State::Decode(plan)) => State::Decode(plan.clone().without_seeking()),
            (Way::Counted, _) => State::Count,
            _ => State::Decode(plan_in_one_go(
                index,
                &self.settings.wanted,
                self.settings.seek,
            )),
        };
        self.ways.turn_to(detour);
        Ok(())
    }

    /// What it took to reach the frames so far.
    #[must_use]
    pub fn plan(&self) -> PlanReport {
        self.ways.report()
    }

    /// How many positions were filled.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.positions
    }
}
