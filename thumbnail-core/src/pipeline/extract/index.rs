//! What is known of a video before anything is decoded: when its frames are shown, and which of
//! them decoding can start from.
//!
//! Three ways lead to it, the cheapest first: an MP4's own sample table ([`super::mp4`], no ffmpeg at
//! all), the list of a stream's packets, and, for what is long or far away, the packets at both
//! its ends.

use crate::error::{Error, Result};
pub use crate::ffmpeg::packet_list::Packet;
use crate::ffmpeg::packet_list::read_listing;
use crate::pipeline::extract::clock::{self, Counted};
use crate::pipeline::extract::{gop, rate};

/// Where ffmpeg's `-ss` lands, which depends on the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeekBy {
    /// On the last keyframe shown at or before the time.
    Shown,
    /// The same, but if frames are reordered ffmpeg aims `REORDER_SECONDS` before the time.
    ShownEarly,
    /// On the last frame decoded at or before the time, and likewise early.
    DecodedEarly,
}

/// What ffmpeg subtracts from a seek time, in seconds, where it cannot tell when frames are shown
/// (`fftools/ffmpeg_opt.c`, `ffmpeg_demux.c`: three frames at 23 frames a second).
pub const REORDER_SECONDS: f64 = 3.0 / 23.0;

/// Which frames there are.
#[derive(Debug, Clone, PartialEq)]
pub enum Frames {
    /// Every frame, in the order of decoding.
    Listed(Vec<Packet>),
    /// So many, on a clock that is not known or does not run on; in the order of decoding.
    Counted(Vec<Counted>),
    /// Only the two ends are known.
    Ends(Ends),
}

/// Both ends of a stream. Between them, frames are supposed to stand at even distances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ends {
    /// When the first frame is shown, in seconds on the stream's own clock.
    pub first: f64,
    /// When the last one is shown, likewise.
    pub last: f64,
    /// From one frame to the next, in seconds.
    pub gap: f64,
    /// From one keyframe to the next, in seconds, at most: as far as it is known.
    pub gop: f64,
    /// Is that distance the same at both ends?
    pub even: bool,
    /// How far before the time that it is given ffmpeg aims when it seeks, in seconds.
    pub early: f64,
}

/// What is known of a video before anything is decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// Seconds in one tick.
    pub tick: f64,
    /// Which frames there are.
    pub frames: Frames,
    /// Where seeking lands.
    pub seek_by: SeekBy,
    /// The frames that are stored behind the first keyframe and shown before it. Hardly any decoder gives
    /// them, as most refer to frames that were cut off.
    pub leading: Vec<Packet>,
    /// Is the picture as large as high definition, and does the container not tell its colours? The
    /// stream itself may.
    pub untagged_is_high: bool,
}

fn seek_by(container: Option<&str>) -> SeekBy {
    match container.unwrap_or_default() {
        names if names.contains("mp4") => SeekBy::Shown,
        names if names.contains("matroska") => SeekBy::ShownEarly,
        _ => SeekBy::DecodedEarly,
    }
}

impl Index {
    /// From a listing of all packets (`ffmpeg::command::list_packets`).
    ///
    /// # Errors
    /// [`Error::NoFrames`] if it lists none.
    pub fn from_packets(
        listing: &str,
        container: Option<&str>,
        codec: Option<&str>,
    ) -> Result<Self> {
        let listing = read_listing(listing, 0);
        let tick = listing.tick.unwrap_or(1.0);
        let leaves_out_times = match codec {
            Some("mpeg1video" | "mpeg2video") => true,
            Some("mpeg4") => listing.smallest >= Some(gop::LEAST_FRAME_BYTES),
            _ => false,
        };
        let mut all = listing.packets;
        if all.is_empty() {
            return Err(Error::NoFrames("the stream is empty".into()));
        }
        if leaves_out_times {
            gop::complete(&mut all);
        }
        // The times of leading frames may be guesses of ffmpeg: they say nothing of the clock.
        let (leading, packets) = gop::split_leading(all.clone());
        let timed = listing.tick.is_some() && all.iter().all(Packet::is_timed);
        let (frames, leading) = if timed && clock::runs_on(&packets, tick, container) {
            (Frames::Listed(packets), leading)
        } else {
            (Frames::Counted(clock::count(&all, tick)), Vec::new())
        };
        Ok(Self {
            tick,
            frames,
            seek_by: seek_by(container),
            leading,
            untagged_is_high: false,
        })
    }

