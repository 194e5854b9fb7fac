//! What an access unit is: all that belongs to one coded picture. Found by the start codes in its bytes.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// A video codec, by its `stream_type` in a program map table (ISO/IEC 13818-1, table 2-34).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Mpeg2,
    H264,
    Hevc,
}

/// The prefix of a start code.
pub(in crate::pipeline::extract) const PREFIX: [u8; 3] = [0, 0, 1];

/// Searches for [`PREFIX`]. It is built once, and not for each picture.
pub(in crate::pipeline::extract) static PREFIX_FINDER: LazyLock<Finder<'static>> =
    LazyLock::new(|| Finder::new(&PREFIX));

impl Codec {
    pub(super) fn of_stream_type(stream_type: u8) -> Option<Self> {
        match stream_type {
            0x02 => Some(Self::Mpeg2),
            0x1b => Some(Self::H264),
            0x24 => Some(Self::Hevc),
            _ => None,
        }
    }

    /// Its name in ffmpeg.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mpeg2 => "mpeg2video",
            Self::H264 => "h264",
            Self::Hevc => "hevc",
        }
    }

    /// If `bytes` are one access unit, from its first byte to its last: is it a keyframe to ffmpeg? `None` if they
    /// are more or less than one, or have anything unusual, such as the two fields of a frame.
    pub(super) fn is_key(self, bytes: &[u8]) -> Option<bool> {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        if zeros < 2 || bytes.get(zeros) != Some(&1) {
            return None;
        }
        let mut prefixes = PREFIX_FINDER.find_iter(bytes).peekable();
        let mut pictures = 0;
        let mut key = false;
        while let Some(prefix) = prefixes.next() {
            let end = prefixes.peek().copied().unwrap_or(bytes.len());
            match self.unit(&bytes[prefix + PREFIX.len()..end])? {
                Unit::Picture { is_key } => {
                    pictures += 1;
                    key |= is_key;
                }
                Unit::Rest if pictures == 0 => return None,
                Unit::RecoveryPoint => key = true,
                Unit::Rest | Unit::Other => {}
            }
        }
        (pictures == 1).then_some(key)
    }

    /// What follows one start code. `None` if it is unusual.
    fn unit(self, unit: &[u8]) -> Option<Unit> {
        let first = *unit.first()?;
        match self {
            // `picture_start_code`; then 10 bits of `temporal_reference`, and 3 of `picture_coding_type`, where 1 is
            // an intra-coded picture (ISO/IEC 13818-2, 6.2.3 and table 6-12).
            Self::Mpeg2 => Some(match first {
                0x00 => {
                    let is_key = (unit.get(2)? >> 3) & 7 == 1;
                    Unit::Picture { is_key }
                }
                0x01..=0xaf => Unit::Rest,
                _ => Unit::Other,
            }),
            // `nal_unit_type` (ISO/IEC 14496-10, table 7-1). A slice begins with `first_mb_in_slice`, whose code for
            // 0 is a single bit 1.
            Self::H264 => match first & 0x1f {
                slice @ (1 | 5) if unit.get(1)? & 0x80 != 0 => {
                    let is_key = slice == 5;
                    Some(Unit::Picture { is_key })
                }
                1 | 5 => Some(Unit::Rest),
                6 if sei_messages(unit.get(1..)?).contains(&RECOVERY_POINT) => {
                    Some(Unit::RecoveryPoint)
                }
                6..=13 => Some(Unit::Other),
                // Data partitions; further views and layers.
                _ => None,
            },
            // `nal_unit_type` in 6 bits; the next 6, `nuh_layer_id`, are 0 but in further layers; a slice begins with
            // `first_slice_segment_in_pic_flag` (ISO/IEC 23008-2, 7.3.1.2 and table 7-1).
            Self::Hevc => {
                let layer = (first & 1) << 5 | unit.get(1)? >> 3;
                match first >> 1 & 0x3f {
                    _ if layer != 0 => None,
                    slice @ 0..=31 if unit.get(2)? & 0x80 != 0 => {
                        let is_key = (16..=23).contains(&slice);
                        Some(Unit::Picture { is_key })
                    }
                    0..=31 => Some(Unit::Rest),
                    _ => Some(Unit::Other),
                }
            }
        }
    }
}

/// A part of an access unit.
enum Unit {
    /// The first slice of a picture, or its header.
    Picture {
        is_key: bool,
    },
    /// A further slice.
    Rest,
    /// Decoding can start at this picture, although it is no instantaneous refresh (IDR).
    RecoveryPoint,
    Other,
}

