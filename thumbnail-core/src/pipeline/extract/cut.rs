//! Is a file cut short, as a recording is that crashed, or a download that broke off? The frames that
//! are there can be had, as players show them; this tells that more were meant.
//!
//! Not every version of ffmpeg tells, so it is read from the file itself, where its container says how
//! long something is.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::mp4::{may_be_mp4, read_box};
use crate::settings::MAX_BOXES_BEFORE_INDEX;

/// How far from its end a long file is searched for its last fragment, in bytes: a second of 128 Mbit/s.
const LAST_FRAGMENT_BYTES: u64 = 16 << 20;

/// In what a file is cut off, in words; `None` if it is whole, or does not tell.
pub(super) fn cut_off(file: &mut File) -> Option<String> {
    let length = file.metadata().ok()?.len();
    if may_be_mp4(file) {
        return in_a_box(file, length);
    }
    let mut start = Vec::new();
    file.rewind().ok()?;
    file.take(512).read_to_end(&mut start).ok()?;
    in_a_packet(&start, length).or_else(|| in_a_segment(&start, length))
}

/// MP4: the sizes of the boxes lead from each to the next. A long recording in fragments has very many, and
/// each may cost a disk a seek: of such a file the last fragment in sight tells.
fn in_a_box(file: &mut File, length: u64) -> Option<String> {
    let mut walked = walk(file, length, 0)?;
    if let Walked::Further = walked {
        let fragment = last_fragment(file, length)?;
        walked = walk(file, length, fragment)?;
    }
    match walked {
        Walked::Beyond(end) => Some(ends_early(end, length)),
        Walked::Further => None,
    }
}

enum Walked {
    /// A box ends beyond the end of the file, at this byte.
    Beyond(u64),
    /// There are more boxes than were walked over.
    Further,
}

/// `None` if the boxes from `position` on end with the file, or in something else than a box.
fn walk(file: &mut File, length: u64, mut position: u64) -> Option<Walked> {
    for _ in 0..MAX_BOXES_BEFORE_INDEX {
        let (name, size) = read_box(file, position)?;
        let end = position.checked_add(size).filter(|_| size >= 8)?;
        if end > length {
            // What stands behind the last box need not be one.
            let known = [*b"mdat", *b"moof", *b"moov"].contains(&name);
            return known.then_some(Walked::Beyond(end));
        }
        position = end;
    }
    Some(Walked::Further)
}

/// Where the last movie fragment begins, if that is near the end: a `moof` box, in which an `mfhd` comes
/// first (ISO/IEC 14496-12, 8.8.4).
fn last_fragment(file: &mut File, length: u64) -> Option<u64> {
    let begin = length.saturating_sub(LAST_FRAGMENT_BYTES);
    file.seek(SeekFrom::Start(begin)).ok()?;
    let mut end = Vec::new();
    file.take(LAST_FRAGMENT_BYTES).read_to_end(&mut end).ok()?;
    let at = end
        .windows(16)
        .rposition(|bytes| &bytes[4..8] == b"moof" && &bytes[12..] == b"mfhd")?;
    Some(begin + at as u64)
}

fn ends_early(end: u64, length: u64) -> String {
    format!("it should end at byte {end} or later, but it has {length} bytes")
}

/// Transport streams: packets of 188 bytes, or of 192 with a time before each.
fn in_a_packet(start: &[u8], length: u64) -> Option<String> {
    const SYNC: u8 = 0x47;
    let begins = |size: usize| {
        let first = size - 188;
        [0, 1, 2]
            .iter()
            .all(|n| start.get(first + n * size) == Some(&SYNC))
    };
    let size = [188, 192].into_iter().find(|size| begins(*size))?;
    (!length.is_multiple_of(size as u64)).then(|| "it ends in the middle of a packet".to_owned())
}

/// Matroska, `WebM`: the one segment behind the header has a size, unless it was never finished
/// (RFC 8794, 6; RFC 9559, 5.1).
fn in_a_segment(start: &[u8], length: u64) -> Option<String> {
    let rest = start.strip_prefix(&[0x1a, 0x45, 0xdf, 0xa3])?;
    let (header, bytes) = size(rest)?;
    let rest = rest.get(bytes + usize::try_from(header).ok()?..)?;
    let rest = rest.strip_prefix(&[0x18, 0x53, 0x80, 0x67])?;
    let (segment, bytes) = size(rest)?;
    // All ones: not known.
    if segment == (1 << (7 * bytes)) - 1 {
        return None;
    }
    let begin = (start.len() - rest.len() + bytes) as u64;
    let end = begin.checked_add(segment)?;
    (end > length).then(|| ends_early(end, length))
}

/// A size as EBML writes it, and how many bytes it takes: as many as there are zeros before the first
/// one, and one more.
fn size(bytes: &[u8]) -> Option<(u64, usize)> {
    let zeros = bytes.first()?.leading_zeros() as usize;
    let mut number = u64::from(bytes[0]) & !(0x80 >> zeros.min(7));
    for byte in bytes.get(1..=zeros).filter(|_| zeros < 8)? {
        number = number << 8 | u64::from(*byte);
    }
    Some((number, zeros + 1))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn sizes_of_ebml_are_read() {
        assert_eq!(size(&[0x9f]), Some((31, 1)));
        assert_eq!(size(&[0x40, 0x02]), Some((2, 2)));
        assert_eq!(size(&[0x01, 0, 0, 0, 0, 0, 1, 2]), Some((258, 8)));
        assert_eq!(size(&[0x40]), None);
        assert_eq!(size(&[0x00, 1, 2, 3, 4, 5, 6, 7, 8]), None);
    }

    /// A file of `fragments` fragments of `media` bytes.
    fn in_fragments(fragments: usize, media: u32) -> File {
        let mut bytes = b"\0\0\0\x10ftypisom\0\0\0\0".to_vec();
        for _ in 0..fragments {
            bytes.extend(b"\0\0\0\x18moof\0\0\0\x10mfhd\0\0\0\0\0\0\0\0");
            bytes.extend((media + 8).to_be_bytes());
            bytes.extend(b"mdat");
            bytes.resize(bytes.len() + media as usize, 0);
        }
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file
    }

    #[test]
    fn a_recording_in_fragments_is_seen_to_be_cut_however_many_it_has() {
        for fragments in [1, 3, 5000] {
            let mut file = in_fragments(fragments, 100);
            let length = file.metadata().unwrap().len();
            assert_eq!(cut_off(&mut file), None);
            // In the last fragment's media, in its box, and in front of it: that is no cut that shows.
            for (missing, cut) in [(1, true), (100, true), (120, true), (132, false)] {
                file.set_len(length - missing).unwrap();
                assert_eq!(cut_off(&mut file).is_some(), cut, "{fragments} {missing}");
            }
        }
    }

    #[test]
    fn a_packet_that_is_not_whole_is_noticed() {
        for (size, first) in [(188, 0), (192, 4)] {
            let mut packets = vec![0_u8; size * 3];
            for n in 0..3 {
                packets[first + n * size] = 0x47;
            }
            let size = size as u64;
            assert_eq!(in_a_packet(&packets, size * 9), None);
            assert!(in_a_packet(&packets, size * 9 + 5).is_some());
            assert_eq!(in_a_packet(&packets[1..], size * 9 + 5), None);
        }
    }
}
