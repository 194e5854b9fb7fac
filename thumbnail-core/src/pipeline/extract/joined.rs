//! Containers that can be concatenated byte by byte, as recorders and `cat` do. The timestamps of each part
//! start anew. These containers have no index, so only a list of all packets shows where; of a long
//! program stream, its clock ([`super::program_stream`]).

use std::fs::File;
use std::io::{Read, Seek};

use super::program_stream::PACK;
use super::transport_stream::find_packets;

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
        && (bytes.starts_with(b"OggS") || bytes.starts_with(PACK) || find_packets(&bytes).is_some())
}
