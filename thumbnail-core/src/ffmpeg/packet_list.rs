//! Parses the list of packets that ffmpeg's muxer `framecrc` writes.

use crate::error::{Error, Result};
use crate::settings::MAX_LISTING_BYTES;

/// One packet of the video stream. It usually holds one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// The presentation time, in ticks.
    pub pts: i64,
    /// The decoding time, in ticks. Packets are stored in this order.
    pub dts: i64,
    /// Is it a keyframe, from which decoding can start?
    pub key: bool,
    /// In bytes. 0 where it does not matter: where a seek always leads to the beginning of a packet.
    pub size: u32,
}

impl Packet {
    /// An unknown timestamp (ffmpeg's `AV_NOPTS_VALUE`).
    pub const NO_TIME: i64 = i64::MIN;

    /// Are both timestamps known?
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.pts != Self::NO_TIME && self.dts != Self::NO_TIME
    }
}

/// Collects the text of a listing while it arrives through a pipe.
#[derive(Debug, Default)]
pub struct PacketList(Vec<u8>);

impl PacketList {
    /// Appends the bytes that were read.
    ///
    /// # Errors
    /// [`Error::TooManyFrames`] if the listing gets longer than [`MAX_LISTING_BYTES`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.extend_from_slice(bytes);
        if self.0.len() as u64 <= MAX_LISTING_BYTES {
            return Ok(());
        }
        let lines = self.0.iter().filter(|byte| **byte == b'\n');
        Err(Error::TooManyFrames(lines.count()))
    }

    /// Returns the whole listing, once the pipe is at its end.
    #[must_use]
    pub fn end(self) -> Vec<u8> {
        self.0
    }
}

/// Has a listing a line for a packet of the video stream?
#[must_use]
pub fn has_a_packet(listing: &[u8]) -> bool {
    let mut lines = listing.split(|byte| *byte == b'\n');
    lines.any(|line| line.starts_with(b"0,"))
}

/// ffmpeg's `AV_PKT_FLAG_KEY`, `AV_PKT_FLAG_CORRUPT` and `AV_PKT_FLAG_DISCARD`.
const FLAG_KEY: u32 = 1;
const FLAG_CORRUPT: u32 = 2;
const FLAG_DISCARD: u32 = 4;

/// One stream of a listing.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The stream's time base: the seconds in one tick.
    pub(crate) tick: Option<f64>,
    /// In decoding order.
    pub(crate) packets: Vec<Packet>,
    /// Are the timestamps of all packets known?
    pub(crate) timed: bool,
    /// The width and height of the pictures, in pixels.
    pub(crate) dimensions: Option<(u32, u32)>,
    /// The size of the smallest packet, in bytes.
    pub(crate) smallest: Option<i64>,
}

/// Parses the lines of stream `number` in a listing: first its time base, `#tb 0: 1/1000`, and its size, `#dimensions 0:
/// 640x360`, then a line for each
/// packet, `0, dts, pts, duration, size, checksum[, F=flags][, …]`. A line without flags is a keyframe.
pub(crate) fn read_listing(text: &str, number: usize) -> Listing {
    let mut listing = Listing {
        timed: true,
        ..Listing::default()
    };
    let (tick, prefix) = (format!("#tb {number}: "), format!("{number},"));
    let dimensions = format!("#dimensions {number}: ");
    for line in text.lines() {
        if let Some(fraction) = line.strip_prefix(&tick) {
            listing.tick = time_base(fraction);
        }
        if let Some(size) = line.strip_prefix(&dimensions) {
            let size = size.split_once('x');
            listing.dimensions = size.and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        }
        let Some(fields) = line.strip_prefix(&prefix) else {
            continue;
        };
        let fields: Vec<_> = fields.split(',').map(str::trim).collect();
        let integer = |field: usize| fields.get(field).and_then(|f| f.parse::<i64>().ok());
        let (Some(dts), Some(pts)) = (integer(0), integer(1)) else {
            continue;
        };
        let flags = fields.iter().find_map(|f| f.strip_prefix("F=0x"));
        let flags = flags.map_or(FLAG_KEY, |f| u32::from_str_radix(f, 16).unwrap_or(0));
        if flags & FLAG_DISCARD != 0 {
            continue;
        }
        // What is missing of a corrupt packet is concealed by the frames before it, so decoding does not start there.
        let key = flags & (FLAG_KEY | FLAG_CORRUPT) == FLAG_KEY;
        let size = integer(3);
        listing.smallest = listing.smallest.into_iter().chain(size).min();
        // Where a recorder dropped a frame, an AVI has an empty packet: ffmpeg does not give it to the decoder.
        if size == Some(0) {
            continue;
        }
        let packet = Packet {
            pts,
            dts,
            key,
            size: size.and_then(|s| s.try_into().ok()).unwrap_or(0),
        };
        listing.timed &= packet.is_timed();
        listing.packets.push(packet);
    }
    listing
}

/// Parses a time base such as `1/15360`: the seconds in one tick. Both numbers are limited to 32 bits, as in
/// ffmpeg, so that no timestamp becomes infinite as a floating-point number.
pub(crate) fn time_base(fraction: &str) -> Option<f64> {
    let (num, den) = fraction.split_once('/')?;
    let (num, den): (i32, i32) = (num.parse().ok()?, den.parse().ok()?);
    (num > 0 && den > 0).then(|| f64::from(num) / f64::from(den))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_base_is_a_positive_finite_fraction() {
        assert_eq!(time_base("1001/30000"), Some(1001.0 / 30000.0));
        for odd in [
            "",
            "1",
            "1/0",
            "0/1",
            "-1/25",
            "1e308/1000",
            "1/4294967296",
            "NaN/1",
        ] {
            assert_eq!(time_base(odd), None, "{odd}");
        }
    }
}
