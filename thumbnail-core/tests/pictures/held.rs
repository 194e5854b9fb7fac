//! Frames that are held: shown for much longer than the others.

use std::fs;
use std::path::Path;

use crate::check::run;
use crate::numbered::{Joined, numbered, numbers};

/// Sound that makes ten seconds larger than 4 MB, so that only both ends of the file are listed.
const LOUD: &str = "-f lavfi -i anullsrc=r=96000:cl=7.1 -c:a pcm_s32le -t 19";

/// Arguments that give the frames these times, in milliseconds: an expression of their number `N`.
fn at_times(times: &str) -> String {
    format!("-vf settb=1/1000,setpts={times} -vsync passthrough -enc_time_base 1:1000")
}

fn expect(video: &Path, options: &[&str], expected: &[usize], seconds: &[f64]) {
    let out = tempfile::tempdir().unwrap();
    let saved = run(video, out.path(), &[&["--sizes", "16"], options].concat());
    let name = format!("{} {options:?}", video.display());
    let found: Vec<_> = numbers(&saved).into_iter().map(|(n, _)| n).collect();
    assert_eq!(found, expected, "{name}");
    for (frame, at) in saved.frames.iter().zip(seconds) {
        let told = frame.timestamp_seconds;
        assert!((at - told).abs() < 0.011, "{name}: {told} and not {at}");
    }
}

#[test]
fn a_frame_that_is_held_for_three_seconds_is_on_show_all_the_time() {
    let times = at_times(r"N*40+3000*gte(N\,50)");
    let h264 = "-c:v libx264 -preset ultrafast -g 50 -bf 2 -pix_fmt yuv420p";
    let mut sizes = Vec::new();
    for (ending, encoder) in [
        ("mkv", format!("{LOUD} {h264}")),
        ("mkv", h264.to_owned()),
        ("mp4", h264.to_owned()),
        ("nut", format!("{LOUD} -c:v mpeg4 -q:v 4 -bf 0")),
    ] {
        let picture = numbered(160, 128, 16, 0);
        let Some(clip) = Joined::encode(ending, &[format!("{picture} {encoder} {times}")]) else {
            continue;
        };
        let video = &clip.parts()[0];
        sizes.push(fs::metadata(video).unwrap().len());
        let seconds = [0.0, 1.96, 9.48, 14.2, 18.96];
        expect(video, &[], &[0, 49, 162, 280, 399], &seconds);
        let at = ["--at", "1.9,2.5,4.9,5.01,18"];
        expect(
            video,
            &at,
            &[47, 49, 49, 50, 375],
            &[1.88, 1.96, 1.96, 5.0, 18.0],
        );
    }
    assert!(sizes.iter().any(|size| *size > 4 << 20));
}

#[test]
fn slides_are_no_jumps_of_the_clock() {
    let seconds = [0.0, 36.0, 72.0, 96.0, 132.0];
    for (ending, encoder) in [
        ("gif", "-c:v gif"),
        ("apng", "-c:v apng"),
        ("mkv", "-c:v libx264 -pix_fmt yuv420p"),
        ("flv", "-c:v flv1 -q:v 3"),
        ("asf", "-c:v mpeg4 -q:v 3"),
    ] {
        // Twelve slides, twelve seconds each.
        let (picture, times) = (numbered(160, 128, 1, 0), at_times("N*12000"));
        let slides = format!("{picture} -frames:v 12 {encoder} {times}");
        let Some(clip) = Joined::encode(ending, &[slides]) else {
            continue;
        };
        let video = &clip.parts()[0];
        expect(video, &[], &[0, 3, 6, 8, 11], &seconds);
        let at = ["--at", "1.5,14,35,36,130"];
        expect(
            video,
            &at,
            &[0, 1, 2, 3, 10],
            &[0.0, 12.0, 24.0, 36.0, 120.0],
        );
    }
}
