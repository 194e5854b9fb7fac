//! The tables of an MP4 or `QuickTime` file, which are read without ffmpeg.

#![no_main]

use std::cell::RefCell;
use std::fs::File;
use std::hint::black_box;
use std::io::{Seek, Write};

use libfuzzer_sys::fuzz_target;
use thumbnail_core::internal::mp4;
use thumbnail_core_fuzz::check_index;

thread_local! {
    static FILE: RefCell<File> = RefCell::new(tempfile::tempfile().unwrap());
}

fuzz_target!(|bytes: &[u8]| {
    FILE.with_borrow_mut(|file| {
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        file.write_all(bytes).unwrap();
        // Frames that lie past the end are an error; let them be there.
        for length in [bytes.len() as u64, 1 << 40] {
            file.set_len(length).unwrap();
            if let Ok(Some(movie)) = mp4::read_index(file) {
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
