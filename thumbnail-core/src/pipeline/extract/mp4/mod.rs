//! Reads the sample table of an MP4 or `QuickTime` file, without ffmpeg.
//!
//! It holds the exact timestamps of all frames and says which are keyframes. Reading it takes a few
//! milliseconds, much less than an ffmpeg process. For a file with anything unusual this module returns
//! `None`, and ffmpeg lists the packets instead.

mod excerpt;
mod fields;
pub mod fragments;
mod movie;
mod references;
mod reordering;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use mp4parse::unstable::{CheckedInteger, create_sample_table};
use mp4parse::{MediaContext, SampleEntry, Track, TrackType};

use crate::error::{Error, Result, Truncation};
use crate::ffmpeg::frame_info::passes_for_high_definition;
use crate::pipeline::extract::index::{Frames, Index, Packet, SeekBy};
use crate::pipeline::extract::listed::Whole;
use crate::settings::{MAX_BOXES_BEFORE_INDEX, MAX_INDEX_FRAMES};
pub use excerpt::Excerpt;
use movie::read_movie;
use references::Units;

/// The sample table of the video track.
#[derive(Debug)]
pub struct Movie {
    /// The timestamps of the frames.
    pub index: Index,
    /// What an excerpt of the table is made from.
    pub whole: Whole,
    /// `None` unless the codec is H.264.
    units: Option<Units>,
}

impl Movie {
    /// Is the codec H.264?
    #[must_use]
    pub fn is_h264(&self) -> bool {
        self.units.is_some()
    }

    /// Is the frame of packet number `packet` a reference frame? `false` also if that is not known.
    pub fn is_reference(&self, file: &mut File, packet: usize) -> bool {
        if !self.index.leading.is_empty() {
            return false; // The numbers are not those of the positions.
        }
        let frame = self.whole.positions.get(packet);
        let units = self.units.zip(frame);
        units.is_some_and(|(units, frame)| units.are_of_a_reference(file, *frame))
    }
}

/// What the sample table of a file tells.
#[derive(Debug)]
pub enum Table {
    /// All that is needed.
    Movie(Box<Movie>),
    /// Nothing but that there are B-frames. ffmpeg may list their decoding times as presentation times.
    Reordered,
    /// Nothing: the file is not an MP4, or has anything unusual that is left to ffmpeg.
    Unread,
}

/// Reads the index of an MP4 file.
///
/// # Errors
/// [`Error::Truncated`] if the file ends before the last frame in its table. [`Error::Unreadable`].
pub fn read_index(file: &mut File) -> Result<Table> {
    let Some(movie) = read_movie(file) else {
        return Ok(Table::Unread);
    };
    let length = file.metadata().map_err(Error::Unreadable)?.len();
    let mut videos = movie
        .context
        .tracks
        .iter()
        .filter(|t| t.track_type == TrackType::Video);
    // With several video tracks, one can be cover art or the pictures of chapters.
    let (Some(track), None) = (videos.next(), videos.next()) else {
        return Ok(Table::Unread);
    };
    if movie.context.mvex.is_some() {
        return Ok(if reordering::in_fragments(file, track) {
            Table::Reordered
        } else {
            Table::Unread
        });
    }
    match list(file, &movie.context, track) {
        Some((_, end)) if end > length => {
            Err(Error::Truncated(Truncation::FramesBeyond { end, length }))
        }
        Some((None, _)) => Ok(Table::Reordered),
        // Only ffmpeg tells all keyframes.
        Some(_) if movie.has_open_gops => Ok(Table::Unread),
        Some((Some(mut found), _)) => {
            found.index.untagged_is_high = !movie.has_colours && is_high_definition(track);
            found.whole.file_type = read_file_type(file);
            found.whole.movie = movie.bytes;
            found.whole.length = length;
            Ok(Table::Movie(Box::new(found)))
        }
        None => Ok(Table::Unread),
    }
}

/// The types of box with which an MP4 or `QuickTime` file may begin: those in ffmpeg's `mov_probe`, and those
/// of a segment of an adaptive stream.
const FIRST_BOXES: [&[u8; 4]; 17] = [
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"udta", b"junk",
    b"pict", b"prfl", b"ednm", b"styp", b"sidx", b"emsg", b"moof",
];

/// Does the file begin with a box of an MP4? The file name proves nothing: a text file can be called `a.mp4`.
pub fn may_be_mp4(file: &mut File) -> bool {
    let mut header = [0; 8];
    let read = file.rewind().and_then(|()| file.read_exact(&mut header));
    read.is_ok() && FIRST_BOXES.iter().any(|name| header[4..] == name[..])
}

fn is_high_definition(track: &Track) -> bool {
    // If the track has sample descriptions of different sizes, go by the frame info of each frame instead.
    let mut entries = track.stsd.iter().flat_map(|stsd| stsd.descriptions.iter());
    entries.all(|entry| match entry {
        SampleEntry::Video(entry) => {
            passes_for_high_definition(entry.width.into(), entry.height.into())
        }
        _ => false,
    })
}

/// Reads the header of the box at `position` (ISO/IEC 14496-12, 4.2): its type, and its size in bytes with the
/// header.
pub(super) fn read_box(file: &mut File, position: u64) -> Option<([u8; 4], u64)> {
    file.seek(SeekFrom::Start(position)).ok()?;
    let mut header = [0; 16];
    file.read_exact(&mut header[..8]).ok()?;
    let size = match u32::from_be_bytes(header[..4].try_into().ok()?) {
        1 => {
            file.read_exact(&mut header[8..]).ok()?;
            u64::from_be_bytes(header[8..].try_into().ok()?)
        }
        size => size.into(),
    };
    Some((header[4..8].try_into().ok()?, size))
}

