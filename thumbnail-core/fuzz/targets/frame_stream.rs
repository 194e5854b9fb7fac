//! The stream of pictures that ffmpeg writes into the pipe.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbnail_core::ffmpeg::frame_stream::Picture;

fuzz_target!(|stream: &[u8]| {
    let mut stream = stream;
    while let Ok(Some(picture)) = Picture::read(&mut stream, 1 << 20) {
        let bytes =
            u64::from(picture.width) * u64::from(picture.height) * u64::from(picture.channels);
        assert_eq!(picture.pixels.len() as u64, bytes);
    }
});
