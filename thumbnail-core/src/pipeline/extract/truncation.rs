//! Detects truncated files: a recording that crashed, or a download that broke off. The frames that are
//! there are extracted all the same, as a player shows them; the report then says that the file is truncated.
//!
//! Not every version of ffmpeg reports truncation. So this module compares the file's length with the
//! sizes that the container states for its parts.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::mp4::{may_be_mp4, read_box};
use super::transport_stream::{PACKET_BYTES, find_packets};
use crate::error::Truncation;
use crate::settings::MAX_BOXES_BEFORE_INDEX;

/// How many bytes at the end of a long file are searched for its last fragment: a second of video at
/// 128 Mbit/s.
const LAST_FRAGMENT_BYTES: u64 = 16 << 20;

/// How a file is truncated; `None` if it is complete, or if its container does not tell.
pub(super) fn find_truncation(file: &mut File) -> Option<Truncation> {
    let length = file.metadata().ok()?.len();
    if may_be_mp4(file) {
        return in_mp4(file, length);
    }
    let mut start = Vec::new();
    file.rewind().ok()?;
    file.take(512).read_to_end(&mut start).ok()?;
    in_transport_stream(file, &start, length)
        .or_else(|| in_matroska(&start, length))
        .or_else(|| in_flv(file, &start, length))
}

/// MP4: goes from box to box by their sizes, and checks that the last one ends with the file. A long
/// fragmented recording has very many boxes, and on a hard disk each may cost a seek. There only the last
/// fragment is checked.
fn in_mp4(file: &mut File, length: u64) -> Option<Truncation> {
    let mut end = walk_boxes(file, length, 0)?;
    if let BoxesEnd::NotReached = end {
        let fragment = last_fragment(file, length)?;
        end = walk_boxes(file, length, fragment)?;
    }
    match end {
        BoxesEnd::PastEndOfFile(end) => Some(Truncation::EndBeyond { end, length }),
        BoxesEnd::NotReached => None,
    }
}

/// Where a walk from box to box ended.
enum BoxesEnd {
    /// The last box would end at this byte, which is past the end of the file.
    PastEndOfFile(u64),
    /// There are more boxes than the walk may read.
    NotReached,
}

/// Walks the boxes from `position` on. `None` if they end with the file, or if something that is not a box
/// follows them.
fn walk_boxes(file: &mut File, length: u64, mut position: u64) -> Option<BoxesEnd> {
    for _ in 0..MAX_BOXES_BEFORE_INDEX {
        let (name, size) = read_box(file, position)?;
        let end = position.checked_add(size).filter(|_| size >= 8)?;
        if end > length {
            // Bytes after the last box can look like a box header: trust only these names.
            let known = [*b"mdat", *b"moof", *b"moov"].contains(&name);
            return known.then_some(BoxesEnd::PastEndOfFile(end));
        }
        position = end;
    }
    Some(BoxesEnd::NotReached)
}

/// The position of the last movie fragment, if it is near the end of the file. A fragment begins with a
/// `moof` box, whose first child is an `mfhd` box (ISO/IEC 14496-12, 8.8.4).
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

/// MPEG transport streams: packets of 188 bytes, or of 192 with a timestamp before each (Blu-ray). The file
/// must hold a whole number of them. Where bytes were lost or added in the middle, it does not, but ends with whole ones.
fn in_transport_stream(file: &mut File, start: &[u8], length: u64) -> Option<Truncation> {
    let (_, size) = find_packets(start).filter(|(first, size)| first + PACKET_BYTES == *size)?;
    if length.is_multiple_of(size as u64) {
        return None;
    }
    let last = length.checked_sub((PACKET_BYTES + 2 * size) as u64)?;
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(last)).ok()?;
    file.read_to_end(&mut end).ok()?;
    (find_packets(&end) != Some((0, size))).then_some(Truncation::MidPacket)
}

/// Matroska and `WebM`: the segment after the header states its size, unless the recording was never
/// finished (RFC 8794, 6; RFC 9559, 5.1).
fn in_matroska(start: &[u8], length: u64) -> Option<Truncation> {
    let rest = start.strip_prefix(&[0x1a, 0x45, 0xdf, 0xa3])?;
    let (header, bytes) = ebml_size(rest)?;
    let rest = rest.get(bytes + usize::try_from(header).ok()?..)?;
    let rest = rest.strip_prefix(&[0x18, 0x53, 0x80, 0x67])?;
    let (segment, bytes) = ebml_size(rest)?;
    // All bits set means "unknown size".
    if segment == (1 << (7 * bytes)) - 1 {
        return None;
    }
    let begin = (start.len() - rest.len() + bytes) as u64;
    let end = begin.checked_add(segment)?;
    (end > length).then_some(Truncation::EndBeyond { end, length })
}

