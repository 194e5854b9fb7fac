//! What ffmpeg tells from the beginning of a frame: whether it is a keyframe, and whether it is a B-frame.

use bitreader::BitReader;

use crate::pipeline::extract::transport_stream::access_unit::{
    PREFIX, PREFIX_FINDER, RECOVERY_POINT, sei_messages,
};

/// A codec whose frames have no presentation times in an AVI, or not all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    H264,
    Mpeg4,
}

impl Codec {
    /// Those with common letters (`biCompression`).
    pub(super) fn of_four_letters(letters: [u8; 4]) -> Option<Self> {
        match &letters {
            b"H264" | b"h264" | b"X264" | b"x264" | b"avc1" => Some(Self::H264),
            b"FMP4" | b"XVID" | b"xvid" | b"DIVX" | b"divx" | b"DX50" | b"MP4V" | b"mp4v" => {
                Some(Self::Mpeg4)
            }
            _ => None,
        }
    }

    /// Its name in ffmpeg.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::Mpeg4 => "mpeg4",
        }
    }
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) key: bool,
    /// ffmpeg tells its presentation time, which is its decoding time: it is a B-frame of MPEG-4.
    pub(super) timed: bool,
}

/// Reads the beginnings of a stream's frames.
#[derive(Debug)]
pub(super) struct Frames {
    codec: Codec,
    /// The bits in a time of MPEG-4; `None` before its headers.
    time_bits: Option<u8>,
}

impl Frames {
    /// `config`: the codec's headers in those of the file. `None` if they are unusual.
    pub(super) fn new(codec: Codec, config: &[u8]) -> Option<Self> {
        let mut frames = Self {
            codec,
            time_bits: None,
        };
        if codec == Codec::Mpeg4 && !config.is_empty() && !frames.vop(config)?.is_empty() {
            return None;
        }
        Some(frames)
    }

    /// What begins with these bytes. `None` if it is unusual, or if they are too few.
    pub(super) fn kind(&mut self, bytes: &[u8]) -> Option<Kind> {
        match self.codec {
            Codec::H264 => {
                let key = is_key(bytes)?;
                Some(Kind { key, timed: false })
            }
            Codec::Mpeg4 => {
                let header = self.vop(bytes)?;
                vop_kind(header, self.time_bits?)
            }
        }
    }

    /// Reads the headers of MPEG-4 video up to the first one of a frame (VOP; ISO/IEC 14496-2, 6.2 and table 6-3), and
    /// returns that one; nothing if there is none.
    fn vop<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        /// The profiles of studios, with other headers (table G.1).
        const STUDIO: std::ops::RangeInclusive<u8> = 0xe1..=0xe8;
        if !bytes.starts_with(&PREFIX) {
            return None;
        }
        for prefix in PREFIX_FINDER.find_iter(bytes) {
            let (code, header) = bytes.get(prefix + PREFIX.len()..)?.split_first()?;
            match code {
                0xb0 if !STUDIO.contains(header.first()?) => {}
                0x20..=0x2f => self.time_bits = Some(time_bits(header)?),
                0xb6 => return Some(header),
                // A video object, user data, a group of VOPs, a visual object.
                0x00..=0x1f | 0xb2 | 0xb3 | 0xb5 => {}
                _ => return None,
            }
        }
        Some(&[])
    }
}

/// How many bits the header of a video object layer (ISO/IEC 14496-2, 6.2.3) gives to a time. `None` if it is none of a
/// rectangular video whose B-frames it announces: without those all frames have a presentation time, and where the
/// header does not say it, ffmpeg finds out only when it meets one.
fn time_bits(header: &[u8]) -> Option<u8> {
    /// `video_object_type_indication`: simple and advanced simple.
    const TYPES: [u8; 2] = [1, 17];
    let mut bits = BitReader::new(header);
    bits.skip(1).ok()?;
    let is_usual = TYPES.contains(&bits.read_u8(8).ok()?);
    if bits.read_bool().ok()? {
        bits.skip(4 + 3).ok()?;
    }
    // `aspect_ratio_info`: 15 is followed by an aspect ratio.
    if bits.read_u8(4).ok()? == 15 {
        bits.skip(8 + 8).ok()?;
    }
    let has_control_parameters = bits.read_bool().ok()?;
    bits.skip(2).ok()?;
    let low_delay = bits.read_bool().ok()?;
    if bits.read_bool().ok()? {
        // `vbv_parameters`.
        bits.skip(79).ok()?;
    }
    let is_rectangular = bits.read_u8(2).ok()? == 0;
    let marker = bits.read_bool().ok()?;
    let resolution = bits.read_u16(16).ok()?;
    let usual = is_usual && has_control_parameters && !low_delay && is_rectangular && marker;
    let longest = resolution.checked_sub(1).filter(|_| usual)?;
    u8::try_from((u16::BITS - longest.leading_zeros()).max(1)).ok()
}

