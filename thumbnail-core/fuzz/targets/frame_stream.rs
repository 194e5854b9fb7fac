//! The stream of pictures that ffmpeg writes into the pipe.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbnail_core::stages::FrameStream;

fuzz_target!(|stream: &[u8]| {
    // The first byte says how long the pieces are in which the rest arrives.
    let Some((length, stream)) = stream.split_first() else {
        return;
    };
    let mut frames = FrameStream::new(1 << 20);
    for mut piece in stream.chunks(usize::from(*length).max(1)) {
        while !piece.is_empty() {
            let Ok(picture) = frames.push(&mut piece) else {
                return;
            };
            if let Some(picture) = picture {
                let bytes = u64::from(picture.width)
                    * u64::from(picture.height)
                    * u64::from(picture.channels);
                assert_eq!(picture.pixels.len() as u64, bytes);
            }
        }
    }
    let _ = frames.end();
});