/// FLV: behind each tag stands its size once more (Adobe Flash Video File Format Specification 10.1, annex E.3). So the
/// last four bytes tell whether a whole tag precedes them. Some recorders write no sizes there: then this is not known.
fn in_flv(file: &mut File, start: &[u8], length: u64) -> Option<Truncation> {
    let header_length = start.strip_prefix(b"FLV")?.get(2..6)?.try_into().ok()?;
    let first = u64::from(u32::from_be_bytes(header_length)) + 4;
    let size = flv_tag_size(file, first)?;
    if number_at(file, first + size)? != size {
        return None;
    }
    let end = length.checked_sub(4)?;
    let last = number_at(file, end)?;
    let tag = end.checked_sub(last);
    let whole = tag.is_some_and(|tag| flv_tag_size(file, tag) == Some(last));
    (!whole).then_some(Truncation::MidFrame)
}

/// The size of the tag at `position`, with its header: that of what follows the header is in its bytes 1 to 3.
fn flv_tag_size(file: &mut File, position: u64) -> Option<u64> {
    const HEADER_BYTES: u64 = 11;
    Some((number_at(file, position)? & 0x00ff_ffff) + HEADER_BYTES)
}

/// The 4 bytes at `position` as a number.
fn number_at(file: &mut File, position: u64) -> Option<u64> {
    let mut bytes = [0; 4];
    file.seek(SeekFrom::Start(position)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    Some(u32::from_be_bytes(bytes).into())
}

/// Reads an EBML variable-size integer, and the number of bytes that it takes: one more than the number of
/// leading zero bits.
fn ebml_size(bytes: &[u8]) -> Option<(u64, usize)> {
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
        assert_eq!(ebml_size(&[0x9f]), Some((31, 1)));
        assert_eq!(ebml_size(&[0x40, 0x02]), Some((2, 2)));
        assert_eq!(ebml_size(&[0x01, 0, 0, 0, 0, 0, 1, 2]), Some((258, 8)));
        assert_eq!(ebml_size(&[0x40]), None);
        assert_eq!(ebml_size(&[0x00, 1, 2, 3, 4, 5, 6, 7, 8]), None);
    }

    /// A fragmented MP4 with `fragments` fragments, each with `media` bytes of media data.
    fn fragmented(fragments: usize, media: u32) -> File {
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
    fn a_truncated_fragmented_recording_is_noticed_however_many_fragments_it_has() {
        for fragments in [1, 3, 5000] {
            let mut file = fragmented(fragments, 100);
            let length = file.metadata().unwrap().len();
            assert_eq!(find_truncation(&mut file), None);
            // Cut within the last fragment's media, then within its `moof` box. A file that is cut
            // between two fragments looks complete.
            for (missing, cut) in [(1, true), (100, true), (120, true), (132, false)] {
                file.set_len(length - missing).unwrap();
                let found = find_truncation(&mut file).is_some();
                assert_eq!(found, cut, "{fragments} {missing}");
            }
        }
    }

    #[test]
    fn an_incomplete_packet_at_the_end_is_noticed() {
        for (size, first) in [(188, 0), (192, 4)] {
            let mut packet = vec![0_u8; size];
            packet[first] = 0x47;
            let packets = packet.repeat(5);
            let found = |parts: &[&[u8]]| {
                let mut file = tempfile::tempfile().unwrap();
                file.write_all(&parts.concat()).unwrap();
                find_truncation(&mut file)
            };
            assert_eq!(found(&[&packets]), None);
            assert_eq!(
                found(&[&packets, &packet[..size - 1]]),
                Some(Truncation::MidPacket)
            );
            // The beginning is missing, so nothing is known; then the end of the first of two that were joined.
            assert_eq!(found(&[&packets[1..], &packet[..5]]), None);
            assert_eq!(found(&[&packets, &packet[..77], &packets]), None);
        }
    }
}
