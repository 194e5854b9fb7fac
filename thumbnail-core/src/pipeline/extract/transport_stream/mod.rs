//! Lists the frames of an MPEG transport stream (ISO/IEC 13818-1) without ffmpeg, which takes five times as long
//! (`benches/README.md`).
//!
//! A transport stream has no index, and the clock can start again wherever two recordings were joined: so all of it
//! is read. But only what is plain is listed here: one program with one video, every PES packet one picture with
//! its times, and nothing missing. For anything else this module returns `None`, and ffmpeg lists the packets.

pub(super) mod access_unit;
mod pes;
mod tables;

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::time::Duration;

use pes::Pes;
use tables::{Tables, Video};

use crate::cancel;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::ffmpeg::packet_list::Packet;
use crate::pipeline::extract::listed::Listed;
use crate::settings::MAX_INDEX_FRAMES;

/// The seconds in a tick of its clock.
const TICK: f64 = 1.0 / 90_000.0;

/// Times from here on are left to ffmpeg: the clock has 33 bits, and may soon start again at 0.
const NEAR_THE_WRAP: i64 = (1 << 33) / 8 * 7;

/// The latest time of the first keyframe after the first picture, in ticks: half a second.
const LATEST_KEYFRAME: i64 = 45_000;

/// The length of a packet, in bytes.
pub(super) const PACKET_BYTES: usize = 188;

/// The first byte of each.
const SYNC: u8 = 0x47;

/// So many times 188 packets of 192 bytes are read at once, 144 kB: few enough to stay in the processor's cache.
const PACKETS_AT_ONCE: usize = 4;

/// How often that much is read in search of the tables: 4.6 MB in all. They are repeated ten times a second.
const READS_FOR_TABLES: usize = 32;

/// Finds three packets in a row near the beginning of `bytes`: where the first one begins, because a recording can be cut
/// anywhere, and how far it is from one to the next. In a file of a camera or a disc, a timestamp of 4 bytes precedes
/// each packet.
pub(super) fn find_packets(bytes: &[u8]) -> Option<(usize, usize)> {
    let steps = [PACKET_BYTES, PACKET_BYTES + 4].into_iter();
    let mut starts = steps.flat_map(|step| (0..step).map(move |start| (start, step)));
    starts.find(|(start, step)| (0..3).all(|n| bytes.get(start + n * step) == Some(&SYNC)))
}

/// Lists the frames of a file. `None` if it is no transport stream, or if anything about it is unusual.
///
/// # Errors
/// It takes longer than `allowed`, or the run is interrupted. [`Error::Unreadable`].
pub fn list(file: &mut File, allowed: Duration) -> Result<Option<Listed>> {
    let deadline = Deadline::after(allowed);
    let Some(mut packets) = Packets::new(file)? else {
        return Ok(None);
    };
    let Some(mut list) = List::begin(&mut packets)? else {
        return Ok(None);
    };
    loop {
        if list.add_all(packets.loaded()).is_none() {
            return Ok(None);
        }
        cancel::check()?;
        deadline.check()?;
        if !packets.load_more()? {
            return Ok(list.end());
        }
    }
}

/// Reads the packets of a file, many at once.
struct Packets<'a> {
    file: &'a mut File,
    /// See [`find_packets`].
    start: u64,
    /// See [`find_packets`].
    step: usize,
    buffer: Vec<u8>,
    /// How many bytes of the buffer have been read.
    filled: usize,
}

impl<'a> Packets<'a> {
    /// `None` if there are no packets at the beginning of the file.
    fn new(file: &'a mut File) -> Result<Option<Self>> {
        let mut packets = Self {
            file,
            start: 0,
            step: PACKET_BYTES,
            // A whole number of packets of either kind.
            buffer: vec![0; PACKETS_AT_ONCE * PACKET_BYTES * (PACKET_BYTES + 4)],
            filled: 0,
        };
        packets.rewind()?;
        let Some((start, step)) = find_packets(&packets.buffer[..packets.filled]) else {
            return Ok(None);
        };
        (packets.start, packets.step) = (start as u64, step);
        packets.rewind()?;
        Ok(Some(packets))
    }

    /// The packets that were read last. What is left at the end of the file is no packet.
    fn loaded(&self) -> impl Iterator<Item = &[u8]> {
        let steps = self.buffer[..self.filled].chunks(self.step);
        steps.filter_map(|bytes| bytes.get(..PACKET_BYTES))
    }

    /// Goes back to the first packets.
    fn rewind(&mut self) -> Result<()> {
        let start = SeekFrom::Start(self.start);
        self.file.seek(start).map_err(Error::Unreadable)?;
        self.load_more().map(drop)
    }

    /// Fills the buffer with the next packets. `false` at the end of the file.
    fn load_more(&mut self) -> Result<bool> {
        self.filled = 0;
        while self.filled < self.buffer.len() {
            match self.file.read(&mut self.buffer[self.filled..]) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(Error::Unreadable(e)),
            }
        }
        Ok(self.filled > 0)
    }
}