    /// From a listing of both ends (`ffmpeg::command::list_head_and_tail`); `None` if it
    /// does not say enough.
    #[must_use]
    pub fn from_ends(listing: &str, container: Option<&str>) -> Option<Self> {
        let (head, tail) = (read_listing(listing, 0), read_listing(listing, 1));
        let tick = head
            .tick
            .filter(|_| head.timed && tail.timed && head.tick == tail.tick)?;
        let (first, _, head_gap) = rate::ends(&head, tick)?;
        let (_, last, gap) = rate::ends(&tail, tick)?;
        let seek_by = seek_by(container);
        Some(Self {
            tick,
            frames: Frames::Ends(Ends {
                first,
                last,
                gap,
                gop: gop::longest(&tail.packets, tick).max(gop::longest(&head.packets, tick)),
                // Reordering at the cut end of the head leaves holes: its distance is a rough one.
                even: (head_gap / gap - 1.0).abs() < 0.2,
                early: match seek_by {
                    SeekBy::Shown => 0.0,
                    _ if head.packets.iter().all(|p| p.pts == p.dts) => 0.0,
                    _ => REORDER_SECONDS,
                },
            }),
            seek_by,
            leading: Vec::new(),
            untagged_is_high: false,
        })
    }

    /// The same without the frames that are shown before the first keyframe, which are kept beside.
    #[must_use]
    pub fn without_leading(mut self) -> Self {
        if let Frames::Listed(packets) = &mut self.frames {
            let (leading, others) = gop::split_leading(std::mem::take(packets));
            (self.leading, *packets) = (leading, others);
        }
        self
    }

    /// Takes the leading frames for frames like others after all: this decoder gives them. `false` if there
    /// are none.
    pub fn with_leading(&mut self) -> bool {
        let Frames::Listed(packets) = &mut self.frames else {
            return false;
        };
        let leading = std::mem::take(&mut self.leading);
        if leading.is_empty() {
            return false;
        }
        packets.extend(&leading);
        packets.sort_by_key(|p| p.dts);
        // A long step was looked for before.
        if !clock::runs_on(packets, self.tick, Some("matroska")) {
            self.frames = Frames::Counted(clock::count(packets, self.tick));
        }
        true
    }

    /// Are there frames that are stored behind a keyframe and shown before it? Decoders that are to give
    /// keyframes only then give some of them late.
    #[must_use]
    pub fn has_open_gops(&self) -> bool {
        matches!(&self.frames, Frames::Listed(packets) if gop::has_open_gops(packets))
    }

    /// Are only both ends known?
    #[must_use]
    pub fn is_known_by_ends(&self) -> bool {
        matches!(self.frames, Frames::Ends(_))
    }

    /// From one keyframe to the next, in seconds, at most; as far as it is known.
    #[must_use]
    pub fn gop(&self) -> f64 {
        match &self.frames {
            Frames::Listed(packets) => gop::longest(packets, self.tick),
            Frames::Ends(ends) => ends.gop,
            Frames::Counted(_) => 0.0,
        }
    }

    /// Do the frames stand at even distances, as far as is known?
    #[must_use]
    pub fn is_even(&self) -> bool {
        !matches!(self.frames, Frames::Ends(Ends { even: false, .. }))
    }