/// The `payloadType` of the messages in an SEI unit (ISO/IEC 14496-10, 7.3.2.3.1 and D.1): a recovery point.
pub(in crate::pipeline::extract) const RECOVERY_POINT: usize = 6;

/// The `payloadType` of each message in an SEI unit, up to the first one that is damaged.
pub(in crate::pipeline::extract) fn sei_messages(escaped: &[u8]) -> Vec<usize> {
    let mut bytes = unescaped(escaped);
    let mut kinds = Vec::new();
    // The last byte holds the end marker.
    while bytes.len() > 2 {
        let mut number = || {
            let full = bytes.iter().take_while(|byte| **byte == 0xff).count();
            let last = usize::from(*bytes.get(full)?);
            bytes.drain(..=full);
            Some(full * 0xff + last)
        };
        let (Some(kind), Some(size)) = (number(), number()) else {
            break;
        };
        kinds.push(kind);
        bytes.drain(..size.min(bytes.len()));
    }
    kinds
}

/// Removes the emulation prevention bytes: the 3 in 0, 0, 3.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut plain = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of `units`, each behind a start code.
    fn stream(units: &[&[u8]]) -> Vec<u8> {
        let units = units.iter().map(|unit| [&[0, 0, 0, 1], *unit].concat());
        units.collect::<Vec<_>>().concat()
    }

    const DELIMITER: &[u8] = &[9, 0xf0];
    const FIRST_SLICE: &[u8] = &[1, 0x9a, 7, 7];
    const FURTHER_SLICE: &[u8] = &[1, 0x2a, 7, 7];

    // Of HEVC, and of MPEG-2.
    const IRAP: &[u8] = &[21 << 1, 1, 0x80];
    const TRAIL: &[u8] = &[1 << 1, 1, 0x80];
    const INTRA: &[u8] = &[0, 0, 1 << 3, 0];
    const PREDICTED: &[u8] = &[0, 0, 2 << 3, 0];

    #[test]
    fn one_picture_of_h264_is_told_from_none_and_two() {
        let key = |units| Codec::H264.is_key(&stream(units));
        assert_eq!(key(&[DELIMITER, FIRST_SLICE, FURTHER_SLICE]), Some(false));
        assert_eq!(key(&[DELIMITER, &[0x65, 0x88]]), Some(true));
        assert_eq!(key(&[DELIMITER]), None);
        assert_eq!(key(&[DELIMITER, FIRST_SLICE, FIRST_SLICE]), None);
        assert_eq!(key(&[DELIMITER, FURTHER_SLICE, FIRST_SLICE]), None);
        // A data partition, and a slice of another view.
        assert_eq!(key(&[FIRST_SLICE, &[2, 0x9a]]), None);
        assert_eq!(key(&[FIRST_SLICE, &[20, 0x9a]]), None);
        let shifted = [&[7, 7][..], &stream(&[DELIMITER, FIRST_SLICE])].concat();
        assert_eq!(Codec::H264.is_key(&shifted), None);
    }

    #[test]
    fn a_recovery_point_makes_a_keyframe() {
        let key = |sei: &[u8]| Codec::H264.is_key(&stream(&[sei, FIRST_SLICE]));
        assert_eq!(key(&[6, 6, 1, 0x84, 0x80]), Some(true));
        // Behind a message of 3 bytes, which takes 4 because two zeros are followed by an escape.
        assert_eq!(key(&[6, 5, 3, 0, 0, 3, 1, 6, 1, 0x84, 0x80]), Some(true));
        assert_eq!(key(&[6, 5, 3, 6, 1, 0x84, 0x80]), Some(false));
        assert_eq!(key(&[6, 0xff, 6]), Some(false));
    }

    #[test]
    fn pictures_of_hevc_and_mpeg2() {
        let hevc = |units| Codec::Hevc.is_key(&stream(units));
        assert_eq!(hevc(&[&[35 << 1, 1, 0x50], IRAP]), Some(true));
        assert_eq!(hevc(&[TRAIL, &[1 << 1, 1, 0x20]]), Some(false));
        assert_eq!(hevc(&[TRAIL, TRAIL]), None);
        assert_eq!(hevc(&[TRAIL, &[1 << 1, 9, 0x80]]), None);

        let mpeg2 = |units| Codec::Mpeg2.is_key(&stream(units));
        assert_eq!(mpeg2(&[&[0xb3, 1], &[0xb8, 1], INTRA, &[1, 2]]), Some(true));
        assert_eq!(mpeg2(&[PREDICTED, &[1, 2], &[2, 2]]), Some(false));
        assert_eq!(mpeg2(&[INTRA, &[1, 2], PREDICTED, &[1, 2]]), None);
    }
}
