//! Lists the frames of an AVI without ffmpeg, where not all of them have presentation times: H.264, and MPEG-4 with
//! B-frames. Of other AVIs, the packets at both ends will do.
//!
//! An AVI has an index. But only the beginning of each frame tells a B-frame, and only the chunks themselves show that
//! the index is right. So all chunks are visited, and only what is plain is listed here: every chunk is in the index, and every frame is in a chunk of its own. For
//! anything else this module returns `None`, and ffmpeg lists the packets.

mod chunks;
mod drift;
mod frame;
mod header;
mod index;

use std::fs::File;
use std::ops::Range;
use std::time::Duration;

use chunks::{Chunk, Window};
pub use drift::drifts;
use frame::{Codec, Frames};
use header::{Header, LIST_HEADER_BYTES};
use index::Index;

use crate::cancel;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::ffmpeg::packet_list::Packet;
use crate::pipeline::extract::gop::LEAST_FRAME_BYTES;
use crate::pipeline::extract::listed::Listed;
use crate::settings::MAX_INDEX_FRAMES;

/// How much of a frame is read at most, in bytes: enough for the codec's headers before a keyframe.
const BEGINNING_BYTES: u32 = 4096;

/// How many chunks are visited between two looks at the clock.
const CHUNKS_AT_ONCE: usize = 1000;

/// Lists the frames of a file. `None` if it is no AVI, or if anything about it is unusual.
///
/// # Errors
/// It takes longer than `allowed`, or the run is interrupted.
pub fn list(file: &mut File, allowed: Duration) -> Result<Option<Listed>> {
    let deadline = Deadline::after(allowed);
    let Some(mut list) = List::begin(file) else {
        return Ok(None);
    };
    loop {
        cancel::check()?;
        deadline.check()?;
        match list.add_some() {
            Some(true) => {}
            Some(false) => return Ok(list.end()),
            None => return Ok(None),
        }
    }
}

/// The list while it is made. All of its functions return `None` when something is unusual.
struct List<'a> {
    file: &'a mut File,
    window: Window,
    header: Header,
    index: Index,
    frames: Frames,
    /// How many of the file's lists of frames were read, and what is left of this one.
    ended: usize,
    left: Range<u64>,
    /// The name of the video's chunks, once one was found.
    name: Option<[u8; 4]>,
    packets: Vec<Packet>,
    /// How many chunks were visited.
    chunks: u64,
}

impl<'a> List<'a> {
    fn begin(file: &'a mut File) -> Option<Self> {
        let header = Header::read(file)?;
        Some(Self {
            index: Index::new(file, &header)?,
            frames: Frames::new(header.video.codec, &header.video.config)?,
            left: header.frames.first()?.clone(),
            ended: 0,
            window: Window::default(),
            name: None,
            packets: Vec::new(),
            chunks: 0,
            header,
            file,
        })
    }

    /// Visits some chunks. `false` at the end of the last list.
    fn add_some(&mut self) -> Option<bool> {
        for _ in 0..CHUNKS_AT_ONCE {
            while self.left.is_empty() {
                self.ended += 1;
                let Some(list) = self.header.frames.get(self.ended) else {
                    return Some(false);
                };
                self.left = list.clone();
            }
            self.add()?;
        }
        Some(true)
    }

    /// Visits the next chunk.
    fn add(&mut self) -> Option<()> {
        /// Sound in small pieces has several chunks for each frame.
        const MAX_CHUNKS: u64 = 8 * MAX_INDEX_FRAMES;
        let chunk = Chunk::read(&mut self.window, self.file, &self.left)?;
        self.left.start = chunk.next();
        self.chunks += 1;
        if self.chunks > MAX_CHUNKS {
            return None;
        }
        match (stream(chunk.name), &chunk.name) {
            (Some(stream), _) if stream == self.header.video.number => self.add_frame(&chunk),
            // Sound.
            (Some(stream), [_, _, b'w', b'b']) if stream < self.header.streams => {
                if self.index.only.is_none() {
                    self.index.is_key(self.file, &chunk)?;
                }
                Some(())
            }
            (None, b"LIST") => {
                let group = chunk.data().start;
                self.left.start = chunk.position + LIST_HEADER_BYTES;
                let is_group = self.window.get(self.file, group, 4)? == b"rec ";
                is_group.then_some(())
            }
            // A part of the index.
            (None, b"JUNK" | [b'i', b'x', ..]) => Some(()),
            _ => None,
        }
    }

    /// Takes in a frame.
    fn add_frame(&mut self, chunk: &Chunk) -> Option<()> {
        let name = *self.name.get_or_insert(chunk.name);
        let key = self.index.is_key(self.file, chunk)?;
        let length = usize::try_from(chunk.length.min(BEGINNING_BYTES)).ok()?;
        let bytes = self.window.get(self.file, chunk.data().start, length)?;
        let kind = self.frames.kind(bytes)?;
        // A smaller one may stand in for another.
        let is_whole =
            self.header.video.codec != Codec::Mpeg4 || i64::from(chunk.length) >= LEAST_FRAME_BYTES;
        let usual = name == chunk.name && matches!(name[3], b'b' | b'c') && is_whole;
        // ffmpeg lists nothing before the first keyframe.
        let begins = !self.packets.is_empty() || key;
        let number = self.packets.len() as u64;
        if !usual || !begins || kind.key != key || number >= MAX_INDEX_FRAMES {
            return None;
        }
        let dts = i64::try_from(number).ok()?;
        self.packets.push(Packet {
            pts: if kind.timed { dts } else { Packet::NO_TIME },
            dts,
            key,
            size: 0,
        });
        Some(())
    }

    /// The list, at the end of the file.
    fn end(mut self) -> Option<Listed> {
        let complete = self.index.has_ended() && !self.packets.is_empty();
        complete.then_some(Listed {
            container: "avi",
            codec: self.header.video.codec.name(),
            tick: self.header.video.tick,
            packets: self.packets,
            whole: None,
        })
    }
}

/// The number of the stream that a chunk belongs to, in the first two letters of its name.
fn stream(name: [u8; 4]) -> Option<usize> {
    match name {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => {
            Some(usize::from(tens - b'0') * 10 + usize::from(ones - b'0'))
        }
        _ => None,
    }
}
