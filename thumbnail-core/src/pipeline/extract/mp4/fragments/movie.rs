//! What the `moov` box of a fragmented MP4 tells: its tracks, and the defaults for their samples.

use crate::pipeline::extract::mp4::fields::Fields;

/// The defaults of a track for what its fragments leave out (`trex`, ISO/IEC 14496-12, 8.8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Defaults {
    pub duration: u32,
    pub size: u32,
    pub flags: u32,
}

/// The video track.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Video {
    pub id: u32,
    /// Its name in ffmpeg.
    pub codec: &'static str,
    /// The ticks in a second.
    pub scale: u32,
    /// What the edit list adds to all times, in ticks.
    pub offset: i64,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Movie {
    pub video: Video,
    /// The IDs of all tracks.
    pub tracks: Vec<(u32, Defaults)>,
}

impl Movie {
    /// `None` if there is not one video track, if that has samples outside of fragments, or if it is unusual.
    pub(super) fn parse(moov: Fields) -> Option<Self> {
        let movie_scale = scale(moov.only(*b"mvhd")?)?;
        let (mut video, mut tracks) = (None, Vec::new());
        let mut boxes = moov;
        while !boxes.is_empty() {
            match boxes.next_box()? {
                (name, track) if &name == b"trak" => {
                    let other = video_track(track, movie_scale)?;
                    if other.is_some() && video.is_some() {
                        return None;
                    }
                    video = video.or(other);
                }
                (name, extends) if &name == b"mvex" => defaults(extends, &mut tracks)?,
                _ => {}
            }
        }
        let video = video?;
        let is_first =
            |n: usize, id: u32| tracks.iter().position(|(other, _)| *other == id) == Some(n);
        let unique = tracks
            .iter()
            .enumerate()
            .all(|(n, (id, _))| is_first(n, *id));
        let extended = tracks.iter().any(|(id, _)| *id == video.id);
        (unique && extended).then_some(Self { video, tracks })
    }
}

/// The most tracks: enough for sound and subtitles in all languages.
const MAX_TRACKS: usize = 100;

/// Reads the defaults of all tracks (`mvex`).
fn defaults(mut boxes: Fields, tracks: &mut Vec<(u32, Defaults)>) -> Option<()> {
    while !boxes.is_empty() {
        let (name, mut fields) = boxes.next_box()?;
        if &name != b"trex" {
            continue;
        }
        fields.version_and_flags()?;
        let (id, description) = (fields.u32()?, fields.u32()?);
        let defaults = Defaults {
            duration: fields.u32()?,
            size: fields.u32()?,
            flags: fields.u32()?,
        };
        if description != 1 || tracks.len() == MAX_TRACKS {
            return None;
        }
        tracks.push((id, defaults));
    }
    Some(())
}

/// The time scale in `mvhd` or `mdhd`, behind two dates.
pub(in crate::pipeline::extract::mp4) fn scale(mut header: Fields) -> Option<u32> {
    let (version, _) = header.version_and_flags()?;
    header.u32_or_u64(version)?;
    header.u32_or_u64(version)?;
    // ffmpeg takes a greater number for a negative one.
    header.u32().filter(|scale| (1..1 << 31).contains(scale))
}

/// A track: `Some(None)` if it is certainly none of video.
#[allow(clippy::option_option)] // As all of these functions, it returns `None` for what is unusual.
fn video_track(track: Fields, movie_scale: u32) -> Option<Option<Video>> {
    let media = track.only(*b"mdia")?;
    match &handler(media.only(*b"hdlr")?)? {
        b"vide" => {}
        b"soun" | b"text" | b"sbtl" | b"subt" | b"tmcd" | b"meta" => return Some(None),
        _ => return None,
    }
    let mut header = track.only(*b"tkhd")?;
    let (version, _) = header.version_and_flags()?;
    header.u32_or_u64(version)?;
    header.u32_or_u64(version)?;
    let id = header.u32()?;
    let scale = scale(media.only(*b"mdhd")?)?;
    let table = media.only(*b"minf")?.only(*b"stbl")?;
    if !is_empty(table)? {
        return None;
    }
    Some(Some(Video {
        id,
        codec: codec(table.only(*b"stsd")?)?,
        scale,
        offset: edit_offset(track, scale, movie_scale)?,
    }))
}

/// `handler_type` (8.4.3).
pub(in crate::pipeline::extract::mp4) fn handler(mut fields: Fields) -> Option<[u8; 4]> {
    fields.version_and_flags()?;
    fields.u32()?;
    fields.name()
}

/// Does a sample table list no sample?
fn is_empty(mut table: Fields) -> Option<bool> {
    while !table.is_empty() {
        let (name, mut fields) = table.next_box()?;
        let skipped = match &name {
            b"stsd" => continue,
            // `sample_size` comes before the number.
            b"stsz" => 8,
            _ => 4,
        };
        fields.skip(skipped)?;
        if fields.u32()? != 0 {
            return Some(false);
        }
    }
    Some(true)
}

/// The codec of the only sample description.
pub(in crate::pipeline::extract::mp4) fn codec(mut descriptions: Fields) -> Option<&'static str> {
    descriptions.version_and_flags()?;
    let count = descriptions.u32()?;
    let (format, _) = descriptions.next_box()?;
    if count != 1 || !descriptions.is_empty() {
        return None;
    }
    match &format {
        b"avc1" | b"avc3" => Some("h264"),
        b"hvc1" | b"hev1" => Some("hevc"),
        b"av01" => Some("av1"),
        b"vp09" => Some("vp9"),
        b"mp4v" => Some("mpeg4"),
        _ => None,
    }
}

/// What the edit list (`elst`, 8.6.6) adds to all times, in ticks. `None` if it does more than shift the whole track.
fn edit_offset(track: Fields, scale: u32, movie_scale: u32) -> Option<i64> {
    /// A rate of 1, as a number with 16 bits behind the point.
    const NORMAL_SPEED: u32 = 1 << 16;
    let mut boxes = track;
    let mut edits = None;
    while !boxes.is_empty() {
        let (name, content) = boxes.next_box()?;
        if &name == b"edts" && edits.replace(content).is_some() {
            return None;
        }
    }
    let Some(edits) = edits else {
        return Some(0);
    };
    let mut list = edits.only(*b"elst")?;
    let (version, _) = list.version_and_flags()?;
    let count = list.u32()?;
    let (mut empty, mut start) = (0, None);
    for n in 0..count {
        let (duration, time) = (list.u32_or_u64(version)?, list.u32_or_u64(version)?);
        let nowhere = if version == 0 {
            u64::from(u32::MAX)
        } else {
            u64::MAX
        };
        let speed = list.u32()?;
        match start {
            _ if speed != NORMAL_SPEED => return None,
            None if time == nowhere && n == 0 => empty = duration,
            None if time < 1 << 31 => start = i64::try_from(time).ok(),
            _ => return None,
        }
    }
    // Rounded as ffmpeg does.
    let (scale, movie_scale) = (u128::from(scale), u128::from(movie_scale));
    let empty = (u128::from(empty) * scale + movie_scale / 2) / movie_scale;
    let empty = i64::from(u32::try_from(empty).ok()?);
    list.is_empty().then_some(empty - start?)
}
