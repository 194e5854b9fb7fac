//! Samples the clock of a long MPEG program stream (ISO/IEC 13818-1, 2.5), to tell whether one recording runs through it.
//!
//! A program stream has no index, and where recordings were joined to one its clock starts again. A list of all packets
//! shows that, but ffmpeg takes two seconds to list a gigabyte. The stream consists of packs of a few kilobytes, and
//! each begins with the clock's time, so a few kilobytes in many places show it, too.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use memchr::memmem;

use crate::cancel;
use crate::error::{Error, Result};

/// The first bytes of a pack, and so of a program stream.
pub(super) const PACK: &[u8] = &[0, 0, 1, 0xba];

/// Of streams up to this size, in bytes, all packets are listed.
const LIST_ALL_MAX_BYTES: u64 = 64 << 20;

/// How far apart the samples are, in bytes: a fifteenth of a second on a DVD.
const APART: usize = 64 << 10;

/// How many bytes are read for a sample. A pack has 2 kB on a disc, and so it has from ffmpeg.
const SAMPLE_BYTES: u64 = 8 << 10;

/// The longest step of the clock from one sample to the next, in seconds.
const LONGEST_STEP: f64 = 2.0;

/// The seconds from the clock's first time to its last. `None` if the file is no long program stream, if its clock goes
/// back or jumps between two samples, or if there is no pack where one should be.
///
/// # Errors
/// The run is interrupted. [`Error::Unreadable`].
pub(super) fn clock_span(file: &mut File) -> Result<Option<f64>> {
    let length = file.metadata().map_err(Error::Unreadable)?.len();
    if length <= LIST_ALL_MAX_BYTES || !read(file, 0)?.starts_with(PACK) {
        return Ok(None);
    }
    let mut times = None;
    for position in (0..length - SAMPLE_BYTES).step_by(APART) {
        cancel::check()?;
        let bytes = read(file, position)?;
        let mut packs = memmem::find_iter(&bytes, PACK).map(|at| &bytes[at + PACK.len()..]);
        let Some(time) = packs.find_map(time_of_pack) else {
            return Ok(None);
        };
        let (first, last) = times.unwrap_or((time, time));
        if !(0.0..LONGEST_STEP).contains(&(time - last)) {
            return Ok(None);
        }
        times = Some((first, time));
    }
    Ok(times.map(|(first, last)| last - first))
}

fn read(file: &mut File, position: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(position))
        .and_then(|_| file.take(SAMPLE_BYTES).read_to_end(&mut bytes))
        .map_err(Error::Unreadable)?;
    Ok(bytes)
}

/// The time in a pack header, in seconds: the 33 bits of `system_clock_reference_base`, between marker bits. In MPEG-1 they
/// come behind the bits 0010, in MPEG-2 behind 01.
#[allow(clippy::cast_precision_loss)] // 33 bits.
fn time_of_pack(header: &[u8]) -> Option<f64> {
    let bytes = header.first_chunk::<5>()?;
    let bits = bytes
        .iter()
        .fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
    // The 3, 15 and 15 bits of the time, counted from the last of these 40 bits, and the marker bits behind them.
    let (parts, markers) = match (bytes[0] >> 4, bytes[0] >> 6) {
        (0b0010, _) => ([33, 17, 1], 1 << 32 | 1 << 16 | 1),
        (_, 0b01) => ([35, 19, 3], 1 << 34 | 1 << 18 | 1 << 2),
        _ => return None,
    };
    let [high, middle, low] = parts;
    let time = (bits >> high & 0x7) << 30 | (bits >> middle & 0x7fff) << 15 | bits >> low & 0x7fff;
    (bits & markers == markers).then_some(time as f64 / 90_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_pack_is_read() {
        let time = 0x1_5555_5555_u64; // 33 bits, every second one set.
        let (high, middle, low) = (time >> 30, time >> 15 & 0x7fff, time & 0x7fff);
        let read = |bits: u64| time_of_pack(&bits.to_be_bytes()[3..]);
        let mpeg1 = 0b0010 << 36 | high << 33 | 1 << 32 | middle << 17 | 1 << 16 | low << 1 | 1;
        let mpeg2 = 1 << 38 | high << 35 | 1 << 34 | middle << 19 | 1 << 18 | low << 3 | 1 << 2;
        #[allow(clippy::cast_precision_loss)]
        let seconds = time as f64 / 90_000.0;
        assert_eq!([read(mpeg1), read(mpeg2)], [Some(seconds); 2]);
        for (header, bit) in [(mpeg1, 1 << 16), (mpeg2, 1 << 34), (mpeg2, 1 << 38)] {
            assert_eq!(read(header & !bit), None);
        }
        assert_eq!(time_of_pack(&[0x44, 0, 4, 0]), None);
    }
}
