//! The index of an AVI, which ffmpeg seeks by: `idx1` (Microsoft, "AVI RIFF File Reference"), or for each stream a super
//! index `indx` with parts `ix00` all over the file (Matrox, "`OpenDML` AVI File Format Extensions", 3.0).

use std::collections::VecDeque;
use std::fs::File;
use std::ops::Range;

use super::chunks::{Chunk, HEADER_BYTES, Window, long_number, number};
use super::header::Header;

/// The length of the header of a super index or of one of its parts, and of an entry of a super index, in bytes.
const INDEX_HEADER_BYTES: u64 = 24;
const SUPER_ENTRY_BYTES: usize = 16;

/// The most parts of an index.
const MAX_PARTS: usize = 10_000;

/// The flag `AVIIF_KEYFRAME` in `idx1`. In an `OpenDML` index, the highest bit of the length marks all others.
const KEY: u32 = 0x10;
const NO_KEY: u32 = 1 << 31;

/// A list of entries in the file.
struct Part {
    entries: Range<u64>,
    /// The position that those in the entries are relative to; `None` if it is not known yet.
    base: Option<u64>,
}

/// The index, which is read from beginning to end.
pub(super) struct Index {
    /// The name of the chunks that it is about, if it is about those of one stream.
    pub(super) only: Option<[u8; 4]>,
    parts: VecDeque<Part>,
    window: Window,
}

impl Index {
    /// `None` if there is none, or an unusual one.
    pub(super) fn new(file: &mut File, header: &Header) -> Option<Self> {
        let mut index = Self {
            only: None,
            parts: VecDeque::new(),
            window: Window::default(),
        };
        if let Some(parts) = &header.video.super_index {
            index.add_super_index(file, parts)?;
        } else {
            let (entries, base) = (header.index.clone()?, None);
            index.parts.push_back(Part { entries, base });
        }
        Some(index)
    }

    /// Finds the parts of an `OpenDML` index.
    fn add_super_index(&mut self, file: &mut File, bytes: &[u8]) -> Option<()> {
        let name: [u8; 4] = *bytes.get(8..)?.first_chunk()?;
        let count = usize::try_from(number(bytes, 4)?).ok()?;
        // Four longs in each entry; AVI_INDEX_OF_INDEXES.
        if bytes.get(..4)? != [4, 0, 0, 0] || count > MAX_PARTS {
            return None;
        }
        self.only = Some(name);
        let entries = bytes.get(usize::try_from(INDEX_HEADER_BYTES).ok()?..)?;
        let entries = entries.get(..count * SUPER_ENTRY_BYTES)?;
        let file_end = file.metadata().ok()?.len();
        for entry in entries.chunks_exact(SUPER_ENTRY_BYTES) {
            let range = long_number(entry, 0)?..file_end;
            let part = Chunk::read(&mut self.window, file, &range)?;
            let start = part.data().start;
            let header = self.window.get(file, start, 24)?;
            let count = u64::from(number(header, 4)?);
            let [a, b, ..] = name;
            // Two longs in each entry; AVI_INDEX_OF_CHUNKS.
            let usual = header.get(..4)? == [2, 0, 0, 1]
                && header.get(8..12)? == name
                && part.name == [b'i', b'x', a, b];
            let base = Some(long_number(header, 12)?.checked_sub(HEADER_BYTES)?);
            let entries = start + INDEX_HEADER_BYTES;
            let entries = entries..entries + count * 8;
            if !usual || entries.end > part.data().end {
                return None;
            }
            self.parts.push_back(Part { entries, base });
        }
        Some(())
    }

    /// Reads the entry of `chunk`, which is in the file: does it mark a keyframe? `None` if the next entry is that of another
    /// chunk.
    pub(super) fn is_key(&mut self, file: &mut File, chunk: &Chunk) -> Option<bool> {
        self.drop_ended();
        let part = self.parts.front_mut()?;
        let (entry, key) = match self.only {
            Some(name) => part.next_of_stream(&mut self.window, file, name)?,
            None => part.next_of_all(&mut self.window, file, chunk)?,
        };
        (entry == *chunk).then_some(key)
    }

    /// Is it at its end?
    pub(super) fn has_ended(&mut self) -> bool {
        self.drop_ended();
        self.parts.is_empty()
    }

    fn drop_ended(&mut self) {
        while self.parts.front().is_some_and(|p| p.entries.is_empty()) {
            self.parts.pop_front();
        }
    }
}

impl Part {
    /// The next entry of an `OpenDML` index: the position behind a chunk's header, and its length.
    fn next_of_stream(
        &mut self,
        window: &mut Window,
        file: &mut File,
        name: [u8; 4],
    ) -> Option<(Chunk, bool)> {
        let entry = window.get(file, self.entries.start, 8)?;
        self.entries.start += 8;
        let length = number(entry, 4)?;
        let chunk = Chunk {
            name,
            position: self.base?.checked_add(number(entry, 0)?.into())?,
            length: length & !NO_KEY,
        };
        Some((chunk, length & NO_KEY == 0))
    }

    /// The next entry of `idx1`: name, flags, position and length. The first one is about `chunk`.
    fn next_of_all(
        &mut self,
        window: &mut Window,
        file: &mut File,
        chunk: &Chunk,
    ) -> Option<(Chunk, bool)> {
        // Groups of chunks have entries, too.
        while !self.entries.is_empty() && window.get(file, self.entries.start, 4)? == b"rec " {
            self.entries.start += 16;
        }
        let entry = window.get(file, self.entries.start, 16)?;
        self.entries.start += 16;
        let offset = u64::from(number(entry, 8)?);
        // Positions are relative to the list of frames or to the file. As ffmpeg does, take the first one for right.
        let base = match self.base {
            Some(base) => base,
            None => *self.base.insert(chunk.position.checked_sub(offset)?),
        };
        // To ffmpeg, such a position has 32 bits.
        let position = u32::try_from(offset.checked_add(base)?).ok()?;
        let told = Chunk {
            name: *entry.first_chunk()?,
            position: position.into(),
            length: number(entry, 12)?,
        };
        let inside = self.entries.start <= self.entries.end;
        inside.then_some((told, number(entry, 4)? & KEY != 0))
    }
}
