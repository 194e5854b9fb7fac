//! `--at`: the frames on show at given times.

use crate::support::ffmpeg;
use crate::tools::{Ended, Place, WAYS, program};

/// `source`'s frames at 0.0, 0.1 … 0.9 seconds, asked for in this order, past the end as well.
const TIMES: &str = "0:00.45,0,50%,99,0.4,00:00:00.9";
const FOUND: [f64; 6] = [0.4, 0.0, 0.4, 0.9, 0.4, 0.9];

fn times_of(place: &Place, way: &str, options: &[&str], video: &std::path::Path) -> Vec<f64> {
    let all = [&["--at", TIMES], options].concat();
    let report = place.run(way, &all, &[video]).success();
    let frames = &report.videos[0].frames;
    let positions: Vec<_> = frames.iter().map(|f| f.position).collect();
    assert_eq!(
        positions,
        [0, 1, 2, 3, 4, 5],
        "{way}: in the order asked for"
    );
    let times = frames.iter().map(|f| f.timestamp_seconds);
    times.map(|t| (t * 1000.0).round() / 1000.0).collect()
}

#[test]
fn each_moment_gives_the_frame_on_show_then() {
    let place = Place::new();
    let mp4 = place.clip("a.mp4");
    // Listed by ffmpeg; a bare stream has no times, and is decoded from its beginning.
    let (mkv, bare) = (place.path("b.mkv"), place.path("c.h264"));
    let source = "-f lavfi -i testsrc2=s=64x36:r=10:d=1 -c:v libx264 -pix_fmt yuv420p";
    ffmpeg(source, &mkv);
    ffmpeg(
        "-f lavfi -i testsrc2=s=64x36:r=25:d=0.4 -c:v libx264 -pix_fmt yuv420p",
        &bare,
    );
    for way in WAYS {
        for video in [&mp4, &mkv] {
            assert_eq!(times_of(&place, way, &[], video), FOUND, "{way}");
        }
        let bare = times_of(&place, way, &[], &bare);
        assert_eq!(bare, [0.36, 0.0, 0.16, 0.36, 0.36, 0.36], "{way}");
    }
}

#[test]
fn keyframe_mode_takes_the_keyframes_nearest_to_the_moments() {
    let place = Place::new();
    let video = place.path("keys.mkv");
    ffmpeg(
        "-f lavfi -i testsrc2=s=64x36:r=10:d=1 -c:v libx264 -g 4 -pix_fmt yuv420p",
        &video,
    );
    for way in WAYS {
        let found = times_of(&place, way, &["--seek", "keyframe"], &video);
        assert_eq!(found, [0.4, 0.0, 0.4, 0.8, 0.4, 0.8], "{way}");
    }
}

#[test]
fn the_files_are_those_that_frames_gives() {
    let place = Place::new();
    let video = place.clip("a.mp4");
    let read = |options: &[&str]| {
        let report = place.run("threads", options, &[&video]).success();
        let frames = report.videos[0].frames.iter();
        frames
            .map(|f| std::fs::read(&f.files["original"]).unwrap())
            .collect::<Vec<_>>()
    };
    let same = read(&["--at", "0%,50%,100%"]) == read(&["--frames", "3"]);
    assert!(same, "other pictures");
}

#[test]
fn at_and_frames_exclude_each_other() {
    for way in WAYS {
        let ended = Ended::of(program(way).args(["--at", "1", "--frames", "2", "a.mp4"]));
        assert_eq!(ended.code, Some(2), "{way}");
        assert!(ended.stderr.contains("--frames"), "{}", ended.stderr);
    }
}
