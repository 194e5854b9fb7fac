//! Cover art is no video.

use std::path::Path;

use thumbnail_core::measure::report::Status;

use crate::check::expect_five;
use crate::clip::{Clip, source};
use crate::support::{ffmpeg, report};

fn cover(directory: &Path) -> String {
    let cover = directory.join("cover.png");
    ffmpeg("-f lavfi -i mandelbrot=s=64x64 -frames:v 1", &cover);
    cover.to_str().unwrap().to_owned()
}

#[test]
fn sound_alone_is_refused_with_or_without_cover_art() {
    let directory = tempfile::tempdir().unwrap();
    let cover = cover(directory.path());
    let sound = "-f lavfi -i sine=d=1";
    let with_cover =
        format!("{sound} -i {cover} -map 0 -map 1 -c:v copy -disposition:v attached_pic");
    for (file, arguments) in [
        ("plain.wav", sound.to_owned()),
        ("plain.mp4", format!("{sound} -c:a aac")),
        (
            "covered.mp3",
            format!("{with_cover} -c:a libmp3lame -id3v2_version 3"),
        ),
        ("covered.m4a", format!("{with_cover} -c:a aac -f mp4")),
        ("covered.flac", format!("{with_cover} -c:a flac")),
    ] {
        let sound = directory.path().join(file);
        ffmpeg(&arguments, &sound);
        let out = directory.path().join("out");
        let report = report("single", &out, &[], &[sound]);
        assert_eq!(report.videos[0].status(), Status::Failed, "{file}");
        let error = report.videos[0].error.as_deref().unwrap();
        assert!(error.contains("no video stream"), "{file}: {error}");
        assert!(!out.join(file).exists());
    }
}

#[test]
fn of_cover_art_and_a_video_the_video_is_taken() {
    for (file, map) in [
        (
            "after.mp4",
            "-map 0 -map 1 -c copy -disposition:v:1 attached_pic",
        ),
        (
            "before.mp4",
            "-map 1 -map 0 -c copy -disposition:v:0 attached_pic",
        ),
        (
            "before.mkv",
            "-map 1 -map 0 -c copy -disposition:v:0 attached_pic",
        ),
    ] {
        let picture = source("320x180", "30", "2");
        let h264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p";
        let Some(clip) = Clip::make("a.mp4", &format!("{picture} {h264}")) else {
            return;
        };
        let cover = cover(clip.directory.path());
        let clip = clip.remade(file, &format!("-i {{}} -i {cover} {map}"));
        expect_five(file, &clip, 30.0);
    }
}
