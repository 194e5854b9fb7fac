//! AVIs with sound in which empty chunks stand for frames that a recorder dropped, or fill up a fine clock. ffmpeg's clock
//! is late after a seek in them.

use crate::clip::Clip;
use crate::numbered::{expect, numbered};
use crate::version::encode_every_frame;

const SIZE: (usize, usize) = (320, 192);

/// 300 frames, of which the encoder may drop some, and sound.
fn clip(filter: &str, encoder: &str) -> Option<Clip> {
    let picture = numbered(SIZE.0, SIZE.1, 12, 0);
    let every_frame = encode_every_frame().join(" ");
    let sound = "-f lavfi -i anoisesrc=r=48000:d=12";
    let arguments = format!(
        "{picture} {sound} -filter:v {filter} {every_frame} {encoder} -c:a pcm_s16le -shortest"
    );
    Clip::make("a.avi", &arguments)
}

#[test]
fn frames_around_dropped_ones_are_not_taken_for_each_other() {
    let filter = r"select=mod(n\,3)+lt(n\,50)";
    let Some(clip) = clip(filter, "-c:v mpeg4 -bf 0 -q:v 5 -g 25") else {
        return;
    };
    // Shown at fractions of the time, as the rate is not constant; every third frame from 50 on is not there.
    expect(&clip.path, &[], &[0, 74, 149, 224, 299].map(|n| (n, SIZE)));
    let moments = ["--at", "0,3.99,5.01"];
    expect(&clip.path, &moments, &[0, 98, 125].map(|n| (n, SIZE)));
}

#[test]
fn a_clock_that_is_finer_than_the_frames_moves_none() {
    let filter = "settb=1/1000,setpts=N*40";
    for (encoder, keys) in [
        ("-c:v mpeg4 -bf 0 -q:v 5 -g 25", [0, 75, 150, 225, 275]),
        (
            "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p",
            [0, 75, 150, 224, 299],
        ),
    ] {
        let encoder = format!("{encoder} -enc_time_base 1:1000");
        let Some(clip) = clip(filter, &encoder) else {
            continue;
        };
        let frames = [0, 75, 150, 224, 299].map(|n| (n, SIZE));
        expect(&clip.path, &[], &frames);
        expect(
            &clip.path,
            &["--seek", "keyframe"],
            &keys.map(|n| (n, SIZE)),
        );
        expect(&clip.path, &["--at", "0,5.01"], &[(0, SIZE), (125, SIZE)]);
    }
}
