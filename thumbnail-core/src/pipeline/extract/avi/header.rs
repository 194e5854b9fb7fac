//! The headers of an AVI (Microsoft, "AVI RIFF File Reference"): its streams, and where its frames and its index are.

use std::fs::File;
use std::ops::Range;

use super::chunks::{Chunk, HEADER_BYTES, Window, number, split};
use super::frame::Codec;

/// The longest list of headers, in bytes. A file from ffmpeg has 4 kB for each stream.
const MAX_HEADERS_BYTES: u32 = 64 << 10;

/// The longest chunk to be passed over, in bytes. ffmpeg stops at a longer one in the headers.
const MAX_OTHER_BYTES: u32 = 1_000_000;

/// The most chunks outside of the lists of frames, and the most parts of a file, each of a gigabyte.
const MAX_CHUNKS: usize = 1000;

/// The flag `AVIF_MUSTUSEINDEX`: the frames are not stored in the order of time.
const MUST_USE_INDEX: u32 = 0x20;

/// The only video stream.
#[derive(Debug)]
pub(super) struct Video {
    /// Which of the streams it is, from 0.
    pub(super) number: usize,
    pub(super) codec: Codec,
    /// The seconds in one tick of its clock.
    pub(super) tick: f64,
    /// The codec's own headers; they may be in the first frame instead.
    pub(super) config: Vec<u8>,
    /// The bytes of its `OpenDML` super index.
    pub(super) super_index: Option<Vec<u8>>,
}

/// What the headers tell.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) streams: usize,
    pub(super) video: Video,
    /// Where the lists of frames (`movi`) are in the file, without their headers.
    pub(super) frames: Vec<Range<u64>>,
    /// Where the entries of the index `idx1` are in the file.
    pub(super) index: Option<Range<u64>>,
}

impl Header {
    /// `None` if the file is no plain AVI.
    pub(super) fn read(file: &mut File) -> Option<Self> {
        let mut window = Window::default();
        let file_end = file.metadata().ok()?.len();
        if !window.get(file, 0, 12)?.starts_with(b"RIFF") {
            return None;
        }
        let mut top = Top::default();
        let mut position = 0;
        while position < file_end {
            let riff = Chunk::read(&mut window, file, &(position..file_end))?;
            let kind: [u8; 4] = *window.get(file, riff.data().start, 4)?.first_chunk()?;
            let expected = if position == 0 { b"AVI " } else { b"AVIX" };
            if &riff.name != b"RIFF" || &kind != expected {
                return None;
            }
            top.add(&mut window, file, riff.data().start + 4..riff.data().end)?;
            position = riff.next();
        }
        let (streams, video) = top.streams?;
        let has_all = top.frames.len() == 1 || video.super_index.is_some();
        has_all.then_some(Self {
            streams,
            video,
            frames: top.frames,
            index: top.index,
        })
    }
}

/// What has been found outside of the lists of frames.
#[derive(Default)]
struct Top {
    chunks: usize,
    streams: Option<(usize, Video)>,
    frames: Vec<Range<u64>>,
    index: Option<Range<u64>>,
}

impl Top {
    /// Takes in the chunks of one RIFF chunk.
    fn add(&mut self, window: &mut Window, file: &mut File, mut range: Range<u64>) -> Option<()> {
        let lists = self.frames.len();
        while range.start < range.end {
            let chunk = Chunk::read(window, file, &range)?;
            range.start = chunk.next();
            self.chunks += 1;
            let data = chunk.data();
            match &chunk.name {
                _ if self.chunks > MAX_CHUNKS => return None,
                b"LIST" => self.add_list(window, file, &chunk)?,
                // Behind the frames.
                b"idx1" if self.frames.len() == 1 && self.index.is_none() => {
                    self.index = Some(data);
                }
                b"JUNK" if chunk.length <= MAX_OTHER_BYTES => {}
                _ => return None,
            }
        }
        (self.frames.len() == lists + 1).then_some(())
    }

    fn add_list(&mut self, window: &mut Window, file: &mut File, list: &Chunk) -> Option<()> {
        let Range { start, end } = list.data();
        let kind: [u8; 4] = *window.get(file, start, 4)?.first_chunk()?;
        let inside = start.checked_add(4).filter(|inside| *inside <= end)?..end;
        match &kind {
            b"hdrl" if self.streams.is_none() && list.length <= MAX_HEADERS_BYTES => {
                let length = usize::try_from(inside.end - inside.start).ok()?;
                self.streams = Some(streams(window.get(file, inside.start, length)?)?);
            }
            b"movi" if self.streams.is_some() => self.frames.push(inside),
            // Behind the frames, ffmpeg searches its text for further frames.
            b"INFO" if self.frames.is_empty() && list.length <= MAX_OTHER_BYTES => {}
            _ => return None,
        }
        Some(())
    }
}

/// The number of streams in the list `hdrl`, and the only video among them.
fn streams(headers: &[u8]) -> Option<(usize, Video)> {
    let (mut streams, mut video) = (0, None);
    let mut has_other_index = false;
    for (name, bytes) in split(headers)? {
        match (&name, bytes.first_chunk()) {
            (b"avih", _) if number(bytes, 12)? & MUST_USE_INDEX == 0 => {}
            (b"LIST", Some(b"strl")) => {
                let chunks = split(bytes.get(4..)?)?;
                let (name, header) = chunks.first().filter(|_| streams < 100)?;
                if name != b"strh" {
                    return None;
                }
                match header.first_chunk()? {
                    b"vids" if video.is_none() => video = Some(only_video(streams, &chunks)?),
                    b"auds" => has_other_index |= chunks.iter().any(|(name, _)| name == b"indx"),
                    _ => return None,
                }
                streams += 1;
            }
            (b"LIST", Some(b"odml")) | (b"JUNK" | b"IDIT" | b"ISMP", _) => {}
            _ => return None,
        }
    }
    let video = video.filter(|video| video.super_index.is_some() || !has_other_index)?;
    Some((streams, video))
}

/// The video whose header is this list `strl`: `strh`, `strf` (a `BITMAPINFOHEADER` and the codec's own headers), and others.
fn only_video(stream: usize, chunks: &[([u8; 4], &[u8])]) -> Option<Video> {
    const BITMAP_HEADER_BYTES: usize = 40;
    let [(_, header), (name, format), others @ ..] = chunks else {
        return None;
    };
    if name != b"strf" {
        return None;
    }
    let mut super_index = None;
    for (name, bytes) in others {
        match name {
            b"indx" if super_index.is_none() => super_index = Some(bytes.to_vec()),
            b"JUNK" | b"vprp" | b"strn" => {}
            _ => return None,
        }
    }
    let codec = Codec::of_four_letters(*format.get(16..)?.first_chunk()?)?;
    let [scale, rate] = [20, 24].map(|at| number(header, at).and_then(|n| i32::try_from(n).ok()));
    let (scale, rate, start) = (scale?, rate?, number(header, 28)?);
    (scale > 0 && rate > 0 && start == 0).then_some(Video {
        number: stream,
        codec,
        tick: f64::from(scale) / f64::from(rate),
        config: format.get(BITMAP_HEADER_BYTES..)?.to_vec(),
        super_index,
    })
}

/// The length of a chunk's header and of the four letters of its kind: from the beginning of a list to what is in it.
pub(super) const LIST_HEADER_BYTES: u64 = HEADER_BYTES + 4;
