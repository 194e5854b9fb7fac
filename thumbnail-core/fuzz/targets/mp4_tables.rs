//! The tables of an MP4 or `QuickTime` file, which are read without ffmpeg.

#![no_main]

use std::hint::black_box;

use libfuzzer_sys::fuzz_target;
use thumbnail_core::internal::mp4;
use thumbnail_core_fuzz::{check_index, with_file};

fuzz_target!(|bytes: &[u8]| {
    with_file(bytes, |file| {
        // Frames that lie past the end are an error; let them be there.
        for length in [bytes.len() as u64, 1 << 40] {
            file.set_len(length).unwrap();
            if let Ok(mp4::Table::Movie(movie)) = mp4::read_index(file) {
                check_index(&movie.index);
                if let Some(samples) = &movie.samples {
                    for packet in [0, 7, usize::MAX] {
                        black_box(samples.is_reference(file, packet));
                    }
                }
            }
        }
    });
});
