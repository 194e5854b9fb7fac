//! Frames of every shape: turned, with pixels that are not square, of odd sizes, of deep colours,
//! transparent.

use std::fs;

use crate::check::{expect_frames, run, wanted};
use crate::clip::{Clip, Pixels, decode, decode_rgba, source};
use crate::support::few;
use crate::version::turn;

const H264: &str = "-c:v libx264 -preset veryfast -pix_fmt yuv420p";

/// Panics unless the frames are right, of size `original`, with a thumbnail `thumbnail`.
fn expect_shape(name: &str, clip: &Clip, original: (usize, usize), thumbnail: (usize, usize)) {
    let all = decode(&clip.path);
    let out = tempfile::tempdir().unwrap();
    let width = thumbnail.0.to_string();
    let saved = run(&clip.path, out.path(), &["--sizes", &width]);
    expect_frames(name, &saved, &all, &wanted(all.len(), 5));
    for frame in &saved.frames {
        let size = |label: &str| {
            let pixels = Pixels::read(&frame.files[label]);
            (pixels.width, pixels.height)
        };
        assert_eq!(
            (size("original"), size(&width)),
            (original, thumbnail),
            "{name}"
        );
    }
}

fn expect_encoded(
    file: &str,
    size: &str,
    encoder: &str,
    original: (usize, usize),
    thumbnail: (usize, usize),
) {
    // The pattern itself is made with an odd size in RGB only.
    let arguments = format!("{},format=rgb24 {encoder}", source(size, "30", "0.5"));
    if let Some(clip) = Clip::make(file, &arguments) {
        expect_shape(&format!("{file} {arguments}"), &clip, original, thumbnail);
    }
}

#[test]
fn turned_clips_are_turned_upright() {
    for file in ["turned.mp4", "turned.mov"] {
        for (degrees, size, thumbnail) in [
            (90, (180, 320), (160, 284)),
            (180, (320, 180), (160, 90)),
            (270, (180, 320), (160, 284)),
        ] {
            let picture = source("320x180", "30", "1");
            let Some(clip) = Clip::make("a.mp4", &format!("{picture} {H264}")) else {
                return;
            };
            let clip = clip.remade(file, &turn("{}", degrees));
            expect_shape(&format!("{file} {degrees}"), &clip, size, thumbnail);
        }
    }
}

/// 640 lines, which are no high definition as they were 640 columns.
#[test]
fn what_was_turned_has_the_colours_of_its_size_before() {
    let picture = source("640x480", "30", "1");
    for file in ["turned.mp4", "turned.mov"] {
        let Some(clip) = Clip::make("a.mp4", &format!("{picture} {H264}")) else {
            return;
        };
        let clip = clip.remade("b.mp4", &turn("{}", 90));
        let clip = clip.remade(file, "-i {} -c copy");
        expect_shape(file, &clip, (480, 640), (160, 213));
    }
}

/// Versions up to 7.0 know nothing of it, and players differ.
#[test]
fn a_crop_that_the_container_states_is_left_to_players() {
    let picture = source("320x180", "30", "1");
    let Some(clip) = Clip::make("a.mkv", &format!("{picture} -vf setsar=16/11 {H264}")) else {
        return;
    };
    let all = decode(&clip.path);
    // DisplayWidth and DisplayHeight become PixelCropLeft (40) and PixelCropTop (20).
    let mut bytes = fs::read(&clip.path).unwrap();
    for (display, crop) in [
        (&b"\x54\xb0\x82"[..], &b"\x54\xcc\x82\x00\x28"[..]),
        (b"\x54\xba\x81", b"\x54\xbb\x81\x14"),
    ] {
        let at = bytes.windows(3).position(|found| found == display).unwrap();
        bytes[at..at + crop.len()].copy_from_slice(crop);
    }
    fs::write(&clip.path, bytes).unwrap();
    let out = tempfile::tempdir().unwrap();
    for seek in ["exact", "keyframe"] {
        let saved = run(&clip.path, out.path(), &["--sizes", "160", "--seek", seek]);
        let first = Pixels::read(&saved.frames[0].files["original"]);
        assert!(first == all[0], "{seek}: {}x{}", first.width, first.height);
    }
}

#[test]
fn a_clip_that_is_turned_and_has_wide_pixels() {
    let picture = source("320x180", "30", "1");
    let Some(clip) = Clip::make("a.mp4", &format!("{picture} -vf setsar=2/1 {H264}")) else {
        return;
    };
    let clip = clip.remade("turned.mp4", &turn("{}", 90));
    // Shown 640 wide and 180 high, before it is turned.
    expect_shape("turned and wide", &clip, (180, 320), (90, 320));
}

#[test]
fn pixels_that_are_not_square_are_shown_square() {
    let mpeg2 = "-c:v mpeg2video -q:v 3";
    // 320 pixels that are 16/11 as wide as high are shown 465 wide.
    let wide = ((320, 180), (320, 123));
    for (file, encoder) in [
        ("a.mp4", format!("-vf setsar=16/11 {H264}")),
        ("a.mkv", format!("-vf setsar=16/11 {H264}")),
        ("a.ts", format!("-vf setsar=16/11 {H264}")),
        ("a.webm", "-vf setsar=16/11 -c:v libvpx -b:v 500k".into()),
        ("a.avi", "-vf setsar=16/11 -c:v mpeg4 -q:v 3".into()),
    ] {
        expect_encoded(file, "320x180", &encoder, wide.0, wide.1);
    }
    // MPEG-2 names the shape of the whole picture.
    let encoder = format!("-aspect 4:3 {mpeg2}");
    expect_encoded("a.mpg", "352x288", &encoder, (352, 288), (352, 264));
    expect_encoded("a.ts", "352x288", &encoder, (352, 288), (352, 264));
    // 8/11: shown narrower than it is stored, so 320 would enlarge it.
    let narrow = format!("-vf setsar=8/11 {H264}");
    expect_encoded("a.mp4", "320x180", &narrow, (320, 180), (160, 123));
}

