//! A clip that is to be shown at an angle that is no multiple of 90 degrees. ffmpeg's warning about it has no
//! newline, so its next message stands behind it on the same line.

use std::fs;

use thumbnail_core::measure::report::Status;

use crate::check::wanted;
use crate::clip::{Clip, Pixels, decode, source};
use crate::support::{MODELS, report};

/// Where the matrix of an MP4's track stands behind the name of its header, in bytes: behind version and flags, three
/// times and numbers, and where the picture lies among others (ISO/IEC 14496-12, 8.3.2).
const MATRIX: usize = 4 + 4 + 20 + 8 + 8;

/// One, as a number with 16 bits behind the point.
const ONE: f64 = 65536.0;

/// The same clip, to be turned by `degrees`.
#[allow(clippy::cast_possible_truncation)] // At most one.
fn turned(mut mp4: Vec<u8>, degrees: f64) -> Vec<u8> {
    let header = mp4.windows(4).position(|name| name == b"tkhd").unwrap();
    let (sin, cos) = degrees.to_radians().sin_cos();
    for (place, number) in [(0, cos), (1, sin), (3, -sin), (4, cos)] {
        let number = (number * ONE).round() as i32;
        let at = header + MATRIX + 4 * place;
        mp4[at..at + 4].copy_from_slice(&number.to_be_bytes());
    }
    mp4
}

/// How far two pictures lie apart, as the mean over all of their bytes.
#[allow(clippy::cast_precision_loss)]
fn difference(one: &Pixels, other: &Pixels) -> f64 {
    assert_eq!((one.width, one.height), (other.width, other.height));
    assert_eq!(one.channels, other.channels);
    let pairs = one.bytes.iter().zip(&other.bytes);
    let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.bytes.len() as f64
}

#[test]
fn an_angle_that_is_no_right_one_is_turned_by_as_well() {
    let encoder = "-c:v libx264 -preset veryfast -pix_fmt yuv420p";
    let picture = source("320x180", "30", "2");
    let Some(clip) = Clip::make("a.mp4", &format!("{picture} {encoder}")) else {
        return;
    };
    let upright = fs::read(&clip.path).unwrap();
    for degrees in [30.0, 200.0, 359.0] {
        fs::write(&clip.path, turned(upright.clone(), degrees)).unwrap();
        let all = decode(&clip.path);
        for model in MODELS {
            let name = format!("{model} {degrees}");
            let options = ["--sizes", "16", "--timeout", "60s"];
            let out = clip.directory.path().join(&name);
            let report = report(model, &out, &options, std::slice::from_ref(&clip.path));
            let saved = &report.videos[0];
            assert_eq!(saved.status(), Status::Success, "{name}: {:?}", saved.error);
            for (frame, wanted) in saved.frames.iter().zip(wanted(all.len(), 5)) {
                let pixels = Pixels::read(&frame.files["original"]);
                // ffmpeg turns before or after it converts to RGB, as the rest of its filters suggests: the
                // pixels differ a little, and from those of other frames more.
                let to = |n: &usize| difference(&all[*n], &pixels);
                let nearest = (0..all.len()).min_by(|a, b| to(a).total_cmp(&to(b)));
                assert_eq!(nearest, Some(wanted), "{name}");
                assert!(to(&wanted) < 6.0, "{name}: {}", to(&wanted));
            }
        }
    }
}