/// What the header of a VOP says (ISO/IEC 14496-2, 6.2.5). `None` if it is damaged, or of a frame that is not coded.
fn vop_kind(header: &[u8], time_bits: u8) -> Option<Kind> {
    /// `vop_coding_type`: intra-coded and bidirectionally predicted.
    const I: u8 = 0;
    const B: u8 = 2;
    let mut bits = BitReader::new(header);
    let coding_type = bits.read_u8(2).ok()?;
    // `modulo_time_base`: a bit for each second.
    while bits.read_bool().ok()? {}
    let mut marker = || bits.read_bool().ok().filter(|marker| *marker);
    marker()?;
    bits.skip(time_bits.into()).ok()?;
    // The second marker, and `vop_coded`.
    let rest = bits.read_u8(2).ok()?;
    (rest == 3).then_some(Kind {
        key: coding_type == I,
        timed: coding_type == B,
    })
}

/// Is an access unit of H.264 a keyframe to ffmpeg (ISO/IEC 14496-10, 7.4.1.2.3 and table 7-1)? `None` if its first slice is not
/// within these bytes.
fn is_key(bytes: &[u8]) -> Option<bool> {
    /// With it, ffmpeg works out presentation times (D.1.1).
    const BUFFERING_PERIOD: usize = 0;
    if !bytes.starts_with(&PREFIX) && !bytes.starts_with(&[0, 0, 0, 1]) {
        return None;
    }
    let mut has_recovery_point = false;
    let mut prefixes = PREFIX_FINDER.find_iter(bytes).peekable();
    while let Some(prefix) = prefixes.next() {
        let end = prefixes.peek().copied().unwrap_or(bytes.len());
        let (first, unit) = bytes.get(prefix + PREFIX.len()..end)?.split_first()?;
        match first & 0x1f {
            // A slice begins with `first_mb_in_slice`, whose code for 0 is a single bit 1.
            slice @ (1 | 5) if unit.first()? & 0x80 != 0 => {
                return Some(slice == 5 || has_recovery_point);
            }
            6 => {
                let messages = sei_messages(unit);
                if messages.contains(&BUFFERING_PERIOD) {
                    return None;
                }
                has_recovery_point |= messages.contains(&RECOVERY_POINT);
            }
            // Parameter sets and the delimiter.
            7..=9 => {}
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The headers that ffmpeg writes with B-frames, at 30 frames a second.
    const CONFIG: [u8; 37] = [
        0, 0, 1, 0xb0, 0xf1, 0, 0, 1, 0xb5, 0xa9, 0x13, 0, 0, 1, 0, 0, 0, 1, 0x20, 0x08, 0xd4,
        0x8d, 0x08, 0, 0xf5, 0x0a, 0x04, 0x16, 0x94, 0x18, 0x3f, 0, 0, 1, 0xb2, b'L', b'a',
    ];

    #[test]
    fn the_kind_of_a_vop_is_in_its_header() {
        let mut frames = Frames::new(Codec::Mpeg4, &CONFIG).unwrap();
        assert_eq!(frames.time_bits, Some(5));
        let kind = |key, timed| Some(Kind { key, timed });
        // The type, one second, its end, a marker, 5 bits of time, a marker, coded.
        let mut read = |bits: u16| {
            let [high, low] = bits.to_be_bytes();
            frames.kind(&[0, 0, 1, 0xb6, high, low])
        };
        assert_eq!(read(0b0010_1000_0111_0000), kind(true, false));
        assert_eq!(read(0b0110_1000_0111_0000), kind(false, false));
        assert_eq!(read(0b1010_1000_0111_0000), kind(false, true));
        assert_eq!(read(0b1110_1000_0111_0000), kind(false, false));
        // Not coded; without the first marker.
        assert_eq!(read(0b0110_1000_0110_0000), None);
        assert_eq!(read(0b0110_0000_0111_0000), None);
    }

    #[test]
    fn without_announced_b_frames_mpeg4_is_left_to_ffmpeg() {
        let low_delay = {
            let mut config = CONFIG;
            config[22] |= 0x10;
            config
        };
        let differences: Vec<_> = (CONFIG.iter().zip(&low_delay)).collect();
        assert!(differences.iter().any(|(a, b)| a != b));
        assert!(Frames::new(Codec::Mpeg4, &low_delay).is_none());
        // Before any header.
        let mut frames = Frames::new(Codec::Mpeg4, &[]).unwrap();
        assert!(frames.kind(&[0, 0, 1, 0xb6, 0x28, 0x70]).is_none());
    }

    #[test]
    fn h264_keyframes_are_idr_pictures_and_recovery_points() {
        let unit = |bytes: &[u8]| [&[0, 0, 0, 1][..], bytes].concat();
        let idr = unit(&[0x65, 0x88, 0x84]);
        let slice = unit(&[0x41, 0x9a, 0x24]);
        let recovery = unit(&[0x06, 0x06, 0x01, 0xc4, 0x80]);
        let buffering = unit(&[0x06, 0x00, 0x01, 0xc4, 0x80]);
        let second = unit(&[0x41, 0x1a, 0x24]);
        assert_eq!(is_key(&idr), Some(true));
        assert_eq!(is_key(&slice), Some(false));
        assert_eq!(is_key(&[&recovery[..], &slice].concat()), Some(true));
        assert_eq!(is_key(&[&buffering[..], &idr].concat()), None);
        assert_eq!(is_key(&second), None);
        assert_eq!(is_key(&recovery), None);
        assert_eq!(is_key(&slice[1..3]), None);
    }
}
