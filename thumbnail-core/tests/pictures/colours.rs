//! Luma and chroma become the red, green and blue that a player shows.

#[cfg(unix)]
use crate::check::run_lacking;
#[cfg(unix)]
use crate::clip::{Clip, source};
use crate::patches::{Coding, Matrix, SIZE, shown};
use crate::support::few;
use crate::version;

/// Grey, and colours that the matrices tell apart.
const PATCHES: [[f64; 3]; 6] = [
    [0.5, 0.5, 0.5],
    [0.9, 0.3, 0.2],
    [0.2, 0.8, 0.3],
    [0.1, 0.2, 0.9],
    [1.0, 1.0, 1.0],
    [0.0, 0.0, 0.0],
];

const BT601: Matrix = Matrix::Weights(0.299, 0.114);
const BT709: Matrix = Matrix::Weights(0.2126, 0.0722);
const BT2020: Matrix = Matrix::Weights(0.2627, 0.0593);

/// Panics unless each patch comes out as it went in.
fn expect(size: (usize, usize), coding: Coding, tags: &str) {
    let name = format!("{size:?} {coding:?} {tags}");
    let found = shown(
        "patches.mkv",
        size,
        &PATCHES,
        coding,
        &format!("{tags} -c:v ffv1"),
    );
    for (found, wanted) in found.unwrap().into_iter().zip(PATCHES) {
        let errors = found
            .iter()
            .zip(wanted)
            .map(|(f, w)| f64::from(*f) - w * 255.0);
        let error = errors.fold(0.0, |a: f64, b| a.max(b.abs()));
        assert!(error <= 3.0, "{name}: {wanted:?}: {found:?}");
    }
}

fn limited(matrix: Matrix) -> Coding {
    Coding {
        matrix,
        full: false,
        bits: 8,
    }
}

#[test]
fn large_video_without_tags_is_bt709_small_is_bt601_and_tags_win() {
    for (width, height, tag, matrix) in [
        (320, 240, "", BT601),
        (720, 576, "", BT601),
        (1024, 578, "", BT709),
        (1280, 400, "", BT709),
        (320, 240, "-colorspace bt709", BT709),
        (1280, 720, "-colorspace smpte170m", BT601),
        (1280, 720, "-colorspace bt709", BT709),
    ] {
        expect((width, height), limited(matrix), tag);
    }
}

#[test]
fn every_matrix_range_and_depth_is_converted_as_it_is_tagged() {
    for (tag, matrix) in [
        ("bt470bg", BT601),
        ("smpte170m", BT601),
        ("smpte240m", Matrix::Weights(0.212, 0.087)),
        ("fcc", Matrix::Weights(0.30, 0.11)),
        ("bt709", BT709),
        ("bt2020nc", BT2020),
    ] {
        for bits in [8, 10, 12].into_iter().take(few(1)) {
            for full in [false, true] {
                let coding = Coding { matrix, full, bits };
                // The tag of the range alone: a filter keeps newer versions from converting to it.
                let range = if full {
                    "-vf setparams=range=pc -color_range pc"
                } else {
                    "-color_range tv"
                };
                expect(SIZE, coding, &format!("-colorspace {tag} {range}"));
            }
        }
    }
}

/// ffmpeg's scaler does not have this matrix, but its filter `zscale` has.
#[test]
fn a_matrix_that_only_zscale_has_is_right_where_there_is_zscale() {
    if version::lacks_filter("zscale") {
        return;
    }
    for full in [false, true] {
        let coding = Coding {
            full,
            ..limited(Matrix::GreenOrange)
        };
        let range = if full { "pc" } else { "tv" };
        expect(
            SIZE,
            coding,
            &format!("-colorspace ycgco -color_range {range}"),
        );
    }
}

#[cfg(unix)]
#[test]
fn an_ffmpeg_without_zscale_says_that_the_colours_are_not_right() {
    let picture = source("160x128", "25", "1");
    let arguments = format!("{picture} -pix_fmt yuv444p -c:v ffv1 -colorspace ycgco");
    let Some(clip) = Clip::make("a.mkv", &arguments) else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let (saved, stderr) = run_lacking("zscale", "No such filter: 'zscale'", &clip, out.path());
    assert_eq!(saved.frames.len(), 5);
    assert!(saved.plan.unwrap().lost_colours);
    let lines = stderr.matches("its colours are not right").count();
    assert_eq!(lines, 1, "{stderr}");
}

#[test]
fn colours_that_no_scaler_knows_are_no_error() {
    for tag in [
        "ycgco",
        "ictcp",
        "smpte2085",
        "bt2020c",
        "chroma-derived-nc",
        "chroma-derived-c",
    ] {
        let tags = format!("-colorspace {tag} -c:v ffv1");
        let found = shown("odd.mkv", SIZE, &PATCHES, limited(BT601), &tags).unwrap();
        // Black, grey and white are so in each of them.
        for (n, grey) in [(0, 127), (4, 255), (5, 0)] {
            let off = found[n].map(|c| i32::from(c) - grey);
            assert!(off.iter().all(|c| c.abs() <= 3), "{tag}: {:?}", found[n]);
        }
    }
}
