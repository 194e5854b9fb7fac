//! Reads the movie fragments (`moof`, ISO/IEC 14496-12, 8.8.4 to 8.8.12) and lists the frames of the video track.

use std::ops::Range;

use super::movie::{Defaults, Movie, Video};
use crate::ffmpeg::packet_list::Packet;
use crate::pipeline::extract::mp4::fields::Fields;
use crate::settings::MAX_INDEX_FRAMES;

/// The flags of a `tfhd` box (8.8.7).
mod tfhd {
    pub const BASE_DATA_OFFSET: u32 = 0x1;
    pub const SAMPLE_DESCRIPTION: u32 = 0x2;
    pub const DURATION: u32 = 0x8;
    pub const SIZE: u32 = 0x10;
    pub const FLAGS: u32 = 0x20;
    pub const DEFAULT_BASE_IS_MOOF: u32 = 0x2_0000;
    pub const ALL: u32 = 0x2_003b;
}

/// The flags of a `trun` box (8.8.8).
mod trun {
    pub const DATA_OFFSET: u32 = 0x1;
    pub const FIRST_FLAGS: u32 = 0x4;
    pub const DURATION: u32 = 0x100;
    pub const SIZE: u32 = 0x200;
    pub const FLAGS: u32 = 0x400;
    pub const COMPOSITION_OFFSET: u32 = 0x800;
    pub const ALL: u32 = 0xf05;
}

/// The flags of a sample (8.8.3.1): it depends on others; it is no sync sample. ffmpeg takes it for a keyframe if both are 0.
const DEPENDS: u32 = 0x0100_0000;
const NON_SYNC: u32 = 0x0001_0000;

/// Times from here on are left to ffmpeg, so that no sum of them overflows.
const LATEST: i64 = 1 << 60;

/// The list while it is made. All of its functions return `None` when something is unusual.
pub(super) struct List {
    movie: Movie,
    /// With the times of the fragments: `pts` is the decoding time and the composition offset.
    packets: Vec<Packet>,
    /// The position of each frame in the file and its length, in bytes.
    positions: Vec<(u64, u32)>,
    /// Where the last fragment of the video ends, in ticks.
    end: Option<i64>,
    /// What ffmpeg adds to all presentation times, so that none is before its decoding time: the most negative
    /// composition offset that it has met.
    shift: i64,
}

/// A track fragment (`traf`) while it is read.
struct TrackFragment {
    is_video: bool,
    defaults: Defaults,
    /// The position to which those of the data are relative.
    base: u64,
    /// The next decoding time, in ticks.
    time: Option<i64>,
    runs: usize,
}

/// Where the data of a fragment is.
struct Data {
    /// The position of the `moof` box.
    moof: u64,
    /// From the beginning of the first run to the end of the last one.
    start: u64,
    end: u64,
    /// The end of the run that was read last.
    last_end: u64,
}

impl List {
    pub(super) fn new(movie: Movie) -> Self {
        Self {
            movie,
            packets: Vec::new(),
            positions: Vec::new(),
            end: None,
            shift: 0,
        }
    }

    /// Takes in the content of the `moof` box at `position`. Returns where its data must be.
    pub(super) fn add(&mut self, mut moof: Fields, position: u64) -> Option<Range<u64>> {
        let mut data = Data {
            moof: position,
            start: u64::MAX,
            end: 0,
            last_end: position,
        };
        let is_first = self.packets.is_empty();
        let (shift, mut videos) = (self.shift, 0);
        while !moof.is_empty() {
            match moof.next_box()? {
                (name, _) if &name == b"mfhd" => {}
                (name, track) if &name == b"traf" => {
                    videos += u32::from(self.add_track(track, &mut data)?);
                }
                _ => return None,
            }
        }
        // With a later shift, only the frames behind it would be shown later.
        let settled = is_first || self.shift == shift;
        (videos <= 1 && settled).then_some(data.start..data.end)
    }

    /// Takes in a `traf` box. Returns whether it is of the video.
    fn add_track(&mut self, mut boxes: Fields, data: &mut Data) -> Option<bool> {
        let (name, header) = boxes.next_box()?;
        if &name != b"tfhd" {
            return None;
        }
        let mut track = self.begin_track(header, data)?;
        while !boxes.is_empty() {
            match boxes.next_box()? {
                (name, fields) if &name == b"tfdt" => self.set_time(&mut track, fields)?,
                (name, fields) if &name == b"trun" => self.add_run(&mut track, fields, data)?,
                // What else is said of samples in other tracks does not matter.
                _ if !track.is_video => {}
                _ => return None,
            }
        }
        if track.is_video {
            self.end = track.time;
        }
        Some(track.is_video)
    }

    fn begin_track(&self, mut header: Fields, data: &Data) -> Option<TrackFragment> {
        let (_, flags) = header.version_and_flags()?;
        let id = header.u32()?;
        let (_, mut defaults) = *self.movie.tracks.iter().find(|(other, _)| *other == id)?;
        let base = if flags & tfhd::BASE_DATA_OFFSET != 0 {
            header.u32_or_u64(1)?
        } else if flags & tfhd::DEFAULT_BASE_IS_MOOF != 0 {
            data.moof
        } else {
            data.last_end
        };
        let description = if flags & tfhd::SAMPLE_DESCRIPTION != 0 {
            header.u32()?
        } else {
            1
        };
        for (flag, default) in [
            (tfhd::DURATION, &mut defaults.duration),
            (tfhd::SIZE, &mut defaults.size),
            (tfhd::FLAGS, &mut defaults.flags),
        ] {
            if flags & flag != 0 {
                *default = header.u32()?;
            }
        }
        let usual = flags & !tfhd::ALL == 0 && description == 1 && header.is_empty();
        usual.then_some(TrackFragment {
            is_video: id == self.movie.video.id,
            defaults,
            base,
            time: None,
            runs: 0,
        })
    }

