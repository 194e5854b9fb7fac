//! Takes in what the ffmpeg of the last step wrote: a list of packets, or pictures.

use super::index::{Frames, Index, SeekBy};
use super::joined::may_be_joined;
use super::mp4::Excerpt;
use super::plan::{Pick, Target, plan};
use super::verdict::{check_damage, no_frames};
use super::{Extraction, Frame, Part, State};
use crate::error::{Error, NoVideoData, Result};
use crate::ffmpeg::command::{Probe, can_be_behind_an_excerpt};
use crate::ffmpeg::frame_info::FrameInfo;
use crate::ffmpeg::frame_stream::Picture;
use crate::ffmpeg::log::Ended;
use crate::ffmpeg::packet_list;
use crate::ffmpeg::request::Matrix;
use crate::settings::Seek;
use crate::video::{Source, without_secrets};
use crate::wanted::Wanted;

/// Can a clock start again in this container, as in joined recordings?
fn may_restart(container: Option<&str>) -> bool {
    matches!(container, Some("mpegts" | "mpeg"))
}

impl Extraction {
    /// Takes in what the ffmpeg of a [`Step::Read`](super::Step::Read) wrote to stdout (`listing`), and how
    /// it ended.
    ///
    /// # Errors
    /// The reason why the video cannot be read.
    pub fn read(&mut self, listing: &[u8], ended: &Ended) -> Result<()> {
        let (status, log) = (ended.status, &ended.log);
        self.ways.ended(ended);
        self.note_truncation(log);
        self.h264 |= log.codec.as_deref() == Some("h264");
        if !self.lost_alpha {
            self.colours.decoder = log.decoder_of_alpha();
        }
        if self.probe == Probe::Usual && log.may_begin_late() {
            self.probe = Probe::Far;
            return Ok(());
        }
        if log.lacks_memory() {
            // To list both ends, ffmpeg opens the file twice and holds its tables twice. Listing all
            // packets takes less memory.
            let State::Index(Part::Ends) = self.state else {
                return Err(self.no_memory());
            };
            self.state = State::Index(Part::All);
            return Ok(());
        }
        if let (Source::Url(url), State::Index(Part::All)) = (&self.source, &self.state)
            && log.misses_listed_frames()
            && !packet_list::has_a_packet(listing)
        {
            // ffmpeg could read the index but not one frame. A truncated file would have no index at
            // its end, so the server cannot serve ranges of bytes.
            return Err(Error::NoParts(without_secrets(url)));
        }
        match (self.check_log(ended), &self.state) {
            // A server that cannot serve ranges of bytes looks the same: read from the beginning.
            (Err(Error::Truncated(_)), State::Index(Part::Head | Part::Ends)) => {
                self.state = State::Index(Part::All);
                return Ok(());
            }
            // The first bytes of a local file were checked for an MP4; those of a download were not.
            (Err(Error::Truncated(_)), _) if self.is_remote() && log.misses_mp4_index() => {
                return Err(Error::NotAVideo(NoVideoData::OtherOrTruncated));
            }
            (checked, _) => checked?,
        }
        if ended.signal().is_some() {
            // Nobody knows how much of the list is missing.
            return Err(self.ffmpeg_error(ended));
        }
        let text = String::from_utf8_lossy(listing);
        let (container, codec) = (log.container.as_deref(), log.codec.as_deref());
        let index = match (&self.state, &self.index) {
            // The timestamps of a concatenated recording can start again in the middle, which only a
            // list of all packets shows. Listing them does not decode anything.
            (State::Index(Part::Head), _) => self.listed.take().and_then(|mut listed| {
                let whole = listed.whole.take();
                let index = Index::from_head(&text, listed, container, codec, self.has_b_frames)?;
                self.whole = whole;
                Some(index)
            }),
            (State::Index(Part::Ends), _)
                if self.clock_span.is_none() && may_be_joined(container) =>
            {
                None
            }
            (State::Index(Part::Ends), _) => {
                let at = matches!(self.settings.wanted, Wanted::At(_));
                // With a variable frame rate only a list of all packets tells which frame is shown at
                // a given time. But a remote file is not downloaded whole just to spread frames evenly, and which
                // keyframe is nearest does not depend on a frame more or less.
                let any_rate = self.is_remote() && !at || self.settings.seek == Seek::Keyframe;
                let index =
                    Index::from_ends(&text, container, codec, self.has_b_frames, self.clock_span);
                index.filter(|index| any_rate || index.is_even())
            }
            (State::Delay, Some(index)) => Some(index.clone().with_delay(&text)),
            (State::Times, Some(index)) => {
                // In a program stream frames that share a PES packet can have one time as well.
                let joined = container == Some("mpegts");
                Some(index.clone().with_decoded_times(&text, joined))
            }
            (State::Count, Some(index)) => {
                let decoded = index.from_decoded(&text, log.last_complaint());
                let decoded = decoded.map_err(|_| no_frames(log))?;
                check_damage(index, &decoded, codec)?;
                if let Frames::Counted(count) = &decoded.frames {
                    self.ways.decoded(Some(count.len()));
                }
                Some(decoded)
            }
            _ => match Index::from_packets(&text, container, codec, self.has_b_frames) {
                Err(_) if !status.success() => return Err(self.ffmpeg_error(ended)),
                Err(_) if matches!(self.state, State::Index(Part::All)) => {
                    // ffmpeg copies nothing before the first keyframe.
                    self.state = State::Index(Part::Unmarked);
                    return Ok(());
                }
                index => Some(index?),
            },
        };
        let counted = matches!(&index, Some(i) if matches!(i.frames, Frames::Counted(_)));
        let matroska = container.is_some_and(|names| names.contains("matroska"));
        if counted && matroska && self.probe == Probe::Usual {
            // Matroska stores presentation times only. ffmpeg works out the decoding times from the
            // reordering depth, which it learns from the frames that it reads while probing.
            self.probe = Probe::Far;
            return Ok(());
        }
        let Some(index) = index else {
            // The packets at both ends did not tell enough: list all of them.
            self.state = State::Index(Part::All);
            return Ok(());
        };
        // Where the decoder cannot be told to assume BT.709, have its frames converted so.
        if log.untagged_is_high && !index.untagged_is_high && self.colours.matrix.is_none() {
            self.colours.matrix = Some(Matrix::High);
        }
        self.take(index, container);
        Ok(())
    }

