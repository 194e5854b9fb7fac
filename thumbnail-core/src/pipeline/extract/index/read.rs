//! Reads the index from ffmpeg's listings: what can be trusted in them depends on the container and the codec.

use super::{Frames, Index, Listed, Packet, SeekBy};
use crate::error::{Error, Result};
use crate::ffmpeg::allowlist::BARE_STREAMS;
use crate::ffmpeg::frame_info::passes_for_high_definition;
use crate::ffmpeg::packet_list::{Listing, read_listing};
use crate::pipeline::extract::clock::{self, Counted};
use crate::pipeline::extract::gop;

/// A codec whose decoder calls the first picture after a seek intra-coded, whatever it is. So nothing shows that a
/// packet is wrongly marked as a keyframe.
pub(super) const UNCHECKED: &str = "snow";

/// Are these presentation times perhaps decoding times? ffmpeg's MXF files of H.264 state only those, as do MP4s for which
/// it copied an elementary stream, and its demuxer gives both out as the same, so that the times of B-frames are wrong.
pub(super) fn passes_off_decoding_times(
    packets: &[Packet],
    container: Option<&str>,
    codec: Option<&str>,
    has_b_frames: bool,
) -> bool {
    (has_b_frames || container == Some("mxf") && codec == Some("h264"))
        && packets.iter().all(|p| p.pts == p.dts)
        && packets.iter().any(|p| !p.key)
}

/// A bare stream states no times. ffmpeg makes them up, and from version 7 on it starts at 0 again after a seek.
pub(super) fn states_times(container: Option<&str>) -> bool {
    !BARE_STREAMS.contains(&container.unwrap_or_default())
}

/// Are presentation times of this codec perhaps left out, and can they be filled in ([`gop::fill_in_pts`])?
pub(super) fn leaves_out_times(codec: Option<&str>, listing: &Listing) -> bool {
    match codec {
        Some("mpeg1video" | "mpeg2video") => true,
        Some("mpeg4") => listing.smallest >= Some(gop::LEAST_FRAME_BYTES),
        _ => false,
    }
}

/// For all containers but program streams: only there can a seek lead to the middle of a frame.
fn forget_sizes(packets: &mut [Packet]) {
    for packet in packets {
        packet.size = 0;
    }
}

/// Where a container states decoding times only, ffmpeg's muxers take those for presentation times as well, of all frames
/// or of none: it depends on whether the codec's parameters announce B-frames (`libavformat/mux.c`).
fn take_decoding_times(packets: &mut [Packet]) {
    for packet in packets {
        packet.pts = packet.dts;
    }
}

pub(super) fn seek_by(container: Option<&str>) -> SeekBy {
    match container.unwrap_or_default() {
        names if names.contains("mp4") => SeekBy::Pts,
        names if names.contains("matroska") => SeekBy::PtsEarly,
        _ => SeekBy::DtsEarly,
    }
}

/// Does the picture have the size of high definition, and can only the codec's own headers state a colour space?
/// In Matroska the container can, too.
pub(super) fn untagged_is_high(
    listing: &Listing,
    container: Option<&str>,
    codec: Option<&str>,
) -> bool {
    matches!(container, Some("mpegts" | "mpeg" | "flv" | "avi"))
        && matches!(codec, Some("h264" | "mpeg2video" | "mpeg4"))
        && (listing.dimensions)
            .is_some_and(|(width, height)| passes_for_high_definition(width, height))
}

impl Index {
    /// Reads a listing of all packets (`ffmpeg::command::list_packets`). `has_b_frames`: frames are known to be stored in
    /// another order than they are shown in.
    ///
    /// # Errors
    /// [`Error::EmptyStream`] if it lists none.
    pub fn from_packets(
        listing: &str,
        container: Option<&str>,
        codec: Option<&str>,
        has_b_frames: bool,
    ) -> Result<Self> {
        Self::from_listing(read_listing(listing, 0), container, codec, has_b_frames)
    }

    /// Takes what this program has `listed`, if that is what ffmpeg lists of the first second (`ffmpeg::command::list_head`),
    /// and if one clock runs through all of it. `has_b_frames` as in [`Index::from_packets`].
    #[must_use]
    pub fn from_head(
        listing: &str,
        listed: Listed,
        container: Option<&str>,
        codec: Option<&str>,
        has_b_frames: bool,
    ) -> Option<Self> {
        let mut head = read_listing(listing, 0);
        forget_sizes(&mut head.packets);
        let mut packets = listed.packets;
        let is_told = |packet: &Packet| packet.pts != Packet::NO_TIME;
        if head.timed && !packets.iter().any(is_told) {
            take_decoding_times(&mut packets);
        }
        let same = !head.packets.is_empty() && packets.starts_with(&head.packets);
        if !same
            || codec != Some(listed.codec)
            || head.tick != Some(listed.tick)
            || container != Some(listed.container)
        {
            return None;
        }
        let listing = Listing { packets, ..head };
        let index = Self::from_listing(listing, container, codec, has_b_frames).ok();
        index.filter(|index| matches!(index.frames, Frames::Listed(_)))
    }