    /// From a listing of decoded frames (`ffmpeg::command::list_frames`).
    ///
    /// # Errors
    /// [`Error::NoFrames`] with `complaint` if it lists none.
    pub fn from_decoded(&self, listing: &str, complaint: &str) -> Result<Self> {
        let decoded = read_listing(listing, 0).packets.len();
        if decoded == 0 {
            return Err(Error::NoFrames(complaint.into()));
        }
        let mut counted = match &self.frames {
            Frames::Listed(packets) => clock::count(packets, self.tick),
            Frames::Counted(counted) => counted.clone(),
            Frames::Ends(ends) => vec![Counted::at(0.0), Counted::at(ends.gap)],
        };
        // Frames are missing or more than were listed: their times are the best that is known.
        let last = counted.last().map_or(0.0, |frame| frame.seconds);
        #[allow(clippy::cast_precision_loss)] // A count of frames.
        let gap = last / (counted.len().max(2) - 1) as f64;
        counted.truncate(decoded);
        while counted.len() < decoded {
            let last = counted.last().map_or(0.0, |frame| frame.seconds);
            counted.push(Counted::at(last + gap));
        }
        Ok(Self {
            tick: self.tick,
            frames: Frames::Counted(counted),
            seek_by: self.seek_by,
            leading: Vec::new(),
            untagged_is_high: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "#software: Lavf59.27.100
#tb 0: 1/1000
#dimensions 0: 640x360
#tb 1: 1/1000
0,          7,          7,       33,    13190, 0x5ef2e792
0,         40,         74,       33,     4580, 0x2243e3b9, F=0x0
0,         74,         40,       33,     1176, 0x0ec24b61, F=0x0, S=1, 10
0,         99,         99,       33,     1176, 0x0ec24b61, F=0x5
1,       9951,       9951,       33,      772, 0xcf8a8034, F=0x0
1,       9984,       9984,       33,      772, 0xcf8a8034, F=0x0
";

    #[test]
    fn every_packet_is_listed_but_those_to_be_discarded() {
        let index = Index::from_packets(LISTING, Some("matroska,webm"), None).unwrap();
        let packet = |dts, pts, key| Packet { pts, dts, key };
        let expected = vec![
            packet(7, 7, true),
            packet(40, 74, false),
            packet(74, 40, false),
        ];
        assert_eq!(index.frames, Frames::Listed(expected));
        assert_eq!((index.tick, index.seek_by), (0.001, SeekBy::ShownEarly));
    }

    #[test]
    fn both_ends_give_the_frame_rate_and_the_last_frame() {
        let index = Index::from_ends(LISTING, None).unwrap();
        let Frames::Ends(ends) = index.frames else {
            panic!("{index:?}");
        };
        assert_eq!((ends.first, ends.last, ends.even), (0.007, 9.984, true));
        assert!((ends.gap - 0.033).abs() < 0.001);
    }

    #[test]
    fn a_usual_rate_is_recognised_behind_rounded_times() {
        for gap in [1.001 / 30.0, 1.001 / 24.0, 1.0 / 30.0, 0.04, 0.08] {
            let times = (0..300).map(|n| (f64::from(n) * gap * 1000.0).round());
            let line = |t| format!("0, {t}, {t}, 33, 9, 0x1\n1, {t}, {t}, 33, 9, 0x1\n");
            let lines: String = times.map(line).collect();
            let listing = format!("#tb 0: 1/1000\n#tb 1: 1/1000\n{lines}");
            let index = Index::from_ends(&listing, Some("matroska,webm")).unwrap();
            let Frames::Ends(ends) = index.frames else {
                panic!("{index:?}");
            };
            assert!((ends.gap - gap).abs() < 1e-12, "{gap}: {ends:?}");
        }
    }

    #[test]
    fn frames_without_times_are_still_counted() {
        let listing = "#tb 0: 1/25\n0, -9223372036854775808, -9223372036854775808, 1, 5, 0x1\n";
        let index = Index::from_packets(listing, None, None).unwrap();
        assert!(matches!(index.frames, Frames::Counted(frames) if frames.len() == 1));
    }

    #[test]
    fn times_that_avi_leaves_out_of_mpeg4_are_worked_out_unless_frames_may_share_a_packet() {
        let listing = |smallest: usize| {
            let no = i64::MIN;
            format!(
                "#tb 0: 1/25\n0, 0, {no}, 1, 900, 0x1\n0, 1, {no}, 1, 90, 0x1, F=0x0\n\
                0, 2, 2, 1, {smallest}, 0x1, F=0x0\n0, 3, {no}, 1, 90, 0x1, F=0x0\n"
            )
        };
        let read = |text: &str| Index::from_packets(text, Some("avi"), Some("mpeg4")).unwrap();
        let Frames::Listed(packets) = read(&listing(40)).frames else {
            panic!("not listed");
        };
        let shown: Vec<_> = packets.iter().map(|p| p.pts).collect();
        assert_eq!(shown, [1, 3, 2, 4]);
        assert!(matches!(read(&listing(7)).frames, Frames::Counted(_)));
    }

    #[test]
    fn an_empty_stream_is_an_error() {
        assert!(matches!(
            Index::from_packets("#tb 0: 1/25\n", None, None),
            Err(Error::NoFrames(_))
        ));
    }
}
