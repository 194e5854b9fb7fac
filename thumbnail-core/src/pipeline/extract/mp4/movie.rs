//! Finds the `moov` box of a file and has it parsed, unless it is one that only ffmpeg understands in full.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use memchr::memmem;
use mp4parse::MediaContext;

use super::{may_be_mp4, read_box};
use crate::settings::{MAX_BOXES_BEFORE_INDEX, MAX_INDEX_BOXES, MAX_INDEX_BYTES};

/// A `moov` box, and what the parser ignores of it.
pub(super) struct Parsed {
    pub context: MediaContext,
    /// The content of the box.
    pub bytes: Vec<u8>,
    /// It holds colour information (`colr`).
    pub has_colours: bool,
    /// There are keyframes of open GOPs: partial sync samples of `QuickTime` (`stps`), or the sample group `rap `
    /// (ISO/IEC 14496-12, 8.9.2 and 10.4).
    pub has_open_gops: bool,
}

/// The content of a box.
fn without_header(mut bytes: Vec<u8>) -> Vec<u8> {
    let header = if bytes.starts_with(&1_u32.to_be_bytes()) {
        16
    } else {
        8
    };
    bytes.drain(..header.min(bytes.len()));
    bytes
}

/// Finds and parses the `moov` box. The boxes before `moov` are skipped by seeking: the parser would read all of the
/// media data.
pub(super) fn read_movie(file: &mut File) -> Option<Parsed> {
    if !may_be_mp4(file) {
        return None;
    }
    let mut position = 0;
    for _ in 0..MAX_BOXES_BEFORE_INDEX {
        let (name, size) = read_box(file, position)?;
        if &name == b"moov" {
            if size > MAX_INDEX_BYTES {
                return None;
            }
            file.seek(SeekFrom::Start(position)).ok()?;
            // A size of 0 means that the box goes on to the end of the file. Limit what is read.
            let size = if size == 0 { MAX_INDEX_BYTES } else { size };
            let left = file.metadata().ok()?.len().saturating_sub(position);
            let mut movie = Vec::with_capacity(usize::try_from(size.min(left)).ok()?);
            file.take(size).read_to_end(&mut movie).ok()?;
            if costly_boxes(&movie) > MAX_INDEX_BOXES {
                return None;
            }
            let holds = |box_type: &[u8]| memmem::find(&movie, box_type).is_some();
            // `clap` asks for cropping, which depends on ffmpeg's version. That is known only after ffmpeg
            // has run once, so have it list the packets.
            if holds(b"clap") || has_more_edits(&movie) {
                return None;
            }
            return Some(Parsed {
                context: mp4parse::read_mp4(&mut &movie[..]).ok()?,
                has_colours: holds(b"colr"),
                has_open_gops: holds(b"stps") || holds(b"sbgp\0\0\0\0rap "),
                bytes: without_header(movie),
            });
        }
        // A size of less than the header's 8 bytes is invalid, or 0: then this box is the last.
        position = position.checked_add(size).filter(|_| size >= 8)?;
    }
    None
}

/// Has an edit list (`elst`, ISO/IEC 14496-12, 8.6.6) more edits than the parser tells of? It tells of one, and of
/// an empty one before it.
fn has_more_edits(movie: &[u8]) -> bool {
    memmem::find_iter(movie, b"elst").any(|at| {
        let list = &movie[at + b"elst".len()..];
        // Version and flags, the number of edits, and of the first edit its duration and its media time.
        let media_time = match list.first() {
            Some(1) => list.get(16..24),
            _ => list.get(12..16),
        };
        let is_empty = media_time.is_some_and(|time| time.iter().all(|byte| *byte == 0xff));
        let count = list.get(4..8).map_or(0, |bytes| {
            bytes
                .iter()
                .fold(0_u32, |n, byte| n << 8 | u32::from(*byte))
        });
        count > 1 + u32::from(is_empty)
    })
}

/// How many boxes there are, at most, of the kinds for which the parser takes many times their size.
fn costly_boxes(movie: &[u8]) -> usize {
    let count = |name: &[u8]| memmem::find_iter(movie, name).count();
    // Behind its version and flags, the number of sample descriptions.
    let descriptions = memmem::find_iter(movie, b"stsd").map(|at| {
        let number = movie.get(at + 8..at + 12).unwrap_or_default();
        number.iter().fold(0, |n, b| n << 8 | usize::from(*b))
    });
    let descriptions = descriptions.fold(0, usize::saturating_add);
    (count(b"trak") + count(b"sinf") + count(b"pssh")).saturating_add(descriptions)
}
