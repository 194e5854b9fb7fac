//! Makes an index of the wanted groups of pictures alone. ffmpeg reads it before the file's own one.
//!
//! ffmpeg reads the whole sample table once for each segment of a plan, and that of a long video lists hundreds of
//! thousands of frames. An excerpt lists some hundreds of them, at their positions in the file: it is a file that
//! holds an MP4 up to its media data, and the whole video follows it as that data (ffmpeg's protocol `concat`).
//!
//! The frames and their times are those of the whole table. What describes them is copied.

use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fields::{Fields, Name};
use super::fragments::{codec, handler, scale};
use crate::ffmpeg::packet_list::Packet;
use crate::pipeline::extract::gop;
use crate::pipeline::extract::index::REORDER_SECONDS;
use crate::pipeline::extract::listed::Whole;
use crate::pipeline::extract::plan::Plan;

/// An excerpt is made if it leaves out this many frames, or more. At this number it was as fast with it as without (twelve
/// seconds of 720p in keyframe mode); it gains more, the longer the video is.
const LEAST_LEFT_OUT: usize = 250;

/// From so many frames ffmpeg learns how far they are reordered.
const BEGINNING: usize = 64;

/// An index of some of the frames, in a temporary file.
#[derive(Debug)]
pub struct Excerpt {
    path: PathBuf,
    /// While it is there, so is the file.
    _file: Temporary,
    keyframes: usize,
}

