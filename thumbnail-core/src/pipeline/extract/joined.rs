//! Containers without an index, which are whole again when they are put end to end: recorders and
//! `cat` do that, and the clock of each part is its own. Only a listing of all packets shows it.

use std::fs::File;
use std::io::{Read, Seek};

/// Does ffmpeg call it one of these containers?
pub(super) fn may_be_joined(container: Option<&str>) -> bool {
    matches!(container, Some("mpegts" | "mpeg" | "ogg"))
}

/// Does a file begin like one of these? If it is overlooked, ffmpeg tells.
pub(super) fn begins_as_joined(file: &mut File) -> bool {
    let mut bytes = Vec::new();
    let read = file
        .rewind()
        .and_then(|()| file.take(1024).read_to_end(&mut bytes));
    read.is_ok()
        && (bytes.starts_with(b"OggS") || bytes.starts_with(PACK) || has_ts_packets(&bytes))
}

/// What a program stream begins with (ISO/IEC 13818-1, 2.5.3.4).
const PACK: &[u8] = &[0, 0, 1, 0xba];

/// Three packets of a transport stream in a row, wherever they begin (ISO/IEC 13818-1, 2.4.3.2; with a
/// time before each on Blu-ray discs).
fn has_ts_packets(bytes: &[u8]) -> bool {
    const SYNC: Option<&u8> = Some(&0x47);
    [188, 192].iter().any(|length| {
        let mut starts = 0..*length;
        starts.any(|start| (0..3).all(|n| bytes.get(start + n * length) == SYNC))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transport_streams_are_recognised_wherever_they_were_cut() {
        let packet = [&[0x47][..], &[0; 187]].concat();
        let stream = packet.repeat(5);
        assert!(has_ts_packets(&stream) && has_ts_packets(&stream[77..]));
        assert!(!has_ts_packets(&stream[..370]) && !has_ts_packets(&[0; 1024]));
    }
}
