//! Luma and chroma become the red, green and blue that a player shows.

use std::fs;

use crate::check::run;
use crate::clip::{Clip, Pixels};

/// Y, U and V of patches: grey, and colours that BT.601 and BT.709 tell apart.
const PATCHES: [[u8; 3]; 4] = [
    [126, 128, 128],
    [90, 90, 110],
    [150, 110, 150],
    [80, 150, 100],
];

/// The weights of red and blue in luma.
const BT601: (f64, f64) = (0.299, 0.114);
const BT709: (f64, f64) = (0.2126, 0.0722);

/// The definition, for limited range (ITU-R BT.601 and BT.709).
fn rgb([y, u, v]: [u8; 3], (red, blue): (f64, f64)) -> [f64; 3] {
    let luma = (f64::from(y) - 16.0) / 219.0;
    let (u, v) = (
        (f64::from(u) - 128.0) / 224.0,
        (f64::from(v) - 128.0) / 224.0,
    );
    let (more_red, more_blue) = (2.0 * (1.0 - red) * v, 2.0 * (1.0 - blue) * u);
    let less_green = (red * more_red + blue * more_blue) / (1.0 - red - blue);
    [luma + more_red, luma - less_green, luma + more_blue].map(|c| (c * 255.0).clamp(0.0, 255.0))
}

#[test]
fn large_video_without_tags_is_bt709_small_is_bt601_and_tags_win() {
    for (width, height, tag, weights) in [
        (320, 240, "", BT601),
        (720, 576, "", BT601),
        (1024, 578, "", BT709),
        (1280, 400, "", BT709),
        (320, 240, "-colorspace bt709", BT709),
        (1280, 720, "-colorspace smpte170m", BT601),
        (1280, 720, "-colorspace bt709", BT709),
    ] {
        let name = format!("{width}x{height} {tag}");
        let dir = tempfile::tempdir().unwrap();
        let raw = dir.path().join("frame.yuv");
        let row = |plane: usize| {
            let of = |x: usize| PATCHES[x * PATCHES.len() / width][plane];
            (0..width).map(of).collect::<Vec<_>>()
        };
        let planes = (0..3).flat_map(|plane| row(plane).repeat(height));
        fs::write(&raw, planes.collect::<Vec<_>>()).unwrap();
        let encode = format!(
            "-f rawvideo -pix_fmt yuv444p -s {width}x{height} -i {} -c:v ffv1 {tag}",
            raw.display()
        );
        let clip = Clip::make("patches.mkv", &encode).unwrap();
        let saved = run(&clip.path, dir.path(), &["--sizes", "16"]);
        let pixels = Pixels::read(&saved.frames[0].files["original"]);
        assert_eq!((pixels.width, pixels.height), (width, height), "{name}");
        for (k, patch) in PATCHES.into_iter().enumerate() {
            let x = (2 * k + 1) * width / (2 * PATCHES.len());
            let place = (height / 2 * width + x) * pixels.channels;
            for (found, wanted) in pixels.bytes[place..].iter().zip(rgb(patch, weights)) {
                let error = (f64::from(*found) - wanted).abs();
                assert!(error <= 3.0, "{name}: {patch:?}: {found} and not {wanted}");
            }
        }
    }
}