    /// Takes an index, and decides what to do next.
    fn take(&mut self, mut index: Index, container: Option<&str>) {
        // Where only the delay tells times, frames are told apart by their number.
        if self.drifts && index.delay.is_none() {
            index.seek_by = SeekBy::Nothing;
        }
        let is = |name| container.is_some_and(|names| names.contains(name));
        // Of an MP4 with several edits ffmpeg lists packets, and not the frames that are shown of them. Of a Matroska file
        // that begins with frames that cannot be decoded, it makes up times. In joined recordings the rate may change where
        // the clock starts again, which its list of packets does not show.
        let at = matches!(self.settings.wanted, Wanted::At(_));
        let has_other_times = matches!(index.frames, Frames::Counted(_))
            && match self.state {
                State::Times => false,
                State::Count => is("matroska"),
                _ => is("mp4") && !self.has_b_frames || at && may_restart(container),
            };
        self.state = if index.delay.is_some() && !matches!(self.state, State::Delay) {
            State::Delay
        } else if has_other_times {
            State::Times
        } else {
            State::Decode(plan(&index, &self.settings.wanted, self.settings.seek))
        };
        self.index = Some(index);
        self.make_excerpt();
    }

    /// Makes an excerpt of the index if that is worth it.
    pub(super) fn make_excerpt(&mut self) {
        let (whole, index) = (self.whole.take(), self.index.as_ref());
        if let (Some(whole), Some(index)) = (whole, index)
            && let (Frames::Listed(packets), State::Decode(plan)) = (&index.frames, &mut self.state)
            && matches!(&self.source, Source::File(path) if can_be_behind_an_excerpt(path))
        {
            self.excerpt = Excerpt::new(&whole, packets, index.tick, plan);
        }
    }

    /// Is another picture expected from the running ffmpeg?
    #[must_use]
    pub fn expects_more(&self) -> bool {
        let per_frame = self.per_frame.as_ref();
        self.next_target().is_some() && !per_frame.is_some_and(|per_frame| per_frame.done)
    }

