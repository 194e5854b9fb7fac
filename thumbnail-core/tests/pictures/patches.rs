//! Clips of a few patches of known luma and chroma, and what colours come out of them.

use std::fs;

use tempfile::TempDir;

use crate::check::run;
use crate::clip::{Clip, Pixels};

/// How luma and chroma are made of red, green and blue.
#[derive(Debug, Clone, Copy)]
pub enum Matrix {
    /// The weights of red and blue in luma.
    Weights(f64, f64),
    /// `YCgCo` (ITU-T H.273, 8.3).
    GreenOrange,
}

/// How numbers stand for colours.
#[derive(Debug, Clone, Copy)]
pub struct Coding {
    pub matrix: Matrix,
    /// Does black begin with 0, and not with 16 of 255?
    pub full: bool,
    pub bits: u32,
}

impl Coding {
    /// Black, and from there to white and for all of chroma, in numbers.
    fn scale(self) -> (f64, f64, f64) {
        let unit = f64::from(1 << (self.bits - 8));
        if self.full {
            (0.0, 256.0 * unit - 1.0, 256.0 * unit - 1.0)
        } else {
            let chroma = match self.matrix {
                Matrix::Weights(..) => 224.0,
                Matrix::GreenOrange => 219.0,
            };
            (16.0 * unit, 219.0 * unit, chroma * unit)
        }
    }

    /// Y, U and V of a colour of 0 to 1, rounded.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A few bits.
    fn encode(self, rgb: [f64; 3]) -> [u16; 3] {
        let [red, green, blue] = rgb;
        let (luma, u, v) = match self.matrix {
            Matrix::Weights(of_red, of_blue) => {
                let luma = of_red * red + (1.0 - of_red - of_blue) * green + of_blue * blue;
                let (u, v) = (
                    (blue - luma) / (1.0 - of_blue),
                    (red - luma) / (1.0 - of_red),
                );
                (luma, u / 2.0, v / 2.0)
            }
            Matrix::GreenOrange => {
                let magenta = f64::midpoint(red, blue);
                let luma = f64::midpoint(magenta, green);
                (luma, (green - magenta) / 2.0, (red - blue) / 2.0)
            }
        };
        let (black, white, chroma) = self.scale();
        let middle = f64::from(1 << (self.bits - 1));
        [
            black + white * luma,
            middle + chroma * u,
            middle + chroma * v,
        ]
        .map(|c| c.round() as u16)
    }
}

/// The size of the clips' pictures.
pub const SIZE: (usize, usize) = (320, 180);

/// What the program makes of a clip with these colours (0 to 1) side by side, whose pixels are not
/// subsampled. `None` if ffmpeg lacks the encoder.
pub fn shown(
    name: &str,
    (width, height): (usize, usize),
    colours: &[[f64; 3]],
    coding: Coding,
    encoder: &str,
) -> Option<Vec<[u8; 3]>> {
    let dir = tempfile::tempdir().unwrap();
    let (format, bytes) = match coding.bits {
        8 => ("yuv444p".into(), 1),
        bits => (format!("yuv444p{bits}le"), 2),
    };
    let patches: Vec<_> = colours.iter().map(|c| coding.encode(*c)).collect();
    let row = |plane: usize| {
        let of = |x: usize| patches[x * patches.len() / width][plane].to_le_bytes();
        (0..width)
            .flat_map(|x| of(x)[..bytes].to_vec())
            .collect::<Vec<_>>()
    };
    let planes = (0..3).flat_map(|plane| row(plane).repeat(height));
    let raw = dir.path().join("frame.yuv");
    fs::write(&raw, planes.collect::<Vec<_>>()).unwrap();
    let input = format!(
        "-f rawvideo -pix_fmt {format} -s {width}x{height} -i {}",
        raw.display()
    );
    let clip = Clip::make(name, &format!("{input} {encoder}"))?;
    Some(read(&clip, colours.len(), (width, height), &dir))
}

fn read(clip: &Clip, count: usize, size: (usize, usize), dir: &TempDir) -> Vec<[u8; 3]> {
    let saved = run(&clip.path, dir.path(), &["--sizes", "16"]);
    let pixels = Pixels::read(&saved.frames[0].files["original"]);
    assert_eq!((pixels.width, pixels.height), size);
    let middle = |k: usize| {
        let x = (2 * k + 1) * pixels.width / (2 * count);
        let place = (pixels.height / 2 * pixels.width + x) * pixels.channels;
        [0, 1, 2].map(|n| pixels.bytes[place + n])
    };
    (0..count).map(middle).collect()
}
