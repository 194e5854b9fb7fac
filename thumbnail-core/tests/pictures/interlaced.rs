//! Interlaced frames: `original` has both fields, as they were decoded, and the thumbnails no combs.

use crate::check::{expect_frames, run, wanted};
use crate::clip::{Clip, Pixels, decode};

/// A white bar that moves by 16 pixels from field to field.
const MOVING: &str = "-f lavfi -i color=black:s=320x240:r=50:d=3 \
    -f lavfi -i color=white:s=40x240:r=50:d=3 -filter_complex overlay=x='mod(n*16\\,280)'";

/// How many pixels are much brighter or much darker than both the one above and the one below.
fn combs(pixels: &Pixels) -> usize {
    let row = pixels.width * pixels.channels;
    let steps = pixels.bytes.windows(2 * row + 1).map(|w| {
        let (above, here, below) = (i32::from(w[0]), i32::from(w[row]), i32::from(w[2 * row]));
        (here - above, here - below)
    });
    steps
        .filter(|(a, b)| a * b > 0 && a.abs().min(b.abs()) > 60)
        .count()
}

#[test]
fn interlaced_frames_are_deinterlaced_in_the_thumbnails_alone() {
    for (file, order, encoder) in [
        ("a.ts", "tff", "-c:v mpeg2video -q:v 2 -flags +ildct+ilme"),
        ("a.mpg", "bff", "-c:v mpeg2video -q:v 2 -flags +ildct+ilme"),
        (
            "a.mp4",
            "tff",
            "-c:v libx264 -preset veryfast -flags +ildct+ilme -x264opts tff=1",
        ),
        (
            "a.mkv",
            "bff",
            "-c:v libx264 -preset veryfast -flags +ildct+ilme -x264opts bff=1",
        ),
    ] {
        let arguments = format!(
            "{MOVING},tinterlace=mode=interleave_{},setfield={order} -g 10 -pix_fmt yuv420p {encoder}",
            if order == "tff" { "top" } else { "bottom" }
        );
        let Some(clip) = Clip::make(file, &arguments) else {
            continue;
        };
        let all = decode(&clip.path);
        assert!(
            all.iter().any(|frame| combs(frame) > 1000),
            "{file}: no combs to begin with"
        );
        let out = tempfile::tempdir().unwrap();
        for options in [
            &["--sizes", "320,160"][..],
            &["--sizes", "320,160", "--seek", "keyframe"],
        ] {
            let saved = run(&clip.path, out.path(), options);
            if options.len() == 2 {
                expect_frames(file, &saved, &all, &wanted(all.len(), 5));
            }
            let of = |label: &str| {
                let files = saved.frames.iter().map(|frame| &frame.files[label]);
                files
                    .map(|file| combs(&Pixels::read(file)))
                    .collect::<Vec<_>>()
            };
            assert!(of("original").iter().sum::<usize>() > 1000, "{file}");
            assert_eq!(of("320").iter().sum::<usize>(), 0, "{file}");
            assert_eq!(of("160").iter().sum::<usize>(), 0, "{file}");
            // The bar is still there, as wide as it was.
            for frame in &saved.frames {
                let pixels = Pixels::read(&frame.files["320"]);
                let row = pixels.width * pixels.channels;
                let bright = pixels.bytes[120 * row..][..row].chunks(pixels.channels);
                let bright = bright.filter(|pixel| pixel[0] > 128).count();
                assert!((38..=42).contains(&bright), "{file}: {bright}");
            }
        }
    }
}

#[test]
fn progressive_frames_are_not_touched() {
    // Rows that are black and white in turns, which is all comb.
    let rows =
        "-f lavfi -i color=gray:s=320x240:r=25:d=1 -vf geq=lum='255*mod(Y\\,2)':cb=128:cr=128";
    for (file, encoder) in [
        ("a.mkv", "-c:v ffv1"),
        ("a.mp4", "-c:v libx264 -qp 0 -preset veryfast"),
    ] {
        let Some(clip) = Clip::make(file, &format!("{rows} -pix_fmt yuv420p {encoder}")) else {
            continue;
        };
        let out = tempfile::tempdir().unwrap();
        let saved = run(&clip.path, out.path(), &["--sizes", "320"]);
        for frame in &saved.frames {
            let (original, small) = (&frame.files["original"], &frame.files["320"]);
            assert!(Pixels::read(original) == Pixels::read(small), "{file}");
        }
    }
}