    fn from_listing(
        listing: Listing,
        container: Option<&str>,
        codec: Option<&str>,
        has_b_frames: bool,
    ) -> Result<Self> {
        let tick = listing.tick.unwrap_or(1.0);
        let untagged_is_high = untagged_is_high(&listing, container, codec);
        let leaves_out_times = leaves_out_times(codec, &listing);
        let mut all = listing.packets;
        if all.is_empty() {
            return Err(Error::EmptyStream);
        }
        let has_decoding_time = |p: &Packet| p.dts != Packet::NO_TIME && p.pts == Packet::NO_TIME;
        let decoding_times_only =
            container == Some("avi") && codec == Some("h264") && all.iter().all(has_decoding_time);
        if container != Some("mpeg") {
            forget_sizes(&mut all);
        }
        if decoding_times_only {
            take_decoding_times(&mut all);
        }
        for packet in &mut all {
            packet.key &= codec != Some(UNCHECKED);
        }
        if leaves_out_times {
            gop::fill_in_pts(&mut all);
        }
        // ffmpeg may have guessed the timestamps of leading frames, so only the others are checked.
        let (leading, packets) = gop::split_leading(all.clone());
        let timed = listing.tick.is_some()
            && states_times(container)
            && all.iter().all(Packet::is_timed)
            && !passes_off_decoding_times(&all, container, codec, has_b_frames);
        let (frames, leading) = if timed && clock::is_continuous(&packets, tick, container) {
            (Frames::Listed(packets), leading)
        } else {
            (Frames::Counted(clock::count(&all, tick)), Vec::new())
        };
        let delayed = decoding_times_only && matches!(frames, Frames::Listed(_));
        Ok(Self {
            tick,
            frames,
            seek_by: seek_by(container),
            leading,
            untagged_is_high,
            delay: delayed.then_some(0),
        })
    }

    /// Works out the decoder's delay from a listing of the first decoded frame (`ffmpeg::command::list_first_frame`):
    /// ffmpeg gives a frame without a time of its own the decoding time of the packet that the decoder got last.
    #[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
    #[must_use]
    pub fn with_delay(mut self, listing: &str) -> Self {
        let decoded = read_listing(listing, 0);
        let first = decoded.packets.first().filter(|frame| frame.is_timed());
        match (&self.frames, first.zip(decoded.tick)) {
            (Frames::Listed(packets), Some((frame, tick))) => {
                let time = frame.pts as f64 * tick;
                let earlier = |packet: &Packet| (packet.dts as f64 + 0.5) * self.tick < time;
                self.delay = Some(packets.partition_point(earlier));
            }
            _ => {
                self.count_from_the_first();
            }
        }
        self
    }

    /// Takes the times of decoded frames (`ffmpeg::command::list_times`) for those of the counted ones, if there are as
    /// many and they are in order. `joined`: of frames with one time, the second begins a recording that overlaps the one
    /// before; it is shown behind that.
    #[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
    #[must_use]
    pub fn with_decoded_times(mut self, listing: &str, joined: bool) -> Self {
        let decoded = read_listing(listing, 0);
        let later = (0..).zip(&decoded.packets);
        let times: Vec<_> = later
            .map(|(n, frame)| frame.pts.saturating_sub(n))
            .collect();
        let pairs = times.windows(2);
        let steps: Vec<_> = pairs.map(|pair| pair[1].saturating_sub(pair[0])).collect();
        if let (Frames::Counted(counted), Some(tick)) = (&mut self.frames, decoded.tick)
            && decoded.timed
            && counted.len() == times.len()
            && steps.iter().all(|step| *step >= 0)
        {
            let usual = if joined { gop::median(&steps) } else { 0 };
            let mut time = 0_i64;
            for (frame, step) in counted.iter_mut().zip(steps.into_iter().chain([0])) {
                frame.seconds = time as f64 * tick;
                time = time.saturating_add(if step == 0 { usual } else { step });
            }
            self.tick = tick;
        }
        self
    }

    /// Makes the index of a listing of decoded frames (`ffmpeg::command::list_frames`). Their times are
    /// taken from this index.
    ///
    /// # Errors
    /// [`Error::NoFrames`] with `complaint` if nothing was decoded.
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
        // Fewer or more frames can have been decoded than packets were listed. Keep the known times, and
        // continue them at the mean frame rate.
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
            untagged_is_high: self.untagged_is_high,
            delay: None,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A list of two streams: the packets at both ends of a stream.
    pub(in crate::pipeline::extract::index) const LISTING: &str = "#software: Lavf59.27.100
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
    fn every_packet_without_the_discard_flag_is_listed() {
        let index = Index::from_packets(LISTING, Some("matroska,webm"), None, false).unwrap();
        let packet = |dts, pts, key| Packet {
            pts,
            dts,
            key,
            size: 0,
        };
        let expected = vec![
            packet(7, 7, true),
            packet(40, 74, false),
            packet(74, 40, false),
        ];
        assert_eq!(index.frames, Frames::Listed(expected));
        assert_eq!((index.tick, index.seek_by), (0.001, SeekBy::PtsEarly));
    }

    #[test]
    fn frames_without_timestamps_are_counted() {
        let listing = "#tb 0: 1/25\n0, -9223372036854775808, -9223372036854775808, 1, 5, 0x1\n";
        let index = Index::from_packets(listing, None, None, false).unwrap();
        assert!(matches!(index.frames, Frames::Counted(frames) if frames.len() == 1));
    }

    #[test]
    fn presentation_times_that_avi_leaves_out_are_filled_in_unless_frames_may_share_a_packet() {
        let listing = |smallest: usize| {
            let no = i64::MIN;
            format!(
                "#tb 0: 1/25\n0, 0, {no}, 1, 900, 0x1\n0, 1, {no}, 1, 90, 0x1, F=0x0\n\
                0, 2, 2, 1, {smallest}, 0x1, F=0x0\n0, 3, {no}, 1, 90, 0x1, F=0x0\n"
            )
        };
        let read =
            |text: &str| Index::from_packets(text, Some("avi"), Some("mpeg4"), false).unwrap();
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
            Index::from_packets("#tb 0: 1/25\n", None, None, false),
            Err(Error::EmptyStream)
        ));
    }
}
