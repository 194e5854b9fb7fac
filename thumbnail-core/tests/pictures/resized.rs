//! Thumbnails have the size that the contract says, and are area averages.

use crate::area::decibels;
use crate::check::run;
use crate::clip::{Clip, Pixels, source};

/// The least that is near enough, in decibels.
const NEAR: f64 = 40.0;

fn sizes_of(size: &str, options: &[&str]) -> Vec<(usize, usize)> {
    // A frame of the pattern has sharp edges everywhere: the hardest case for a resizer.
    let lossless = format!("{} -c:v ffv1", source(size, "5", "0.4"));
    let clip = Clip::make("a.mkv", &lossless).unwrap();
    let out = tempfile::tempdir().unwrap();
    let saved = run(&clip.path, out.path(), options);
    assert_eq!(saved.frames.len(), 2);
    let mut sizes = Vec::new();
    for frame in &saved.frames {
        let original = Pixels::read(&frame.files["original"]);
        let mut labels: Vec<_> = frame
            .files
            .iter()
            .filter(|(l, _)| *l != "original")
            .collect();
        labels.sort_by_key(|(label, _)| label.parse::<usize>().unwrap());
        sizes.clear();
        for (label, file) in labels {
            let thumbnail = Pixels::read(file);
            assert_eq!(thumbnail.width.to_string(), *label);
            let near = decibels(&original, &thumbnail);
            assert!(near >= NEAR, "{size} to {label}: {near:.1} dB");
            sizes.push((thumbnail.width, thumbnail.height));
        }
    }
    sizes
}

#[test]
fn the_usual_sizes() {
    let expected = [(160, 90), (320, 180), (640, 360)];
    assert_eq!(sizes_of("1280x720", &[]), expected);
}

#[test]
fn odd_ratios() {
    assert_eq!(
        sizes_of("321x241", &["--sizes", "320,319,200,161,160,100,7,1"]),
        [
            (1, 1),
            (7, 5),
            (100, 75),
            (160, 120),
            (161, 120),
            (200, 150),
            (319, 239),
            (320, 240)
        ]
    );
}

#[test]
fn no_frame_is_enlarged() {
    assert_eq!(sizes_of("320x180", &[]), [(160, 90), (320, 180)]);
    assert_eq!(sizes_of("319x180", &[]), [(160, 90)]);
    assert_eq!(sizes_of("2x2", &["--sizes", "4,3,2,1"]), [(1, 1), (2, 2)]);
}

#[test]
fn very_wide_and_very_high_frames() {
    assert_eq!(sizes_of("1600x100", &[]), [(160, 10), (320, 20), (640, 40)]);
    assert_eq!(
        sizes_of("1000x4", &["--sizes", "160,100"]),
        [(100, 1), (160, 1)]
    );
    assert_eq!(sizes_of("100x1600", &["--sizes", "33"]), [(33, 528)]);
}
