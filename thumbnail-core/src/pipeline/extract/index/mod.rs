//! The index of a video: the presentation times of its frames, and which of them are keyframes. It is known
//! before anything is decoded.
//!
//! It is read from the first of these that will do: the sample table of an MP4 ([`super::mp4`]) or a list of all packets
//! ([`super::without_ffmpeg`]), both without ffmpeg; for a large or remote file, ffmpeg's list of the packets at both
//! ends of the stream; or its list of all packets.

mod ends;
mod read;

pub use crate::ffmpeg::packet_list::Packet;
use crate::pipeline::extract::clock::{self, Counted};
use crate::pipeline::extract::gop;
pub use crate::pipeline::extract::listed::Listed;

/// On which keyframe ffmpeg's `-ss` lands, which depends on the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeekBy {
    /// The last keyframe whose presentation time (PTS) is not after the seek time.
    Pts,
    /// The same. But in a stream with B-frames, ffmpeg first subtracts `REORDER_SECONDS` from the time.
    PtsEarly,
    /// The last keyframe whose decoding time (DTS) is not after the seek time, which ffmpeg makes earlier
    /// in the same way.
    DtsEarly,
    /// None: after a seek, ffmpeg gives wrong times.
    Nothing,
}

/// What ffmpeg subtracts from a seek time, in seconds, if the stream has B-frames and the demuxer is not
/// marked as one that seeks by presentation time (`AVFMT_SEEK_TO_PTS`). It is three frames at 23 frames a
/// second (`fftools/ffmpeg_opt.c`, in newer versions `ffmpeg_demux.c`).
pub const REORDER_SECONDS: f64 = 3.0 / 23.0;

/// What is known about the frames of a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Frames {
    /// Every frame with its timestamps, in decoding order.
    Listed(Vec<Packet>),
    /// Every frame, but without usable timestamps: they are missing or not continuous. The frames are
    /// told apart by their number in decoding order.
    Counted(Vec<Counted>),
    /// Only the frames at both ends of the stream.
    Ends(Ends),
}

/// The beginning and the end of a stream. A constant frame rate is assumed in between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ends {
    /// When the first frame is shown, in seconds on the stream's own clock.
    pub first: f64,
    /// When the last frame is shown, in seconds on the stream's own clock.
    pub last: f64,
    /// The time from one frame to the next, in seconds.
    pub gap: f64,
    /// The longest known GOP, in seconds.
    pub gop: f64,
    /// The usual time from one keyframe to the next, in seconds; 0 if it is not known.
    pub spacing: f64,
    /// Is the frame rate constant at both ends and the same, and known well enough to tell the time of every frame?
    pub even: bool,
    /// What ffmpeg subtracts from a seek time, in seconds.
    pub early: f64,
    /// How long before a keyframe is shown a seek time leads to it, in seconds: where ffmpeg seeks by decoding time, how much
    /// earlier than shown it is decoded.
    pub delay: f64,
    /// How long before a wanted frame decoding has to begin, in seconds, because a seek leads to no keyframe; 0 if it leads
    /// to one.
    pub preroll: f64,
    /// The latest time for a seek, in seconds, if later ones cannot lead to a later keyframe either: in an FLV, a time
    /// that is not before that of the last packet leads nowhere.
    pub latest_seek: Option<f64>,
}

/// What is known of a video's frames before anything is decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// The stream's time base: the seconds in one tick of its clock.
    pub tick: f64,
    /// The frames of the stream.
    pub frames: Frames,
    /// On which keyframe a seek lands.
    pub seek_by: SeekBy,
    /// The leading frames of the first GOP: stored after the first keyframe and shown before it. Most
    /// decoders drop them, because they refer to frames before the stream's beginning.
    pub leading: Vec<Packet>,
    /// The picture has the size of high definition, and the container does not state a colour space (the
    /// codec's own headers may).
    pub untagged_is_high: bool,
    /// Set if the container states decoding times only: by how many packets the decoder delays frames. The `pts`
    /// of packet number `n` is then that of frame number `n`, in presentation order, as if there were no delay.
    pub delay: Option<usize>,
}

impl Index {
    /// Gives up the times that only [`Index::delay`] tells: the frames are counted from the first one. `false` if
    /// there are no such times.
    pub fn count_from_the_first(&mut self) -> bool {
        let delayed = self.delay.take().is_some();
        if let (true, Frames::Listed(packets)) = (delayed, &self.frames) {
            self.frames = Frames::Counted(clock::count(packets, self.tick));
        }
        delayed
    }

    /// Gives up the keyframes of counted frames: their numbers turned out to be others.
    pub fn forget_counted_keys(&mut self) {
        if let Frames::Counted(counted) = &mut self.frames {
            for frame in counted {
                frame.key = false;
            }
        }
    }

    /// Moves the leading frames of the first GOP from [`Index::frames`] to [`Index::leading`].
    #[must_use]
    pub fn without_leading(mut self) -> Self {
        if let Frames::Listed(packets) = &mut self.frames {
            let (leading, others) = gop::split_leading(std::mem::take(packets));
            (self.leading, *packets) = (leading, others);
        }
        self
    }

    /// Moves the leading frames back to [`Index::frames`], because this decoder outputs them after all.
    /// `false` if there are none.
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
        // Pass a container in which long gaps are allowed: `from_packets` has already looked for gaps.
        if !clock::is_continuous(packets, self.tick, Some("matroska")) {
            self.frames = Frames::Counted(clock::count(packets, self.tick));
        }
        true
    }

    /// Are there open GOPs: frames that are stored after a keyframe and shown before it? A decoder that
    /// skips all but keyframes then outputs some of those late.
    #[must_use]
    pub fn has_open_gops(&self) -> bool {
        matches!(&self.frames, Frames::Listed(packets) if gop::has_open_gops(packets))
    }

    /// Are only the packets at both ends known?
    #[must_use]
    pub fn is_known_by_ends(&self) -> bool {
        matches!(self.frames, Frames::Ends(_))
    }

    /// The longest known GOP, in seconds; 0 if none is known.
    #[must_use]
    pub fn gop(&self) -> f64 {
        match &self.frames {
            Frames::Listed(packets) => gop::longest(packets, self.tick),
            Frames::Ends(ends) => ends.gop,
            Frames::Counted(_) => 0.0,
        }
    }

    /// `false` if the frame rate is known to vary from the beginning to the end.
    #[must_use]
    pub fn is_even(&self) -> bool {
        !matches!(self.frames, Frames::Ends(Ends { even: false, .. }))
    }
}