/// Is it a fragmented MP4 without an index of its fragments (`sidx`)? In one, ffmpeg finds a time only by reading on
/// until it comes.
pub fn has_fragments_only(file: &mut File) -> bool {
    let mut position = 0;
    for _ in 0..MAX_BOXES_BEFORE_INDEX {
        match read_box(file, position) {
            Some((name, _)) if &name == b"moof" => return true,
            Some((name, size)) if size >= 8 && !matches!(&name, b"sidx" | b"mdat") => {
                position = position.saturating_add(size);
            }
            _ => return false,
        }
    }
    false
}

/// The box `ftyp` with which a file begins; empty if there is none.
fn read_file_type(file: &mut File) -> Vec<u8> {
    /// It lists a few names.
    const MAX_BYTES: u64 = 4 << 10;
    let mut bytes = Vec::new();
    if let Some((name, size)) = read_box(file, 0)
        && (&name == b"ftyp" && size <= MAX_BYTES)
        && file.rewind().is_ok()
        && file.take(size).read_to_end(&mut bytes).is_err()
    {
        bytes.clear();
    }
    bytes
}

/// The frames of a track (`None` if there are decoding times only), and the position in the file at which the last of
/// them ends, in bytes.
fn list(file: &mut File, context: &MediaContext, track: &Track) -> Option<(Option<Movie>, u64)> {
    let claimed: u64 = {
        let runs = &track.stts.as_ref()?.samples;
        runs.iter().map(|run| u64::from(run.sample_count)).sum()
    };
    let sizes = track.stsz.as_ref()?;
    // If all samples have the same size there is no size table, and a few bytes could claim any number of
    // samples. Video never looks like that.
    let listed = sizes.sample_sizes.len() as u64;
    if claimed != listed || claimed == 0 || claimed > MAX_INDEX_FRAMES {
        return None;
    }
    // Empty samples are no frames.
    if sizes.sample_sizes.contains(&0) {
        return None;
    }
    let scale = track.timescale?.0;
    let (offset, empty) = edit_offset(context, track, scale)?;
    let samples = create_sample_table(track, CheckedInteger(offset))?;
    let end = samples.iter().map(|s| s.end_offset.0).max()?;
    let packets = samples.iter().map(|s| Packet {
        pts: s.start_composition.0,
        dts: s.start_decode.0.saturating_add(offset),
        key: s.sync,
        size: 0,
    });
    let mut packets: Vec<_> = packets.collect();
    if track.media_time.is_some() {
        begin_at(empty, &mut packets);
    }
    let positions = samples.iter().map(|s| {
        let length = s.end_offset.0.checked_sub(s.start_offset.0)?;
        Some((s.start_offset.0, u32::try_from(length).ok()?))
    });
    let positions: Vec<_> = positions.collect::<Option<_>>()?;
    let units = Units::new(track);
    if track.ctts.is_none()
        && packets.iter().any(|p| !p.key)
        && reordering::has_b_frames(file, &positions, units)
    {
        return Some((None, end));
    }
    // Frames before the start of the edit are decoded but not shown. That is left to ffmpeg, and so are frames that
    // share a time.
    if packets.iter().any(|p| p.pts < 0)
        || packets.len() as u64 != claimed
        || share_a_time(&packets)
    {
        return None;
    }
    #[allow(clippy::cast_precision_loss)] // Time scales are below 2^32.
    let tick = 1.0 / scale as f64;
    let index = Index {
        tick,
        frames: Frames::Listed(packets),
        seek_by: SeekBy::Pts,
        delay: None,
        leading: Vec::new(),
        untagged_is_high: false,
    }
    .without_leading();
    let whole = Whole {
        file_type: Vec::new(),
        movie: Vec::new(),
        offset: None,
        positions,
        length: 0,
    };
    let movie = Movie {
        index,
        whole,
        units,
    };
    Some((Some(movie), end))
}

fn share_a_time(packets: &[Packet]) -> bool {
    let mut times: Vec<_> = packets.iter().map(|p| p.pts).collect();
    times.sort_unstable();
    times.windows(2).any(|pair| pair[0] == pair[1])
}

/// As ffmpeg does: if an edit list begins before the first frame, that one is shown right after the empty edit.
fn begin_at(empty: i64, packets: &mut [Packet]) {
    let first = packets.iter().map(|p| p.pts).min().unwrap_or(empty);
    let late = first.saturating_sub(empty).max(0);
    for packet in packets {
        packet.pts = packet.pts.saturating_sub(late);
        packet.dts = packet.dts.saturating_sub(late);
    }
}

/// The offset that the edit list adds to all timestamps, and the duration of the empty edit before it, in ticks. `None` if
/// the edit list does more than shift the whole track.
fn edit_offset(context: &MediaContext, track: &Track, scale: u64) -> Option<(i64, i64)> {
    let Some(media_time) = track.media_time else {
        return Some((0, 0));
    };
    let movie_scale = context.timescale?.0;
    let to_ticks = |movie: u64| {
        let ticks = u128::from(movie) * u128::from(scale) / u128::from(movie_scale.max(1));
        i64::try_from(ticks).ok()
    };
    let shown = to_ticks(track.edited_duration?.0)?;
    let whole = i64::try_from(track.duration?.0).ok()?;
    // An edit that is more than 20 ms shorter than the track cuts off its end. (Its duration is rounded to
    // the movie's time scale, often to milliseconds.)
    let slack = i64::try_from(scale / 50).ok()?.max(1);
    let media_time = i64::try_from(media_time.0).ok()?;
    if shown.checked_add(media_time)?.checked_add(slack)? < whole {
        return None;
    }
    let empty = to_ticks(track.empty_duration.map_or(0, |e| e.0))?;
    Some((empty.checked_sub(media_time)?, empty))
}
