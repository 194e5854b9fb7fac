//! The tables that say what a transport stream holds (ISO/IEC 13818-1, 2.4.4).

use super::TsPacket;
use super::access_unit::Codec;

/// The PID of the program association table.
const PAT_PID: u16 = 0;

/// The `table_id` of the program association table and of the program map table.
const PAT: u8 = 0;
const PMT: u8 = 2;

/// The stream that is listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Video {
    pub(super) pid: u16,
    pub(super) codec: Codec,
}

/// The tables as they came first. They are repeated all the time, and must not change.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pat: Option<Vec<u8>>,
    pmt_pid: Option<u16>,
    pmt: Option<Vec<u8>>,
    video: Option<Video>,
}

impl Tables {
    /// The video, once the tables have named it.
    pub(super) fn video(&self) -> Option<Video> {
        self.video
    }

    pub(super) fn add_all<'a>(&mut self, packets: impl Iterator<Item = &'a [u8]>) -> Option<()> {
        for packet in packets {
            self.add(&TsPacket::parse(packet)?)?;
        }
        Some(())
    }

    /// Takes in a packet, if it holds a table. `None` if that has changed or is unusual.
    pub(super) fn add(&mut self, packet: &TsPacket) -> Option<()> {
        let Some(payload) = packet.payload else {
            return Some(());
        };
        if packet.pid == PAT_PID {
            let section = section(payload, packet.begins, PAT)?;
            match &self.pat {
                Some(known) => return (known == section).then_some(()),
                None => self.pmt_pid = Some(only_program(section)?),
            }
            self.pat = Some(section.to_vec());
        } else if Some(packet.pid) == self.pmt_pid {
            let section = section(payload, packet.begins, PMT)?;
            match &self.pmt {
                Some(known) => return (known == section).then_some(()),
                None => self.video = Some(only_video(section)?),
            }
            self.pmt = Some(section.to_vec());
        }
        Some(())
    }
}

/// The section in a packet's payload, from `table_id` to its checksum; `None` if it is not wholly in this packet.
fn section(payload: &[u8], begins: bool, table: u8) -> Option<&[u8]> {
    let pointer = usize::from(*payload.first().filter(|_| begins)?);
    let bytes = payload.get(1 + pointer..)?;
    let length = usize::from(u16::from_be_bytes([bytes.get(1)? & 0x0f, *bytes.get(2)?]));
    let section = bytes.get(..3 + length)?;
    // `current_next_indicator`, `section_number` and `last_section_number`: the only section, and valid now.
    let only = section.get(5)? & 1 == 1 && section.get(6..8)? == [0, 0];
    (section[0] == table && only).then_some(section)
}

/// The PID of the program map table of the only program.
fn only_program(pat: &[u8]) -> Option<u16> {
    let entries = pat.get(8..pat.len().checked_sub(4)?)?.chunks_exact(4);
    // Number 0 is no program.
    let mut programs = entries.filter(|entry| entry[..2] != [0, 0]);
    let program = programs.next().filter(|_| programs.next().is_none())?;
    Some(u16::from_be_bytes([program[2] & 0x1f, program[3]]))
}

/// The only video among a program's streams.
fn only_video(pmt: &[u8]) -> Option<Video> {
    let length = |high: u8, low: u8| usize::from(u16::from_be_bytes([high & 0x0f, low]));
    let mut streams = pmt.get(..pmt.len().checked_sub(4)?)?;
    let program_info = length(*streams.get(10)?, *streams.get(11)?);
    streams = streams.get(12 + program_info..)?;
    let mut video = None;
    while let Some((stream, rest)) = streams.split_at_checked(5) {
        let (descriptors, rest) = rest.split_at_checked(length(stream[3], stream[4]))?;
        streams = rest;
        match Codec::of_stream_type(stream[0]) {
            Some(codec) if video.is_none() => {
                let pid = u16::from_be_bytes([stream[1] & 0x1f, stream[2]]);
                video = Some(Video { pid, codec });
            }
            None if is_no_video(stream[0], descriptors) => {}
            _ => return None,
        }
    }
    video.filter(|_| streams.is_empty())
}

/// Is a stream certainly sound, text or data?
fn is_no_video(stream_type: u8, descriptors: &[u8]) -> bool {
    /// The tag of a descriptor with four letters that name a format, such as `VC-1`.
    const REGISTRATION: u8 = 5;
    match stream_type {
        // MPEG audio, private sections, AAC, metadata; AC-3, DTS, cue messages and E-AC-3 as the ATSC has them.
        0x03..=0x05 | 0x0f | 0x11 | 0x15 | 0x81 | 0x86 | 0x87 => true,
        // Private data: subtitles, teletext and sound in Europe. With four letters it can be anything.
        0x06 => {
            let mut descriptors = descriptors;
            while let Some((header, rest)) = descriptors.split_at_checked(2) {
                let Some(rest) = rest.get(usize::from(header[1])..) else {
                    return false;
                };
                if header[0] == REGISTRATION {
                    return false;
                }
                descriptors = rest;
            }
            descriptors.is_empty()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program map table with these streams: type, PID and descriptors.
    fn pmt(streams: &[(u8, u16, &[u8])]) -> Vec<u8> {
        let mut table = vec![PMT, 0, 0, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0];
        for (kind, pid, descriptors) in streams {
            let [high, low] = pid.to_be_bytes();
            let length = u8::try_from(descriptors.len()).unwrap();
            table.extend([*kind, 0xe0 | high, low, 0xf0, length]);
            table.extend(*descriptors);
        }
        table.extend([0; 4]);
        table
    }

    #[test]
    fn one_video_beside_sound_is_found() {
        let subtitles: &[u8] = &[0x59, 1, 7];
        let table = pmt(&[
            (0x0f, 0x101, &[]),
            (0x1b, 0x100, &[]),
            (0x06, 0x102, subtitles),
        ]);
        let video = only_video(&table).unwrap();
        assert_eq!((video.pid, video.codec), (0x100, Codec::H264));
    }

    #[test]
    fn what_is_not_plain_is_left_to_ffmpeg() {
        let opus: &[u8] = b"\x05\x04Opus";
        for streams in [
            &[(0x1b, 0x100, &[][..]), (0x02, 0x101, &[])][..],
            &[(0x1b, 0x100, &[]), (0xea, 0x101, &[])],
            &[(0x1b, 0x100, &[]), (0x06, 0x101, opus)],
            &[(0x0f, 0x100, &[])],
            &[],
        ] {
            assert!(only_video(&pmt(streams)).is_none(), "{streams:?}");
        }
        assert!(only_video(&[PMT, 0]).is_none());
    }

    #[test]
    fn a_table_that_changes_is_left_to_ffmpeg() {
        let packet = |section: &[u8]| {
            let mut payload = [&[0], section].concat();
            let length = u8::try_from(section.len() - 3).unwrap();
            payload[3] = length;
            payload
        };
        let [one, other] = [0x100, 0x101].map(|pid| packet(&pmt(&[(0x1b, pid, &[])])));
        let mut tables = Tables {
            pmt_pid: Some(7),
            ..Tables::default()
        };
        let mut add = |payload| {
            tables.add(&TsPacket {
                pid: 7,
                begins: true,
                scrambled: false,
                counter: 0,
                discontinuity: false,
                payload: Some(payload),
            })
        };
        assert!(add(&one).is_some() && add(&one).is_some() && add(&other).is_none());
    }
}
