//! Reads the chunks of a RIFF file: four letters, a length in 4 bytes, and so many bytes.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// The length of a chunk's header, in bytes.
pub(super) const HEADER_BYTES: u64 = 8;

/// How much is read at once, in bytes. Frames are mostly shorter, so most files are read from beginning to end, which
/// takes less time than to read each header by itself.
const WINDOW_BYTES: u64 = 64 << 10;

/// The part of a file that was read last.
#[derive(Debug, Default)]
pub(super) struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// These bytes of the file, up to [`WINDOW_BYTES`]. `None` if they are not all there, or cannot be read: ffmpeg then
    /// says why.
    pub(super) fn get(&mut self, file: &mut File, position: u64, length: usize) -> Option<&[u8]> {
        if self.held(position, length).is_none() {
            file.seek(SeekFrom::Start(position)).ok()?;
            self.start = position;
            self.bytes.clear();
            let mut window = file.take(WINDOW_BYTES);
            window.read_to_end(&mut self.bytes).ok()?;
        }
        self.held(position, length)
    }

    fn held(&self, position: u64, length: usize) -> Option<&[u8]> {
        let from = usize::try_from(position.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..from.checked_add(length)?)
    }
}

/// The header of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) name: [u8; 4],
    /// Where its header begins in the file.
    pub(super) position: u64,
    /// How many bytes follow the header.
    pub(super) length: u32,
}

impl Chunk {
    /// Reads the one at the beginning of `range`. `None` if it is not wholly inside.
    pub(super) fn read(window: &mut Window, file: &mut File, range: &Range<u64>) -> Option<Self> {
        let header = window.get(file, range.start, 8)?;
        let chunk = Self {
            name: *header.first_chunk()?,
            position: range.start,
            length: number(header, 4)?,
        };
        (chunk.data().end <= range.end).then_some(chunk)
    }

    /// Where its bytes are in the file.
    pub(super) fn data(&self) -> Range<u64> {
        let start = self.position.saturating_add(HEADER_BYTES);
        start..start.saturating_add(self.length.into())
    }

    /// Where the next chunk begins: at an even position.
    pub(super) fn next(&self) -> u64 {
        self.data().end.saturating_add(u64::from(self.length & 1))
    }
}

/// The number of 32 bits from byte `at` on.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

/// The number of 64 bits from byte `at` on.
pub(super) fn long_number(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes))
}

/// The chunks in the bytes of a list: the name and the bytes of each. `None` if the last is not wholly there.
pub(super) fn split(mut list: &[u8]) -> Option<Vec<([u8; 4], &[u8])>> {
    let mut chunks = Vec::new();
    while !list.is_empty() {
        let (header, rest) = list.split_at_checked(8)?;
        let length = usize::try_from(number(header, 4)?).ok()?;
        chunks.push((*header.first_chunk()?, rest.get(..length)?));
        list = rest.get(length + length % 2..).unwrap_or_default();
    }
    Some(chunks)
}
