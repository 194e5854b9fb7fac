//! The video begins long after the audio, or ends long before it.

use std::path::Path;

use crate::clip::Clip;
use crate::numbered::{expect_both, numbered};
use crate::support::few;
use crate::version::encode_every_frame;

const H264: &str = "-c:a aac -c:v libx264 -preset ultrafast -bf 2 -g 50 -pix_fmt yuv420p";
const MPEG2: &str = "-c:a mp2 -c:v mpeg2video -q:v 3 -bf 2 -g 15 -sc_threshold 1000000000";

/// 20 s of video from second `from` on of `audio` seconds of audio.
fn expect_five(file: &str, encoder: &str, from: usize, audio: usize, keys: [usize; 5]) {
    let picture = numbered(320, 192, 20, 0);
    let every_frame = encode_every_frame().join(" ");
    let arguments = format!(
        "-f lavfi -i sine=d={audio} -itsoffset {from} {picture} -map 0 -map 1 {every_frame} {encoder} -b:a 64k"
    );
    let Some(clip) = Clip::make(file, &arguments) else {
        return;
    };
    let sized = |numbers: [usize; 5]| numbers.map(|n| (n, (320, 192)));
    let exact = [0, 125, 250, 374, 499];
    expect_both(Path::new(&clip.path), &sized(exact), &sized(keys));
}

const H264_KEYS: [usize; 5] = [0, 100, 250, 350, 450];
const MPEG2_KEYS: [usize; 5] = [0, 120, 255, 375, 495];

const FILES: [(&str, &str, [usize; 5]); 5] = [
    ("a.ts", H264, H264_KEYS),
    ("a.vob", MPEG2, MPEG2_KEYS),
    ("a.flv", H264, H264_KEYS),
    ("a.mkv", H264, H264_KEYS),
    ("a.mp4", H264, H264_KEYS),
];

#[test]
fn a_video_that_begins_long_after_the_audio_is_found() {
    // ffmpeg by itself looks 7 s far in a transport stream, 90 s in FLV.
    for (file, encoder, keys) in FILES.into_iter().take(few(3)) {
        expect_five(file, encoder, 100, 120, keys);
    }
}

#[test]
#[ignore = "slow: .ci/run runs it"]
fn ten_minutes_of_audio_before_the_video_are_no_matter() {
    expect_five("a.ts", H264, 600, 620, H264_KEYS);
}

#[test]
fn audio_that_goes_on_after_the_video_ends_moves_no_frame() {
    for (file, encoder, keys) in FILES.into_iter().take(few(2)) {
        expect_five(file, encoder, 0, 120, keys);
    }
}