    /// The next wanted frame, with the number of its segment; `None` if all have been accepted.
    pub(super) fn next_target(&self) -> Option<(usize, &Target)> {
        match &self.state {
            State::Decode(plan) => plan.targets().nth(self.delivered),
            _ => None,
        }
    }

    /// When frame number `number` is shown, in seconds, where the frames are counted.
    fn counted_seconds(&self, number: f64) -> Option<f64> {
        let index = self.index.as_ref()?;
        let Frames::Counted(counted) = &index.frames else {
            return None;
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A count of frames.
        let frame = counted.get(number.round() as usize)?;
        Some(frame.seconds)
    }

    /// Is a target a keyframe by its number, where the frames are counted, and wanted for that?
    fn passes_for_key(&self, target: &Target) -> bool {
        let frames = self.index.as_ref().map(|index| &index.frames);
        let Some(Frames::Counted(counted)) = frames else {
            return false;
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A count of frames.
        let number = target.expected.map(|(number, _)| number.round() as usize);
        let frame = number.and_then(|number| counted.get(number));
        self.settings.seek == Seek::Keyframe && frame.is_some_and(|frame| frame.key)
    }

    /// Takes in the next picture with its frame info. Returns the wanted frame if the picture is right.
    /// `None` means that it is another frame (a seek has missed its target) or has to be converted in
    /// another way: end this ffmpeg and call [`Extraction::finish`].
    pub fn accept(&mut self, mut picture: Picture, info: &FrameInfo) -> Option<Frame> {
        let State::Decode(plan) = &self.state else {
            return None;
        };
        let (segment, target) = plan.targets().nth(self.delivered)?;
        let expected_segment = if self.per_frame.is_some() { 0 } else { segment };
        let (target, start) = (target.clone(), plan.start);
        let keyframes_alone = self.excerpt.is_some() && plan.keyframes_only;
        let sought = plan.segments.get(segment).is_some_and(|s| s.seek.is_some());
        if !self.is_converted_correctly(&picture, info) || info.segment != expected_segment {
            return None;
        }
        // ffmpeg hands out the palette of a MOV once, with its first packet. After a seek no pixel has a colour.
        if sought && info.pixel_format == "pal8" && picture.is_transparent() {
            return None;
        }
        // Where keyframes alone are listed, a predicted picture was predicted from a wrong one.
        let is_intra = info.key || info.picture_type == 'I';
        if keyframes_alone && !is_intra {
            return None;
        }
        if !info.key && self.passes_for_key(&target) {
            // The packets before it are not one frame each.
            if let Some(index) = &mut self.index {
                index.forget_counted_keys();
            }
            return None;
        }
        if let Some((expected, tolerance)) = target.expected
            && info
                .time
                .is_none_or(|time| (time - expected).abs() > tolerance)
        {
            return None;
        }
        // Where the keyframes are not listed, each seek has to land on a later one. The same keyframe
        // again can mean that seeking did not work.
        let any_time = matches!(target.pick, Pick::Number(_));
        if any_time && sought && info.time <= self.last_time {
            return None;
        }
        self.last_time = info.time;
        picture.drop_idle_alpha();
        // Prefer the time from the index, which is not rounded.
        let listed = target.packet.and(target.expected).map(|(time, _)| time);
        let frame = Frame {
            positions: target.positions,
            timestamp_seconds: listed.or(info.time).map_or(0.0, |time| {
                let counted = || self.counted_seconds(time);
                let seconds = target.shown.or_else(counted).unwrap_or(time - start);
                (seconds.max(0.0) * 1e9).round() / 1e9
            }),
            aspect: info.aspect,
            first_field: info.first_field,
            light: info.light,
            picture,
        };
        self.lost_colours |= !info.usual_matrix && self.colours.matrix == Some(Matrix::Standard);
        self.delivered += 1;
        if let Some(per_frame) = &mut self.per_frame {
            per_frame.next();
            self.colours.alpha = None;
        }
        let last = frame.positions.iter().max();
        self.positions = last.map_or(0, |last| last + 1).max(self.positions);
        Some(frame)
    }
}
