//! Frames that have no right time of their own: several of them share one in a program stream, or the container states
//! decoding times only.

use crate::check::{expect_frames, run, wanted};
use crate::clip::{Clip, decode, source};
use crate::numbered::{Joined, expect, expect_both, numbered};

/// The size of the numbered frames.
const SIZE: (usize, usize) = (160, 128);

/// After a seek into a PES packet that begins in mid-frame, ffmpeg gives the frames in it the times of their successors.
#[test]
fn small_frames_that_share_a_pes_packet() {
    for (file, encoder) in [
        (
            "a.vob",
            "-c:v libx264 -preset veryfast -g 1 -crf 25 -pix_fmt yuv420p",
        ),
        ("a.mpg", "-c:v mpeg4 -g 15 -bf 0 -q:v 8"),
        ("b.mpg", "-c:v mpeg4 -g 25 -bf 2 -q:v 8"),
    ] {
        let picture = numbered(SIZE.0, SIZE.1, 20, 0);
        let Some(clip) = Clip::make(file, &format!("{picture} {encoder}")) else {
            continue;
        };
        for count in [5, 13] {
            let expected = wanted(500, count).into_iter().map(|n| (n, SIZE));
            let expected: Vec<_> = expected.collect();
            expect(&clip.path, &["--frames", &count.to_string()], &expected);
        }
        let expected = [0, 75, 250, 375].map(|n| (n, SIZE));
        expect(&clip.path, &["--at", "0,3,10,15"], &expected);
    }
}

#[test]
fn keyframes_that_share_a_pes_packet() {
    let picture = numbered(SIZE.0, SIZE.1, 20, 0);
    let encoder = "-c:v libx264 -g 5 -bf 0 -crf 25 -sc_threshold 0 -pix_fmt yuv420p";
    let Some(clip) = Joined::encode("vob", &[format!("{picture} {encoder}")]) else {
        return;
    };
    let exact = [0, 125, 250, 374, 499].map(|n| (n, SIZE));
    let keys = [0, 125, 250, 375, 495].map(|n| (n, SIZE));
    expect_both(&clip.bytes("a.vob"), &exact, &keys);
}

/// ffmpeg writes no presentation times when it copies an elementary stream into an MP4.
#[test]
fn an_mp4_of_b_frames_without_presentation_times() {
    let fragments = "-movflags frag_keyframe+empty_moov";
    for (stream, file, options, encoder) in [
        (
            "a.h264",
            "a.mp4",
            "",
            "-c:v libx264 -bf 3 -g 50 -pix_fmt yuv420p",
        ),
        (
            "a.h264",
            "b.mp4",
            fragments,
            "-c:v libx264 -bf 3 -g 50 -pix_fmt yuv420p",
        ),
        ("a.m2v", "a.mp4", "", "-c:v mpeg2video -bf 2 -g 12 -q:v 4"),
        ("a.m2v", "a.mov", "", "-c:v mpeg2video -bf 2 -g 12 -q:v 4"),
        ("a.m1v", "a.mp4", "", "-c:v mpeg1video -bf 2 -g 12 -q:v 4"),
    ] {
        let picture = source("128x72", "25", "6");
        let Some(clip) = Clip::make(stream, &format!("{picture} {encoder}")) else {
            continue;
        };
        let clip = clip.remade(file, &format!("-i {{}} -c copy {options}"));
        let all = decode(&clip.path);
        let out = tempfile::tempdir().unwrap();
        let saved = run(&clip.path, out.path(), &[]);
        expect_frames(
            &format!("{stream} {file}"),
            &saved,
            &all,
            &wanted(all.len(), 5),
        );
    }
}
