//! What came of the last step: a listing, or pictures.

use super::alone::decoder_of_alpha;
use super::index::{Frames, Index};
use super::joined::may_be_joined;
use super::plan::{Pick, Target, plan};
use super::verdict::{check_damage, ffmpeg_error, no_frames};
use super::{Extraction, Frame, State};
use crate::error::{Error, Result};
use crate::ffmpeg::command::Probe;
use crate::ffmpeg::frame_info::FrameInfo;
use crate::ffmpeg::frame_stream::Picture;
use crate::ffmpeg::log::Ended;
use crate::video::{Source, without_secrets};
use crate::wanted::Wanted;

/// Is there a packet of the video stream in a listing?
fn lists_a_packet(listing: &[u8]) -> bool {
    listing
        .split(|b| *b == b'\n')
        .any(|line| line.starts_with(b"0,"))
}

impl Extraction {
    /// Takes in what the ffmpeg of a [`Step::Read`](super::Step::Read) wrote and said.
    ///
    /// # Errors
    /// Why the video cannot be read.
    pub fn read(&mut self, listing: &[u8], ended: &Ended) -> Result<()> {
        let (status, log) = (ended.status, &ended.log);
        self.ways.ended(ended);
        self.note_the_end(log);
        self.h264 |= log.codec.as_deref() == Some("h264");
        if !self.lost_alpha {
            self.colours.decoder = decoder_of_alpha(log);
        }
        if self.probe == Probe::Usual && log.may_begin_late() {
            self.probe = Probe::Far;
            return Ok(());
        }
        if log.lacks_memory() {
            // For the two ends the file is opened, and its tables are held, twice.
            let State::Index { ends: true } = self.state else {
                return Err(self.no_memory());
            };
            self.state = State::Index { ends: false };
            return Ok(());
        }
        if let (Source::Url(url), State::Index { ends: false }) = (&self.source, &self.state)
            && log.misses_listed_frames()
            && !lists_a_packet(listing)
        {
            // The index was read, from the end of the file, and no frame can be: a file that is cut
            // short has no end.
            return Err(Error::NoParts(without_secrets(url)));
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
            (State::Index { ends: true }, _) if may_be_joined(container) => None,
            (State::Index { ends: true }, _) => {
                let at = matches!(self.settings.wanted, Wanted::At(_));
                // Where the rate varies only a listing tells which frame is on show when; what is far
                // away is not read whole for that.
                let any = self.is_remote() && !at;
                Index::from_ends(&text, container).filter(|index| any || index.is_even())
            }
            (State::Count, Some(index)) => {
                let decoded = index.from_decoded(&text, log.last_complaint());
                let decoded = decoded.map_err(|_| no_frames(log))?;
                check_damage(index, &decoded, log.codec.as_deref())?;
                if let Frames::Counted(count) = &decoded.frames {
                    self.ways.decoded(Some(count.len()));
                }
                Some(decoded)
            }
            _ => match Index::from_packets(&text, container, log.codec.as_deref()) {
                Err(_) if !status.success() => return Err(ffmpeg_error(status, log)),
                index => Some(index?),
            },
        };
        let counted = matches!(&index, Some(i) if matches!(i.frames, Frames::Counted(_)));
        let matroska = container.is_some_and(|names| names.contains("matroska"));
        if counted && matroska && self.probe == Probe::Usual {
            // It tells when frames are shown; when they are decoded ffmpeg guesses from how far they are
            // reordered, which it learns only from frames that it meets while it probes.
            self.probe = Probe::Far;
            return Ok(());
        }
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

    /// Is another picture expected of the running ffmpeg?
    #[must_use]
    pub fn expects_more(&self) -> bool {
        let done = self.alone.as_ref().is_some_and(|alone| alone.done);
        self.next_target().is_some() && !done
    }

    pub(super) fn next_target(&self) -> Option<(usize, &Target)> {
        match &self.state {
            State::Decode(plan) => plan.targets().nth(self.delivered),
            _ => None,
        }
    }

    /// Takes in the next picture with what ffmpeg told of it. Gives the wanted frame that it is, or
    /// `None` if it is another: seeking went astray, so end this ffmpeg and call
    /// [`Extraction::finish`].
    pub fn accept(&mut self, mut picture: Picture, info: &FrameInfo) -> Option<Frame> {
        let State::Decode(plan) = &self.state else {
            return None;
        };
        let (segment, target) = plan.targets().nth(self.delivered)?;
        let here = if self.alone.is_some() { 0 } else { segment };
        let (target, start) = (target.clone(), plan.start);
        // Without a list of keyframes: the same one again can mean that seeking went nowhere.
        let sought = plan.segments.get(segment).is_some_and(|s| s.seek.is_some());
        if !self.is_converted_well(&picture, info) || info.segment != here {
            return None;
        }
        if let Some((expected, tolerance)) = target.expected
            && info
                .time
                .is_none_or(|time| (time - expected).abs() > tolerance)
        {
            return None;
        }
        let any = matches!(target.pick, Pick::Number(_));
        if any && sought && info.time <= self.last_time {
            return None;
        }
        self.last_time = info.time;
        picture.drop_idle_alpha();
        // The index has it without rounding.
        let listed = target.packet.and(target.expected).map(|(time, _)| time);
        let frame = Frame {
            positions: target.positions,
            timestamp_seconds: listed.or(info.time).map_or(0.0, |time| {
                let seconds = target.shown.unwrap_or(time - start);
                (seconds.max(0.0) * 1e9).round() / 1e9
            }),
            aspect: info.aspect,
            first_field: info.first_field,
            light: info.light,
            picture,
        };
        self.delivered += 1;
        if let Some(alone) = &mut self.alone {
            alone.next();
            self.colours.alpha = None;
        }
        let last = frame.positions.iter().max();
        self.positions = last.map_or(0, |last| last + 1).max(self.positions);
        Some(frame)
    }
}
