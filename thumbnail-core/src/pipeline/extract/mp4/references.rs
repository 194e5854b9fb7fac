//! Tells which frames of an H.264 track are reference frames. The first byte of each of a frame's NAL units says
//! so. A frame to which no other refers need not be decoded: skipping it changes no other frame.

use std::io::{self, Read, Seek, SeekFrom};

use mp4parse::{SampleEntry, Track, VideoCodecSpecific};

/// The most NAL units of one frame that are read. A frame has one for each slice, and a few others.
const MAX_UNITS: usize = 256;

/// How the frames of an H.264 track are divided into NAL units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Units {
    /// The number of bytes of the length field before each NAL unit, 1 to 4.
    length_bytes: u8,
}

impl Units {
    /// `None` if the track is not H.264.
    pub(super) fn new(track: &Track) -> Option<Self> {
        let [SampleEntry::Video(entry)] = &track.stsd.as_ref()?.descriptions[..] else {
            return None;
        };
        let VideoCodecSpecific::AVCConfig(config) = &entry.codec_specific else {
            return None;
        };
        Some(Self {
            // lengthSizeMinusOne (ISO/IEC 14496-15, 5.3.3.1).
            length_bytes: (config.get(4)? & 3) + 1,
        })
    }

    /// The NAL units of a frame, without their length fields.
    pub(super) fn of(self, frame: &[u8]) -> impl Iterator<Item = &[u8]> {
        let length_bytes = usize::from(self.length_bytes);
        let mut rest = frame;
        std::iter::from_fn(move || {
            let (length, units) = rest.split_at_checked(length_bytes)?;
            let length = length.iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
            let unit;
            (unit, rest) = units.split_at(length.min(units.len()));
            Some(unit)
        })
    }

    /// Is this frame a reference frame: the one at `start`, of so many bytes? `false` also if that is not known.
    pub(super) fn are_of_a_reference(
        self,
        file: &mut (impl Read + Seek),
        (start, length): (u64, u32),
    ) -> bool {
        let end = start.saturating_add(u64::from(length));
        self.all_slices_are_references(file, start, end)
            .unwrap_or(false)
    }

    /// Checks every slice: in an interlaced frame, one field can be a reference and the other not.
    fn all_slices_are_references(
        self,
        file: &mut (impl Read + Seek),
        mut at: u64,
        end: u64,
    ) -> io::Result<bool> {
        let length_bytes = usize::from(self.length_bytes);
        let mut slices = 0;
        for _ in 0..MAX_UNITS {
            if at >= end {
                return Ok(slices > 0);
            }
            let mut head = [0; 5];
            let head = &mut head[..=length_bytes];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(head)?;
            let (length, unit) = head.split_at(length_bytes);
            // nal_ref_idc and nal_unit_type; types 1 to 5 are slices (ITU-T H.264, 7.4.1).
            let (is_reference, kind) = (unit[0] & 0x60 != 0, unit[0] & 0x1f);
            if (1..=5).contains(&kind) {
                if !is_reference {
                    return Ok(false);
                }
                slices += 1;
            }
            let length = length.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
            at = at.saturating_add(u64::from(self.length_bytes) + length);
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// Asks about a frame of these NAL units, each with a length field of two bytes, at byte 7 of a file.
    fn is_reference(units: &[&[u8]]) -> bool {
        let mut file = vec![0xff; 7];
        for unit in units {
            file.extend(u16::try_from(unit.len()).unwrap().to_be_bytes());
            file.extend(*unit);
        }
        let frame = (7, u32::try_from(file.len()).unwrap() - 7);
        Units { length_bytes: 2 }.are_of_a_reference(&mut Cursor::new(file), frame)
    }

    /// A NAL unit with supplemental enhancement information, which is not a slice.
    const SEI: &[u8] = &[0x06, 1, 2, 3];

    #[test]
    fn a_frame_is_a_reference_if_all_its_slices_are() {
        assert!(is_reference(&[&[0x65, 9]]));
        assert!(is_reference(&[SEI, &[0x41, 9, 9], &[0x21]]));
        assert!(!is_reference(&[&[0x01, 9]]));
        assert!(!is_reference(&[&[0x41, 9], &[0x01, 9]]));
    }

    #[test]
    fn a_frame_without_readable_slices_is_not_a_reference() {
        assert!(!is_reference(&[]));
        assert!(!is_reference(&[SEI]));
        assert!(!is_reference(&[&[]]));
        assert!(!is_reference(&vec![SEI; MAX_UNITS + 1]));
    }
}