#[test]
fn the_containers_word_on_the_shape_counts_more_than_the_streams() {
    for file in ["aspect.mp4", "aspect.mkv"] {
        let picture = source("320x180", "30", "1");
        let Some(clip) = Clip::make("a.mp4", &format!("{picture} {H264}")) else {
            return;
        };
        let clip = clip.remade(file, "-i {} -c copy -aspect 4:3");
        expect_shape(file, &clip, (320, 180), (160, 120));
    }
}

#[test]
fn sizes_that_are_odd_small_or_extreme() {
    let vp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 500k";
    for (file, encoder) in [
        ("a.mp4", "-c:v mpeg4 -q:v 4"),
        ("a.webm", vp9),
        ("a.avi", "-c:v mjpeg -pix_fmt yuvj420p"),
        ("a.gif", ""),
    ]
    .into_iter()
    .take(few(2))
    {
        expect_encoded(file, "321x241", encoder, (321, 241), (160, 120));
        expect_encoded(file, "2x2", encoder, (2, 2), (1, 1));
    }
    // Without a tag these would be taken for BT.709, being as large as HD; `colours.rs` sees to that.
    let tagged = format!("{H264} -colorspace smpte170m");
    expect_encoded("a.mp4", "1600x100", &tagged, (1600, 100), (160, 10));
    expect_encoded("a.mp4", "64x1024", &tagged, (64, 1024), (32, 512));
}

#[test]
fn deep_and_unusual_colours() {
    for (file, encoder) in [
        (
            "a.mp4",
            "-c:v libx264 -preset veryfast -pix_fmt yuv420p10le",
        ),
        (
            "a.mkv",
            "-c:v libx264 -preset veryfast -pix_fmt yuv422p10le",
        ),
        (
            "a.mp4",
            "-c:v libx265 -preset ultrafast -x265-params log-level=error -pix_fmt yuv420p10le",
        ),
        ("a.mp4", "-c:v libx264 -preset veryfast -pix_fmt gray"),
        ("a.mp4", "-c:v libx264 -preset veryfast -pix_fmt yuvj420p"),
        (
            "a.mp4",
            "-c:v libx264 -preset veryfast -pix_fmt yuv420p -colorspace bt709 -color_primaries bt709 -color_trc bt709",
        ),
        ("a.mp4", "-c:v libx264rgb -preset veryfast"),
        ("a.mov", "-c:v png -pix_fmt rgb48be"),
    ] {
        expect_encoded(file, "320x180", encoder, (320, 180), (160, 90));
    }
}

/// Half transparent here and there, never wholly.
const TRANSPARENT: &str = "-f lavfi -i testsrc2=s=320x180:r=10:d=1:alpha=96,format=rgba";

#[test]
fn transparency_is_kept() {
    for (file, encoder) in [
        ("a.mov", "-c:v png -pix_fmt rgba"),
        ("a.mov", "-c:v qtrle -pix_fmt argb"),
        ("a.mov", "-c:v prores_ks -profile:v 4 -pix_fmt yuva444p10le"),
        ("a.mkv", "-c:v ffv1 -pix_fmt bgra"),
    ] {
        let Some(clip) = Clip::make(file, &format!("{TRANSPARENT} {encoder}")) else {
            continue;
        };
        let all = decode_rgba(&clip.path);
        let frame_bytes = 320 * 180 * 4;
        let out = tempfile::tempdir().unwrap();
        let saved = run(&clip.path, out.path(), &["--sizes", "160"]);
        for (frame, n) in saved.frames.iter().zip(wanted(10, 5)) {
            let found = Pixels::read(&frame.files["original"]);
            assert_eq!(found.channels, 4, "{file} {encoder}");
            let expected = &all[n * frame_bytes..][..frame_bytes];
            assert!(found.bytes == expected, "{file} {encoder}: frame {n}");
            let near = crate::area::decibels(&found, &Pixels::read(&frame.files["160"]));
            assert!(near > 40.0, "{file} {encoder}: {near} dB");
        }
    }
}

#[test]
fn transparency_is_laid_on_white_where_the_format_has_none() {
    let clip = Clip::make("a.mov", &format!("{TRANSPARENT} -c:v qtrle -pix_fmt argb")).unwrap();
    let rgba = decode_rgba(&clip.path);
    let out = tempfile::tempdir().unwrap();
    let saved = run(&clip.path, out.path(), &["--format", "jpeg"]);
    let found = Pixels::read(&saved.frames[0].files["original"]);
    assert_eq!(found.channels, 3);
    // JPEG is lossy: compare means.
    let on_white = rgba[..320 * 180 * 4].chunks_exact(4).flat_map(|p| {
        let alpha = f64::from(p[3]) / 255.0;
        let over = move |c: &u8| f64::from(*c) * alpha + 255.0 * (1.0 - alpha);
        p[..3].iter().map(over).collect::<Vec<_>>()
    });
    let difference: f64 = on_white
        .zip(&found.bytes)
        .map(|(expected, found)| (expected - f64::from(*found)).abs())
        .sum();
    let mean = difference / f64::from(320 * 180 * 3);
    assert!(mean < 4.0, "{mean}");
}
