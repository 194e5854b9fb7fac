//! Elementary streams, without a container. They state no times, and from ffmpeg 7 on a seek in one has the times start
//! at 0 again.

use crate::clip::Clip;
use crate::numbered::{expect, numbered};

/// The size of the numbered frames.
const SIZE: (usize, usize) = (160, 128);

#[test]
fn a_frame_in_the_middle_of_a_bare_stream() {
    for (file, encoder) in [
        ("a.m1v", "-c:v mpeg1video -g 12 -q:v 4"),
        ("a.m2v", "-c:v mpeg2video -g 12 -q:v 4"),
        ("b.m2v", "-c:v mpeg2video -bf 2 -g 12 -q:v 4"),
        ("a.m4v", "-c:v mpeg4 -g 12 -q:v 4"),
        ("a.h264", "-c:v libx264 -bf 0 -g 12"),
    ] {
        let picture = numbered(SIZE.0, SIZE.1, 4, 0);
        let arguments = format!("{picture} -pix_fmt yuv420p {encoder}");
        let Some(clip) = Clip::make(file, &arguments) else {
            continue;
        };
        // Without the last frame, whose absence would give a wrong seek away.
        let at = ["--at", "0,2.02"];
        expect(&clip.path, &at, &[(0, SIZE), (50, SIZE)]);
        let in_keyframe_mode = [&at[..], &["--seek", "keyframe"]].concat();
        expect(&clip.path, &in_keyframe_mode, &[(0, SIZE), (48, SIZE)]);
    }
}

#[test]
fn keyframes_with_leading_frames_are_found_without_times() {
    for (file, encoder) in [
        (
            "a.h264",
            "-c:v libx264 -x264-params open-gop=1:keyint=12:min-keyint=12:bframes=3:b-adapt=0",
        ),
        (
            "a.hevc",
            "-c:v libx265 -x265-params log-level=none:open-gop=1:keyint=12:min-keyint=12:bframes=3",
        ),
    ] {
        let picture = numbered(SIZE.0, SIZE.1, 4, 0);
        let arguments = format!("{picture} -pix_fmt yuv420p {encoder}");
        let Some(clip) = Clip::make(file, &arguments) else {
            continue;
        };
        let keys = [0, 24, 48, 72, 96].map(|n| (n, SIZE));
        expect(&clip.path, &["--seek", "keyframe"], &keys);
    }
}
