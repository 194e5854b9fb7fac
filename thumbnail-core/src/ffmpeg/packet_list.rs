//! ffmpeg's `framecrc` listing of packets, and the fractions that it writes for seconds.

use crate::error::{Error, Result};
use crate::settings::MAX_LISTING_BYTES;

/// One frame of the stream, as its container lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// When it is shown, in ticks.
    pub pts: i64,
    /// When it is decoded, in ticks; frames are stored in this order.
    pub dts: i64,
    /// Can decoding start here?
    pub key: bool,
}

impl Packet {
    /// A time that is not known (ffmpeg's `AV_NOPTS_VALUE`).
    pub const NO_TIME: i64 = i64::MIN;

    /// Are both its times known?
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.pts != Self::NO_TIME && self.dts != Self::NO_TIME
    }
}

/// A listing as it arrives.
#[derive(Debug, Default)]
pub struct PacketList(Vec<u8>);

impl PacketList {
    /// Takes in what comes next.
    ///
    /// # Errors
    /// [`Error::TooManyFrames`] if it is longer than [`MAX_LISTING_BYTES`]: its end is not known.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.extend_from_slice(bytes);
        if self.0.len() as u64 <= MAX_LISTING_BYTES {
            return Ok(());
        }
        let lines = self.0.iter().filter(|byte| **byte == b'\n');
        Err(Error::TooManyFrames(lines.count()))
    }

    /// All of it, once no more will come.
    #[must_use]
    pub fn end(self) -> Vec<u8> {
        self.0
    }
}

/// ffmpeg's `AV_PKT_FLAG_KEY` and `AV_PKT_FLAG_DISCARD`.
const FLAG_KEY: u32 = 1;
const FLAG_DISCARD: u32 = 4;

/// One stream of a listing.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Seconds in one tick.
    pub(crate) tick: Option<f64>,
    /// In the order of decoding.
    pub(crate) packets: Vec<Packet>,
    /// Has every packet its times?
    pub(crate) timed: bool,
    /// The size of the smallest packet, in bytes.
    pub(crate) smallest: Option<i64>,
}

/// Reads stream `number` of a listing: `#tb 0: 1/1000`, then a line a packet:
/// `0, dts, pts, duration, size, checksum[, F=flags][, …]`. A line without flags is a keyframe.
pub(crate) fn read_listing(text: &str, number: usize) -> Listing {
    let mut listing = Listing {
        timed: true,
        ..Listing::default()
    };
    let (tick, prefix) = (format!("#tb {number}: "), format!("{number},"));
    for line in text.lines() {
        if let Some(fraction) = line.strip_prefix(&tick) {
            listing.tick = time_base(fraction);
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
        let key = flags & FLAG_KEY != 0;
        let smallest = listing.smallest.into_iter().chain(integer(3)).min();
        listing.smallest = smallest;
        let packet = Packet { pts, dts, key };
        listing.timed &= packet.is_timed();
        listing.packets.push(packet);
    }
    listing
}

/// The seconds in one tick of a stream's clock, from `1/15360`. Like ffmpeg's own, the numbers have
/// 32 bits, so that no time that is counted in such ticks is infinite.
pub(crate) fn time_base(fraction: &str) -> Option<f64> {
    let (num, den) = fraction.split_once('/')?;
    let (num, den): (i32, i32) = (num.parse().ok()?, den.parse().ok()?);
    (num > 0 && den > 0).then(|| f64::from(num) / f64::from(den))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_a_sane_part_of_a_second() {
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
