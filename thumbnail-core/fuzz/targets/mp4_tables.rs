//! The tables of an MP4 or `QuickTime` file, which are read without ffmpeg.

#![no_main]

use std::hint::black_box;

use libfuzzer_sys::fuzz_target;
use thumbnail_core::internal::{Frames, mp4, plan};
use thumbnail_core::settings::Seek;
use thumbnail_core::wanted::Wanted;
use thumbnail_core_fuzz::{check_index, with_file};

fuzz_target!(|bytes: &[u8]| {
    with_file(bytes, |file| {
        // Frames that lie past the end are an error; let them be there.
        for length in [bytes.len() as u64, 1 << 40] {
            file.set_len(length).unwrap();
            if let Ok(mp4::Table::Movie(movie)) = mp4::read_index(file) {
                check_index(&movie.index);
                if let Frames::Listed(packets) = &movie.index.frames {
                    for seek in [Seek::Exact, Seek::Keyframe] {
                        let mut plan = plan(&movie.index, &Wanted::Spread(5), seek);
                        let tick = movie.index.tick;
                        black_box(mp4::Excerpt::new(&movie.whole, packets, tick, &mut plan));
                    }
                }
                for packet in [0, 7, usize::MAX] {
                    black_box(movie.is_reference(file, packet));
                }
            }
        }
    });
});
