//! Cover art is no video.

use std::fs;
use std::path::Path;

use thumbnail_core::measure::report::Status;

use crate::check::expect_five;
use crate::clip::{Clip, decode, source};
use crate::support::{ffmpeg, report};
use crate::version;

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
fn pictures_and_text_are_called_what_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let picture = "-f lavfi -i testsrc=s=64x48:r=10:d=1";
    ffmpeg(&format!("{picture} -frames:v 1"), &path("still.jpg"));
    ffmpeg(&format!("{picture} -frames:v 1"), &path("still.png"));
    ffmpeg(&format!("{picture} -frames:v 1"), &path("still.bmp"));
    ffmpeg(&format!("{picture} -c:v mpeg4"), &path("short.mp4"));
    let [jpeg, mp4] = ["still.jpg", "short.mp4"].map(|name| fs::read(path(name)).unwrap());
    fs::write(path("motion.jpg"), [jpeg, mp4].concat()).unwrap();
    let webp = |chunk: &str| format!("RIFF\x40\0\0\0WEBP{chunk}{}", "\0".repeat(52));
    fs::write(path("still.webp"), webp("VP8L")).unwrap();
    fs::write(path("moving.webp"), webp("VP8XANIM")).unwrap();
    let heic = format!("\0\0\0\x18ftypheic\0\0\0\0mif1heic{}", "\0".repeat(512));
    fs::write(path("still.heic"), heic).unwrap();
    fs::write(path("notes.txt"), "Dear Ada,\n".repeat(99)).unwrap();
    for (name, words) in [
        ("still.jpg", "not a video but a JPEG picture"),
        ("motion.jpg", "not a video but a motion photo"),
        ("still.png", "not a video but a PNG picture"),
        ("still.bmp", "not a video but a BMP picture"),
        ("still.webp", "not a video but a WebP picture"),
        ("moving.webp", "not a video but an animated WebP"),
        ("still.heic", "not a video but an HEIC picture"),
        ("notes.txt", "not a video but text"),
    ] {
        let out = path("out");
        let report = report("single", &out, &[], &[path(name)]);
        let error = report.videos[0].error.as_deref().unwrap();
        assert!(error.contains(words), "{name}: {error}");
    }
    for (name, options) in [
        ("raw.mjpeg", "-c:v mjpeg -f mjpeg"),
        ("moving.gif", ""),
        ("moving.apng", "-c:v apng -f apng"),
    ] {
        if version::lacks_decoder_of(options) {
            continue;
        }
        ffmpeg(&format!("{picture} {options}"), &path(name));
        let report = report("single", &path("out"), &["--sizes", "16"], &[path(name)]);
        assert_eq!(report.videos[0].status(), Status::Success, "{name}");
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
        // Matroska has it as an attachment.
        (
            "attached.mkv",
            "-map 0 -c copy -attach {cover} -metadata:s:t mimetype=image/png",
        ),
    ] {
        let picture = source("320x180", "30", "2");
        let h264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p";
        let Some(clip) = Clip::make("a.mp4", &format!("{picture} {h264}")) else {
            return;
        };
        let cover = cover(clip.directory.path());
        let map = map.replace("{cover}", &cover);
        let clip = clip.remade(file, &format!("-i {{}} -i {cover} {map}"));
        assert_eq!(decode(&clip.path).len(), 60, "{file}");
        expect_five(file, &clip, 30.0);
    }
}