impl Excerpt {
    /// `None` if the whole index is as good, if anything about it is unusual, or if there is no place for temporary
    /// files. `packets` are all frames, in decoding order, with times in ticks of `tick` seconds. The plan is changed to one
    /// for the excerpt.
    #[must_use]
    pub fn new(whole: &Whole, packets: &[Packet], tick: f64, plan: &mut Plan) -> Option<Self> {
        let table = video_track(Fields(&whole.movie))?
            .only(*b"mdia")?
            .only(*b"minf")?
            .only(*b"stbl")?;
        // Decoders of these tell keyframes from others, whatever the table says.
        codec(table.only(*b"stsd")?)?;
        let runs = runs_of(plan, packets, tick)?;
        let frames = frames_in(&runs, packets.len())?;
        let samples = samples(&frames, packets, &whole.positions)?;
        let edits = match whole.offset {
            // The first frame in a sample table is decoded at 0.
            Some(offset) if packets[0].dts != offset => return None,
            Some(offset) => Some(edit_list(offset, packets, Fields(&whole.movie))?),
            None => None,
        };
        // The positions in the file depend on how long the index before it is, which they do not change.
        let length = write(whole, edits.as_deref(), &samples, 0)?.len();
        let bytes = write(whole, edits.as_deref(), &samples, length as u64)?;
        let (path, file) = save(&bytes).ok()?;
        if plan.keyframes_only {
            // Nothing lies between them, so that ffmpeg need not seek.
            *plan = plan.clone().in_one_pass();
        } else {
            for (segment, run) in plan.segments.iter_mut().zip(&runs) {
                segment.floor = floor(&packets[run.clone()], tick).filter(|_| run.start > 0);
            }
        }
        Some(Self {
            path,
            _file: file,
            keyframes: samples.iter().filter(|sample| sample.key).count(),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many keyframes it lists.
    #[must_use]
    pub fn keyframes(&self) -> usize {
        self.keyframes
    }
}

#[cfg(target_os = "linux")]
type Temporary = std::fs::File;

/// Writes a file without a name, of which nothing is left even if this program is killed, and tells where ffmpeg finds it.
#[cfg(target_os = "linux")]
fn save(bytes: &[u8]) -> io::Result<(PathBuf, Temporary)> {
    use std::os::fd::AsRawFd;

    let mut file = tempfile::tempfile()?;
    file.write_all(bytes)?;
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    Ok((path.into(), file))
}

#[cfg(not(target_os = "linux"))]
type Temporary = tempfile::TempPath;

#[cfg(not(target_os = "linux"))]
fn save(bytes: &[u8]) -> io::Result<(PathBuf, Temporary)> {
    let mut file = tempfile::Builder::new().prefix("excerpt-").tempfile()?;
    file.write_all(bytes)?;
    Ok((file.path().into(), file.into_temp_path()))
}

/// The frames to list: of each segment of the plan from where a seek may lead to behind its last wanted frame, because
/// decoders delay frames. If only keyframes are decoded, only the wanted ones.
fn runs_of(plan: &Plan, packets: &[Packet], tick: f64) -> Option<Vec<Range<usize>>> {
    if plan.keyframes_only {
        let wanted = plan.targets().map(|(_, target)| target.packet);
        return wanted.map(|packet| packet.map(|n| n..n + 1)).collect();
    }
    let keys: Vec<_> = (0..packets.len()).filter(|n| packets[*n].key).collect();
    let key_before = |n: usize| keys[..keys.partition_point(|key| *key < n)].last();
    // 4.1 seeks earlier by this than it is told.
    #[allow(clippy::cast_possible_truncation)] // A number of ticks.
    let early = (REORDER_SECONDS / tick).ceil() as i64;
    let runs = plan.segments.iter().map(|segment| {
        let wanted = segment.targets.iter().map(|target| target.packet);
        let wanted: Vec<_> = wanted.collect::<Option<_>>()?;
        let last = *wanted.iter().max()?;
        let mut start = 0;
        if segment.seek.is_some() {
            let key = wanted.iter().map(|n| gop::start_for(packets, *n)).min()?;
            start = key;
            while start > 0 && packets[start].pts > packets[key].pts.saturating_sub(early) {
                start = key_before(start).copied().unwrap_or(0);
            }
        }
        let behind = keys.partition_point(|key| *key <= last) + 1;
        Some(start..keys.get(behind).copied().unwrap_or(packets.len()))
    });
    runs.collect()
}

/// The frames in these runs, and those with which the video begins, from which ffmpeg learns about it.
fn frames_in(runs: &[Range<usize>], count: usize) -> Option<Vec<usize>> {
    let mut listed = vec![false; count];
    listed[..count.min(BEGINNING)].fill(true);
    for run in runs {
        listed[run.clone()].fill(true);
    }
    let frames: Vec<_> = (0..count).filter(|n| listed[*n]).collect();
    (count - frames.len() >= LEAST_LEFT_OUT).then_some(frames)
}

/// A time shortly before the first of these frames is shown, in seconds.
#[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
fn floor(run: &[Packet], tick: f64) -> Option<f64> {
    let first = run.iter().map(|p| p.pts).min()?;
    Some((first as f64 - 0.5) * tick)
}

/// A frame in the sample table.
struct Sample {
    /// The time until the next one is decoded, in ticks.
    duration: u32,
    /// The time from its decoding to its presentation, in ticks.
    composition_offset: u32,
    key: bool,
    position: u64,
    size: u32,
}

fn samples(frames: &[usize], packets: &[Packet], positions: &[(u64, u32)]) -> Option<Vec<Sample>> {
    // ffmpeg moves all times by the most negative composition offset.
    if packets.len() != positions.len() || packets.iter().any(|p| p.pts < p.dts) {
        return None;
    }
    let ends = frames[1..].iter().copied().chain([packets.len() - 1]);
    let samples = frames.iter().zip(ends).map(|(&n, next)| {
        let (Packet { pts, dts, key, .. }, (position, size)) = (packets[n], positions[n]);
        Some(Sample {
            duration: ticks(packets[next].dts.saturating_sub(dts))?,
            composition_offset: ticks(pts.saturating_sub(dts))?,
            key,
            position,
            size,
        })
    });
    samples.collect()
}

/// A number of ticks that ffmpeg does not take for a negative one.
fn ticks(ticks: i64) -> Option<u32> {
    u32::try_from(ticks).ok().filter(|ticks| *ticks < 1 << 30)
}

/// The box `edts`, with one edit that adds `offset` to all times and shows all packets. Empty if it need not add anything.
fn edit_list(offset: i64, packets: &[Packet], movie: Fields) -> Option<Vec<u8>> {
    const NORMAL_SPEED: u32 = 1 << 16;
    let movie_scale = scale(movie.only(*b"mvhd")?)?;
    let scale = scale(video_track(movie)?.only(*b"mdia")?.only(*b"mdhd")?)?;
    let start = u32::try_from(-offset).ok()?;
    let ticks = u64::try_from(packets.iter().map(|p| p.pts).max()?).ok()?;
    // With a second for the last frame.
    let duration = (ticks / u64::from(scale) + 2).checked_mul(movie_scale.into())?;
    let edit = [u32::try_from(duration).ok()?, start, NORMAL_SPEED];
    match offset {
        0 => Some(Vec::new()),
        _ => boxed(*b"edts", &list(*b"elst", 1, edit)?),
    }
}

/// The only video track.
fn video_track(mut movie: Fields) -> Option<Fields> {
    let mut found = None;
    while !movie.is_empty() {
        let (name, track) = movie.next_box()?;
        if &name == b"trak"
            && &handler(track.only(*b"mdia")?.only(*b"hdlr")?)? == b"vide"
            && found.replace(track).is_some()
        {
            return None;
        }
    }
    found
}

/// Writes the MP4 up to its media data, in which the file begins at `start`. `edits`: instead of the track's own.
fn write(whole: &Whole, edits: Option<&[u8]>, samples: &[Sample], start: u64) -> Option<Vec<u8>> {
    /// The header of a box whose size is a number of 64 bits.
    const LONG_HEADER_BYTES: u64 = 16;
    let movie = Fields(&whole.movie);
    let header = boxed(*b"mvhd", movie.only(*b"mvhd")?.0)?;
    let mut track = part_with(video_track(movie)?, samples, start, edits.is_some())?;
    track.extend(edits.unwrap_or_default());
    let movie = [header, boxed(*b"trak", &track)?].concat();
    let mut bytes = whole.file_type.clone();
    bytes.extend(boxed(*b"moov", &movie)?);
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(b"mdat");
    bytes.extend(whole.length.checked_add(LONG_HEADER_BYTES)?.to_be_bytes());
    Some(bytes)
}

/// The content of a box of the track, with these samples.
fn part_with(
    mut part: Fields,
    samples: &[Sample],
    start: u64,
    without_edits: bool,
) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while !part.is_empty() {
        let (name, content) = part.next_box()?;
        let content = match &name {
            b"mdia" | b"minf" => part_with(content, samples, start, without_edits)?,
            b"stbl" => table_with(content, samples, start)?,
            b"edts" if without_edits => continue,
            // It refers to other tracks.
            b"tref" => continue,
            _ => content.0.to_vec(),
        };
        bytes.extend(boxed(name, &content)?);
    }
    Some(bytes)
}

/// The content of a sample table (`stbl`, ISO/IEC 14496-12, 8.5 to 8.7) with these samples.
fn table_with(mut table: Fields, samples: &[Sample], start: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while !table.is_empty() {
        let (name, content) = table.next_box()?;
        match &name {
            b"stsd" => {
                let mut descriptions = content;
                descriptions.version_and_flags()?;
                if descriptions.u32()? != 1 {
                    return None;
                }
                bytes.extend(boxed(name, content.0)?);
            }
            b"free" | b"skip" | b"stss" | b"stts" | b"ctts" | b"stsc" | b"stsz" | b"stco"
            | b"co64" | b"sdtp" => {}
            _ => return None,
        }
    }
    let count = samples.len();
    let runs_of = |value: fn(&Sample) -> u32| samples.iter().flat_map(move |s| [1, value(s)]);
    bytes.extend(list(*b"stts", count, runs_of(|s| s.duration))?);
    bytes.extend(list(*b"ctts", count, runs_of(|s| s.composition_offset))?);
    if samples.iter().any(|s| !s.key) {
        let numbers = (1..).zip(samples).filter(|(_, s)| s.key).map(|(n, _)| n);
        let numbers: Vec<_> = numbers.collect();
        bytes.extend(list(*b"stss", numbers.len(), numbers)?);
    }
    // From the first chunk on there is one sample in each.
    bytes.extend(list(*b"stsc", 1, [1, 1, 1])?);
    // All samples have no size in common, which comes before the number of samples.
    let sizes = samples.iter().map(|s| s.size);
    bytes.extend(list(
        *b"stsz",
        0,
        [u32::try_from(count).ok()?].into_iter().chain(sizes),
    )?);
    let positions = samples.iter().map(|s| s.position.checked_add(start));
    let positions: Vec<_> = positions.collect::<Option<_>>()?;
    // The upper and the lower half of each.
    let halves = positions.iter().flat_map(|position| {
        let bytes = position.to_be_bytes();
        let (halves, _) = bytes.as_chunks::<4>();
        [u32::from_be_bytes(halves[0]), u32::from_be_bytes(halves[1])]
    });
    bytes.extend(list(*b"co64", count, halves)?);
    Some(bytes)
}

/// A box with a list: version and flags, how many entries it has, and their fields.
fn list(name: Name, entries: usize, fields: impl IntoIterator<Item = u32>) -> Option<Vec<u8>> {
    let head = [0, u32::try_from(entries).ok()?];
    let fields = head.into_iter().chain(fields).flat_map(u32::to_be_bytes);
    boxed(name, &fields.collect::<Vec<_>>())
}

fn boxed(name: Name, content: &[u8]) -> Option<Vec<u8>> {
    const HEADER_BYTES: usize = 8;
    let size = u32::try_from(HEADER_BYTES + content.len()).ok()?;
    Some([&size.to_be_bytes()[..], &name, content].concat())
}
