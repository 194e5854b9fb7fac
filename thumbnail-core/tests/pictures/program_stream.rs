//! Program streams of more than 64 MB: of these only the clock is sampled all the way, unless it starts again or jumps.

use std::fs;
use std::path::Path;

use crate::check::{run, wanted};
use crate::numbered::{Joined, expect_both, numbered};
use crate::support::few;

const SIZE: (usize, usize) = (160, 128);

/// Panics unless the five frames of `video` are the right ones of `count`, in both modes. There is a keyframe every `step`
/// frames in each part of `part` frames.
fn expect_five(video: &Path, count: usize, part: usize, step: usize) {
    assert!(fs::metadata(video).unwrap().len() > 64 << 20);
    let keys = || (0..count).filter(|key| (key % part).is_multiple_of(step));
    let nearest = |n: usize| keys().min_by_key(|key| key.abs_diff(n)).unwrap();
    let frames: Vec<_> = wanted(count, 5).into_iter().map(|n| (n, SIZE)).collect();
    let keyframes = frames.iter().map(|(n, _)| (nearest(*n), SIZE));
    let keyframes: Vec<_> = keyframes.collect();
    expect_both(video, &frames, &keyframes);
}

/// How often ffmpeg is started for the frames of `video`: at best once to list both ends of it, and once to decode.
fn starts(video: &Path, mode: &str) -> usize {
    let out = tempfile::tempdir().unwrap();
    let saved = run(video, out.path(), &["--seek", mode]);
    saved.plan.unwrap().ffmpeg_starts
}

#[test]
fn a_long_recording_is_not_read_from_end_to_end() {
    // Stuffing makes it that large.
    let rate = "-b:v 24M -minrate 24M -maxrate 24M -bufsize 2M -sc_threshold 1000000000";
    let h264 = "nal-hrd=cbr:keyint=50:min-keyint=50:scenecut=0 -pix_fmt yuv420p";
    for (ending, encoder, step) in [
        ("vob", "-c:v mpeg2video -g 24 -bf 2", 24),
        (
            "vob",
            &format!("-c:v libx264 -preset veryfast -x264-params {h264}"),
            50,
        ),
        ("mpg", "-c:v mpeg1video -g 25", 25),
    ]
    .into_iter()
    .take(few(1))
    {
        let picture = numbered(SIZE.0, SIZE.1, 24, 0);
        let Some(clip) = Joined::encode(ending, &[format!("{picture} {encoder} {rate}")]) else {
            continue;
        };
        let video = &clip.parts()[0];
        expect_five(video, 600, 600, step);
        let starts = ["exact", "keyframe"].map(|mode| starts(video, mode));
        assert_eq!(starts, [2, 2], "{encoder}");
    }
}

#[test]
fn a_clock_that_starts_again_or_jumps_is_seen_in_a_large_file() {
    const LARGE_BYTES: usize = 70 << 20;
    for offsets in [[0, 0], [0, 80], [80, 0]] {
        let part = |n: usize| {
            let picture = numbered(SIZE.0, SIZE.1, 10, n * 250);
            let encoder = "-c:v mpeg2video -g 25 -q:v 3 -sc_threshold 1000000000";
            format!("{picture} {encoder} -output_ts_offset {}", offsets[n])
        };
        let Some(clips) = Joined::encode("vob", &[part(0), part(1)]) else {
            return;
        };
        // Packs of padding between the two, with the time of the last one before (ISO/IEC 13818-1, 2.5.3.3).
        let first = fs::read(&clips.parts()[0]).unwrap();
        let pack = first.windows(4).rposition(|bytes| bytes == [0, 0, 1, 0xba]);
        let header = &first[pack.unwrap()..][..14];
        let padding = [header, &[0, 0, 1, 0xbe, 0x07, 0xec], &[0xff; 0x7ec]].concat();
        let large = padding.repeat(LARGE_BYTES / padding.len());
        expect_five(&clips.bytes_around("a.vob", &large), 500, 250, 25);
    }
}
