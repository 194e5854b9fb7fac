//! Containers that can be concatenated byte by byte, as recorders and `cat` do. The timestamps of each part
//! start anew. These containers have no index, so only a list of all packets shows where.

use std::fs::File;
use std::io::{Read, Seek};

/// Is the container, by ffmpeg's name, one of these?
pub(super) fn may_be_joined(container: Option<&str>) -> bool {
    matches!(container, Some("mpegts" | "mpeg" | "ogg"))
}

/// Does a file begin like one of these containers? A wrong `false` does no harm: [`may_be_joined`] asks again
/// once ffmpeg has named the container.
pub(super) fn begins_as_joined(file: &mut File) -> bool {
    let mut bytes = Vec::new();
    let read = file
        .rewind()
        .and_then(|()| file.take(1024).read_to_end(&mut bytes));
    read.is_ok()
        && (bytes.starts_with(b"OggS") || bytes.starts_with(PACK) || has_ts_packets(&bytes))
}

/// The start code of a pack header, with which a program stream begins (ISO/IEC 13818-1, 2.5.3.4).
const PACK: &[u8] = &[0, 0, 1, 0xba];

/// Are there three packets of a transport stream in a row, at any offset? They are 188 bytes long (ISO/IEC
/// 13818-1, 2.4.3.2), or 192 with a timestamp before each, as on Blu-ray discs.
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
    fn transport_streams_are_recognised_from_any_byte_on() {
        let packet = [&[0x47][..], &[0; 187]].concat();
        let stream = packet.repeat(5);
        assert!(has_ts_packets(&stream) && has_ts_packets(&stream[77..]));
        assert!(!has_ts_packets(&stream[..370]) && !has_ts_packets(&[0; 1024]));
    }
}
