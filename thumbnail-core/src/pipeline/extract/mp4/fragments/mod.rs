//! Lists the frames of a fragmented MP4 (ISO/IEC 14496-12, 8.8) without ffmpeg, as recorders and adaptive streams write them.
//!
//! Each fragment is a `moof` box, which tells the times of its frames, and an `mdat` box with their data. Only the boxes
//! and not the data are read, but there are as many of them as the video is long. What is listed here is plain: one video
//! track, all of it in fragments that follow each other without a gap, and nothing missing. For anything else this module
//! returns `None`, and ffmpeg lists the packets.
//!
//! Keyframes are those which the fragments mark as such: to these, a seek of ffmpeg leads.

mod moof;
mod movie;

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::ops::Range;
use std::time::Duration;

use super::fields::{Fields, Name};
use super::read_file_type;
use moof::{Ended, List};
use movie::Movie;
pub(super) use movie::{codec, handler, scale};

use crate::cancel;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::pipeline::extract::listed::{Listed, Whole};
use crate::settings::{MAX_BOXES_BEFORE_INDEX, MAX_INDEX_BYTES};

/// How much of the file is read at once, in bytes. It holds a common `moof` box and the header of the `mdat` box behind it.
const BUFFER_BYTES: usize = 8 << 10;

/// Lists the frames of a file. `None` if it is no fragmented MP4, or if anything about it is unusual.
///
/// # Errors
/// It takes longer than `allowed`, or the run is interrupted. [`Error::Unreadable`].
pub fn list(file: &mut File, allowed: Duration) -> Result<Option<Listed>> {
    let deadline = Deadline::after(allowed);
    let length = file.metadata().map_err(Error::Unreadable)?.len();
    file.rewind().map_err(Error::Unreadable)?;
    let mut boxes = Boxes {
        file: BufReader::with_capacity(BUFFER_BYTES, file),
        position: 0,
        length,
    };
    let (mut walk, mut others) = (Walk::Begin, 0);
    let mut movie = Vec::new();
    while boxes.position < length {
        cancel::check()?;
        deadline.check()?;
        match walk.go_on(&mut boxes, &mut movie) {
            Some(next) if others < MAX_BOXES_BEFORE_INDEX => walk = next,
            _ => return Ok(None),
        }
        let is_fragment = matches!(walk, Walk::Data(..));
        others = if is_fragment { 0 } else { others + 1 };
    }
    Ok(walk.end(|offset, positions| Whole {
        file_type: read_file_type(file),
        movie,
        offset: Some(offset),
        positions,
        length,
    }))
}

/// The boxes of a file, one after another.
struct Boxes<'a> {
    file: BufReader<&'a mut File>,
    /// Where the next box begins.
    position: u64,
    /// That of the file.
    length: u64,
}

impl Boxes<'_> {
    /// The header of the next box: its name, and where its content is. `None` if the file ends before it does.
    fn next(&mut self) -> Option<(Name, Range<u64>)> {
        let start = self.position;
        let mut header = [0; 8];
        self.file.read_exact(&mut header).ok()?;
        let (size, name) = header.split_first_chunk()?;
        let (size, header) = match u32::from_be_bytes(*size) {
            1 => {
                let mut size = [0; 8];
                self.file.read_exact(&mut size).ok()?;
                (u64::from_be_bytes(size), 16)
            }
            size => (size.into(), 8),
        };
        let end = start.checked_add(size).filter(|end| *end <= self.length)?;
        self.position = end;
        let content = start + header..end;
        (size >= header).then_some((name.try_into().ok()?, content))
    }

    fn read(&mut self, content: &Range<u64>) -> Option<Vec<u8>> {
        let size = content.end - content.start;
        let size = usize::try_from(size)
            .ok()
            .filter(|_| size <= MAX_INDEX_BYTES)?;
        let mut bytes = vec![0; size];
        self.file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    fn skip(&mut self, content: &Range<u64>) -> Option<()> {
        let size = i64::try_from(content.end - content.start).ok()?;
        self.file.seek_relative(size).ok()
    }
}

/// What has been read so far.
enum Walk {
    /// No `moov` box yet.
    Begin,
    /// The next box need not be an `mdat` box.
    Between(List),
    /// The next box is to be an `mdat` box with this data.
    Data(List, Range<u64>),
    /// The index at the end (`mfra`) has been read, which ffmpeg does not use.
    End(List),
}

impl Walk {
    /// Reads the next box. `None` if it is unusual. The content of `moov` is put into `movie`.
    fn go_on(self, boxes: &mut Boxes, movie: &mut Vec<u8>) -> Option<Self> {
        let start = boxes.position;
        let (name, content) = boxes.next()?;
        let next = match (&name, self) {
            (b"moov", Self::Begin) => {
                *movie = boxes.read(&content)?;
                return Some(Self::Between(List::new(Movie::parse(Fields(movie))?)));
            }
            (b"moof", Self::Between(mut list)) => {
                let moof = boxes.read(&content)?;
                let data = list.add(Fields(&moof), start)?;
                return Some(Self::Data(list, data));
            }
            (b"mdat", Self::Data(list, data))
                if content.start <= data.start && data.end <= content.end =>
            {
                Self::Between(list)
            }
            (b"mfra", Self::Between(list)) => Self::End(list),
            (b"ftyp", Self::Begin) => Self::Begin,
            (b"styp" | b"emsg" | b"prft", Self::Between(list)) => Self::Between(list),
            (b"free" | b"skip", walk @ (Self::Begin | Self::Between(_))) => walk,
            _ => return None,
        };
        boxes.skip(&content)?;
        Some(next)
    }

    /// The list, at the end of the file. `whole` takes what the edit list adds to all times and the positions of the frames.
    fn end(self, whole: impl FnOnce(i64, Vec<(u64, u32)>) -> Whole) -> Option<Listed> {
        let (Self::Between(list) | Self::End(list)) = self else {
            return None;
        };
        let Ended {
            packets,
            positions,
            video,
        } = list.end()?;
        Some(Listed {
            container: "mov,mp4,m4a,3gp,3g2,mj2",
            codec: video.codec,
            tick: 1.0 / f64::from(video.scale),
            packets,
            whole: Some(whole(video.offset, positions)),
        })
    }
}
