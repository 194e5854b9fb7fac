//! AVIs in which ffmpeg's clock is wrong after a seek.

use std::fs::File;

use super::chunks::{Chunk, Window, number};

/// The length of an entry of `idx1`: name, flags, position and length.
const ENTRY_BYTES: u64 = 16;

/// Has the file sound, and empty chunks, which stand for frames that were dropped or fill up a fine clock? ffmpeg's clock
/// is then late by some of these after a seek, and the frame before the wanted one passes for it. Only the first index is
/// looked at, which is that of the first gigabyte.
pub fn drifts(file: &mut File) -> bool {
    find(file).unwrap_or(false)
}

fn find(file: &mut File) -> Option<bool> {
    let mut window = Window::default();
    let file_end = file.metadata().ok()?.len();
    let riff = Chunk::read(&mut window, file, &(0..file_end))?;
    let data = riff.data();
    if &riff.name != b"RIFF" || window.get(file, data.start, 4)? != b"AVI " {
        return None;
    }
    let mut chunk = Chunk::read(&mut window, file, &(data.start + 4..data.end))?;
    while &chunk.name != b"idx1" {
        chunk = Chunk::read(&mut window, file, &(chunk.next()..data.end))?;
    }
    let (mut sound, mut empty) = (false, false);
    let mut entries = chunk.data();
    while entries.start + ENTRY_BYTES <= entries.end && !(sound && empty) {
        let entry = window.get(file, entries.start, 16)?;
        match entry[..4] {
            [_, _, b'w', b'b'] => sound = true,
            [_, _, b'd', b'b' | b'c'] => empty |= number(entry, 12)? == 0,
            _ => {}
        }
        entries.start += ENTRY_BYTES;
    }
    Some(sound && empty)
}
