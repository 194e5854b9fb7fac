//! Tells whether frames are stored in another order than they are shown in: whether there are B-frames. If the sample
//! table then has no presentation times (no `ctts` box), the decoding times stand in for them, and are wrong. ffmpeg
//! writes such files when it copies an elementary stream.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use bitreader::BitReader;
use memchr::memmem;
use mp4parse::Track;

use super::{Units, read_box};
use crate::settings::MAX_BOXES_BEFORE_INDEX;

/// How many frames are looked at, half of them at the beginning and the others all over the video, and how much of each
/// is read, in bytes.
const FRAMES: usize = 100;
const MAX_FRAME_BYTES: u32 = 64 << 10;

/// How many fragments are looked at, and how much of each is read, in bytes.
const FRAGMENTS: usize = 8;
const MAX_FRAGMENT_BYTES: u32 = 1 << 20;

/// Is one of the frames a B-frame? Known for H.264, MPEG-1, MPEG-2 and MPEG-4; `false` for other codecs. `frames` are the
/// positions and lengths of all frames in the file, in bytes.
pub(super) fn has_b_frames(file: &mut File, frames: &[(u64, u32)], h264: Option<Units>) -> bool {
    let (first, rest) = frames.split_at(frames.len().min(FRAMES / 2));
    let apart = (rest.len() / (FRAMES / 2)).max(1);
    let mut frames = first.iter().chain(rest.iter().step_by(apart));
    frames.any(|(start, length)| holds_b_frame(file, *start, (*length).min(MAX_FRAME_BYTES), h264))
}

/// Is there a B-frame in one of the first fragments? The media data of a fragment begins with the frames of one track,
/// mostly of the video.
pub(super) fn in_fragments(file: &mut File, track: &Track) -> bool {
    let h264 = Units::new(track);
    let (mut position, mut fragments) = (0, 0);
    for _ in 0..MAX_BOXES_BEFORE_INDEX {
        let Some((name, size)) = read_box(file, position).filter(|(_, size)| *size >= 8) else {
            return false;
        };
        if &name == b"mdat" {
            fragments += 1;
            if holds_b_frame(file, position + 8, MAX_FRAGMENT_BYTES, h264) {
                return true;
            }
        }
        if fragments == FRAGMENTS {
            return false;
        }
        position = position.saturating_add(size);
    }
    false
}

/// Is there a B-frame in these bytes of the file?
fn holds_b_frame(file: &mut File, start: u64, length: u32, h264: Option<Units>) -> bool {
    let mut bytes = Vec::new();
    let read = file
        .seek(SeekFrom::Start(start))
        .and_then(|_| file.take(length.into()).read_to_end(&mut bytes));
    read.is_ok()
        && match h264 {
            Some(units) => units.of(&bytes).any(is_b_slice),
            None => has_b_picture(&bytes),
        }
}

/// Is this NAL unit a slice of a B-frame (ITU-T H.264, 7.3.3)? Behind the type of the unit come two numbers:
/// `first_mb_in_slice` and `slice_type`, which is 1 or 6.
fn is_b_slice(unit: &[u8]) -> bool {
    let is_slice = unit
        .first()
        .is_some_and(|first| matches!(first & 0x1f, 1 | 5));
    let mut bits = BitReader::new(unit.get(1..).unwrap_or_default());
    is_slice && number(&mut bits).is_some() && matches!(number(&mut bits), Some(1 | 6))
}

/// Is there a B-picture of MPEG-1 or MPEG-2 (ISO/IEC 13818-2, 6.2.3: behind the start code 10 bits, then 3 bits, which are 3),
/// or a B-VOP of MPEG-4 (ISO/IEC 14496-2, 6.2.5: 2 bits, which are 2)?
fn has_b_picture(frame: &[u8]) -> bool {
    let starts = || memmem::find_iter(frame, &[0, 0, 1]).filter_map(|at| frame.get(at + 3..at + 6));
    frame.starts_with(&[0, 0, 1])
        && starts().any(|code| match code[0] {
            0x00 => (code[2] >> 3) & 7 == 3,
            0xb6 => code[1] >> 6 == 2,
            _ => false,
        })
}

/// Reads an Exp-Golomb number (ITU-T H.264, 9.1).
fn number(bits: &mut BitReader) -> Option<u32> {
    let mut zeros = 0;
    while !bits.read_bool().ok()? {
        zeros += 1;
        if zeros == 32 {
            return None;
        }
    }
    let rest = bits.read_u32(zeros).ok()?;
    Some((1 << zeros) - 1 + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_b_frames_are_recognised() {
        // first_mb_in_slice 0 is the bit 1; slice_type 1 is 010, 6 is 00111, 0 is 1, and 5 is 00110.
        assert!(is_b_slice(&[0x01, 0b1010_0000]));
        assert!(is_b_slice(&[0x41, 0b1001_1100]));
        assert!(!is_b_slice(&[0x41, 0b1100_0000]));
        assert!(!is_b_slice(&[0x41, 0b1001_1000]));
        // first_mb_in_slice 300, which is 00000000 100101101.
        assert!(is_b_slice(&[0x01, 0, 0b1001_0110, 0b1010_0000]));
        // Not a slice; then too short, and a number without an end.
        assert!(!is_b_slice(&[0x06, 0b1010_0000]));
        assert!(!is_b_slice(&[0x01]));
        assert!(!is_b_slice(&[&[0x01_u8][..], &[0; 40]].concat()));
    }

    #[test]
    fn b_pictures_are_recognised_by_their_type() {
        let picture = |kind: u8| [0, 0, 1, 0, 0x12, kind << 3, 0xff];
        assert!(has_b_picture(&picture(3)));
        assert!(!has_b_picture(&picture(2)));
        let vop = |kind: u8| [0, 0, 1, 0xb6, kind << 6, 0, 0];
        assert!(has_b_picture(&vop(2)));
        assert!(!has_b_picture(&vop(1)));
        // Behind another one: a packed bitstream.
        assert!(has_b_picture(&[vop(1), vop(2)].concat()));
        assert!(!has_b_picture(b"RIFF"));
    }
}