/// The list while it is made. All of its functions return `None` when something is unusual.
struct List {
    tables: Tables,
    video: Video,
    /// The `continuity_counter` of the last packet of the video.
    counter: Option<u8>,
    pes: Pes,
    /// The decoding time of the first picture, which need not be a keyframe.
    begin: Option<i64>,
    packets: Vec<Packet>,
}

impl List {
    /// Finds the tables, and goes back to the first packet.
    fn begin(packets: &mut Packets) -> Result<Option<Self>> {
        let mut tables = Tables::default();
        for _ in 0..READS_FOR_TABLES {
            if tables.add_all(packets.loaded()).is_none() {
                return Ok(None);
            }
            if let Some(video) = tables.video() {
                packets.rewind()?;
                return Ok(Some(Self {
                    tables,
                    video,
                    counter: None,
                    pes: Pes::default(),
                    begin: None,
                    packets: Vec::new(),
                }));
            }
            packets.load_more()?;
        }
        Ok(None)
    }

    fn add_all<'a>(&mut self, packets: impl Iterator<Item = &'a [u8]>) -> Option<()> {
        for packet in packets {
            let packet = TsPacket::parse(packet)?;
            if packet.pid == self.video.pid {
                self.add(&packet)?;
            } else {
                self.tables.add(&packet)?;
            }
        }
        Some(())
    }

    /// Takes in a packet of the video.
    fn add(&mut self, packet: &TsPacket) -> Option<()> {
        if packet.scrambled || packet.discontinuity {
            return None;
        }
        let Some(payload) = packet.payload else {
            return Some(());
        };
        let follows = |last: u8| packet.counter == (last + 1) & 0x0f;
        if !self.counter.is_none_or(follows) {
            return None;
        }
        self.counter = Some(packet.counter);
        if packet.begins {
            self.end_pes()?;
            self.pes.begin(payload)?;
        } else {
            self.pes.add(payload)?;
        }
        Some(())
    }

    /// Lists the frame of the PES packet that has ended.
    fn end_pes(&mut self) -> Option<()> {
        let Some(times) = self.pes.times() else {
            return Some(());
        };
        let key = self.video.codec.is_key(self.pes.whole()?)?;
        let packet = Packet { key, ..times };
        let follows = self.packets.last().is_none_or(|last| packet.dts > last.dts);
        let usual = follows && packet.pts >= packet.dts && packet.pts < NEAR_THE_WRAP;
        if !usual || self.packets.len() as u64 >= MAX_INDEX_FRAMES {
            return None;
        }
        // As ffmpeg does, which lists nothing before the first keyframe. If that comes late, it lists nothing of the
        // first second, with which this list is compared.
        let begin = *self.begin.get_or_insert(packet.dts);
        if key || !self.packets.is_empty() {
            self.packets.push(packet);
        } else if packet.dts - begin > LATEST_KEYFRAME {
            return None;
        }
        Some(())
    }

    /// The list, at the end of the file.
    fn end(mut self) -> Option<Listed> {
        self.end_pes()?;
        let codec = self.video.codec.name();
        let packets = self.packets;
        (!packets.is_empty()).then_some(Listed {
            container: "mpegts",
            codec,
            tick: TICK,
            packets,
            whole: None,
        })
    }
}

/// The header of a packet, and what it carries (ISO/IEC 13818-1, 2.4.3.2).
struct TsPacket<'a> {
    pid: u16,
    /// A PES packet or a section begins in it.
    begins: bool,
    scrambled: bool,
    counter: u8,
    /// Its `adaptation_field` announces that the clock or the counter starts again.
    discontinuity: bool,
    payload: Option<&'a [u8]>,
}

impl<'a> TsPacket<'a> {
    /// `None` if it is damaged.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(4)?;
        let has_error = header[1] & 0x80 != 0;
        if header[0] != SYNC || has_error {
            return None;
        }
        let (mut discontinuity, mut payload) = (false, rest);
        if header[3] & 0x20 != 0 {
            let (length, after) = rest.split_first()?;
            let (field, after) = after.split_at_checked(usize::from(*length))?;
            discontinuity = field.first().is_some_and(|flags| flags & 0x80 != 0);
            payload = after;
        }
        Some(Self {
            pid: u16::from_be_bytes([header[1] & 0x1f, header[2]]),
            begins: header[1] & 0x40 != 0,
            scrambled: header[3] & 0xc0 != 0,
            counter: header[3] & 0x0f,
            discontinuity,
            payload: (header[3] & 0x10 != 0).then_some(payload),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_found_from_any_byte_on() {
        let packet = [&[SYNC][..], &[0; 187]].concat();
        let stream = packet.repeat(5);
        assert_eq!(find_packets(&stream), Some((0, 188)));
        assert_eq!(find_packets(&stream[77..]), Some((111, 188)));
        let with_times = [&[0; 4][..], &packet].concat().repeat(5);
        assert_eq!(find_packets(&with_times), Some((4, 192)));
        assert_eq!(find_packets(&stream[..370]), None);
        assert_eq!(find_packets(&[0; 1024]), None);
    }
}