    /// Takes in a `tfdt` box (8.8.12). A fragment must go on where the last one ended.
    fn set_time(&self, track: &mut TrackFragment, mut fields: Fields) -> Option<()> {
        let (version, _) = fields.version_and_flags()?;
        let time = i64::try_from(fields.u32_or_u64(version)?).ok()?;
        let follows = !track.is_video || self.end.is_none_or(|end| time == end);
        let usual = follows && track.time.is_none() && track.runs == 0 && time < LATEST;
        track.time = Some(time);
        usual.then_some(())
    }

    /// Takes in a `trun` box (8.8.8).
    fn add_run(
        &mut self,
        track: &mut TrackFragment,
        mut run: Fields,
        data: &mut Data,
    ) -> Option<()> {
        let (_, flags) = run.version_and_flags()?;
        let count = u64::from(run.u32()?);
        let given = |flag: u32| flags & flag != 0;
        let contradictory = given(trun::FIRST_FLAGS) && given(trun::FLAGS);
        if flags & !trun::ALL != 0 || contradictory || count == 0 {
            return None;
        }
        let offset = match given(trun::DATA_OFFSET) {
            true => i64::from(run.u32()?.cast_signed()),
            // To ffmpeg, all runs without an offset begin at the same position.
            false if track.runs > 0 => return None,
            false => 0,
        };
        let first_flags = if given(trun::FIRST_FLAGS) {
            run.u32()?
        } else {
            track.defaults.flags
        };
        let start = track.base.checked_add_signed(offset)?;
        let mut bytes = 0_u64;
        if !track.is_video && flags & (trun::ALL - trun::DATA_OFFSET - trun::FIRST_FLAGS) == 0 {
            // All samples are the same. There may be any number of them.
            bytes = u64::from(track.defaults.size).checked_mul(count)?;
            track.runs += 1;
            return data
                .add(start, bytes)
                .filter(|()| run.is_empty() && bytes > 0);
        }
        for n in 0..count {
            let mut field = |flag, default| {
                if given(flag) {
                    run.u32()
                } else {
                    Some(default)
                }
            };
            let duration = field(trun::DURATION, track.defaults.duration)?;
            let size = field(trun::SIZE, track.defaults.size)?;
            let default = if n == 0 {
                first_flags
            } else {
                track.defaults.flags
            };
            let flags = field(trun::FLAGS, default)?;
            let composition = field(trun::COMPOSITION_OFFSET, 0)?.cast_signed();
            if size == 0 {
                return None;
            }
            if track.is_video {
                self.add_frame(&mut track.time, duration, flags, composition)?;
                self.positions.push((start.checked_add(bytes)?, size));
            }
            bytes += u64::from(size);
        }
        track.runs += 1;
        data.add(start, bytes).filter(|()| run.is_empty())
    }

    fn add_frame(
        &mut self,
        time: &mut Option<i64>,
        duration: u32,
        flags: u32,
        composition: i32,
    ) -> Option<()> {
        let dts = (*time)?;
        let key = flags & NON_SYNC == 0;
        let contradictory = key && flags & DEPENDS != 0;
        // As ffmpeg does, which lists nothing before the first keyframe.
        let begins = key || !self.packets.is_empty();
        let full = self.packets.len() as u64 >= MAX_INDEX_FRAMES;
        if contradictory || !begins || full || duration == 0 || dts >= LATEST {
            return None;
        }
        self.shift = self.shift.max(composition.checked_neg()?.into());
        self.packets.push(Packet {
            pts: dts + i64::from(composition),
            dts,
            key,
            size: 0,
        });
        *time = Some(dts + i64::from(duration));
        Some(())
    }

    /// The list, at the end of the file. `None` if frames are shown before the edit list begins: ffmpeg may leave them out.
    pub(super) fn end(self) -> Option<Ended> {
        let offset = self.movie.video.offset;
        let mut packets = self.packets;
        for packet in &mut packets {
            packet.dts += offset;
            packet.pts += offset + self.shift;
            if packet.pts < 0 {
                return None;
            }
        }
        (!packets.is_empty()).then_some(Ended {
            packets,
            positions: self.positions,
            video: self.movie.video,
        })
    }
}

/// What was listed, in decoding order.
pub(super) struct Ended {
    pub packets: Vec<Packet>,
    /// The position of each frame in the file and its length, in bytes.
    pub positions: Vec<(u64, u32)>,
    pub video: Video,
}

impl Data {
    /// Adds that of a run.
    fn add(&mut self, start: u64, bytes: u64) -> Option<()> {
        self.last_end = start.checked_add(bytes)?;
        self.start = self.start.min(start);
        self.end = self.end.max(self.last_end);
        Some(())
    }
}
