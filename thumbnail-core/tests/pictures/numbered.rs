//! Clips whose frames carry their number, drawn as bits: it can be read from a picture whatever the
//! codec did to it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use thumbnail_core::measure::report::VideoReport;

use crate::check::run;
use crate::clip::Pixels;
use crate::support::ffmpeg;
use crate::version;

/// The bits of a number stand beside each other in the upper half of the picture.
const BITS: usize = 16;

/// Arguments for ffmpeg for a picture `width` wide and `height` high (multiples of 16), of `seconds`
/// at 25 frames a second, whose first frame has the number `first`.
pub fn numbered(width: usize, height: usize, seconds: usize, first: usize) -> String {
    let cell = width / BITS;
    let boxes = (0..BITS).map(|bit| {
        let place = format!("drawbox=x={}:y=0:w={cell}:h=ih/2:t=fill", bit * cell);
        let is_set = format!(r"mod(floor((n+{first})/{})\,2)", 1 << bit);
        format!(",{place}:c=black,{place}:c=white:enable={is_set}")
    });
    let boxes: String = boxes.collect();
    format!("-f lavfi -i color=c=0x204060:s={width}x{height}:r=25:d={seconds}{boxes}")
}

/// The number that a picture carries, and its size.
pub fn number(file: impl AsRef<Path>) -> (usize, (usize, usize)) {
    let pixels = Pixels::read(file);
    let (width, height) = (pixels.width, pixels.height);
    let mut number = 0;
    for bit in 0..BITS {
        let cell = width / BITS;
        let place = (height / 4 * width + bit * cell + cell / 2) * pixels.channels;
        match pixels.bytes[place] {
            0..=80 => {}
            180..=255 => number |= 1 << bit,
            grey => panic!("bit {bit} is neither black nor white: {grey}"),
        }
    }
    (number, (width, height))
}

/// The numbers of the saved frames and the sizes of their pictures.
pub fn numbers(saved: &VideoReport) -> Vec<(usize, (usize, usize))> {
    let originals = saved.frames.iter().map(|f| &f.files["original"]);
    originals.map(number).collect()
}

/// Clips that are put one behind the other.
pub struct Joined {
    directory: TempDir,
    parts: Vec<PathBuf>,
}

impl Joined {
    /// Encodes each of the `parts`; `None` if ffmpeg lacks the encoder.
    pub fn encode(ending: &str, parts: &[String]) -> Option<Self> {
        let lacks = |part: &String| version::lacks_encoder(part) || version::lacks_decoder_of(part);
        if parts.iter().any(lacks) {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let paths = (0..parts.len()).map(|n| directory.path().join(format!("{n}.{ending}")));
        let paths: Vec<_> = paths.collect();
        for (arguments, path) in parts.iter().zip(&paths) {
            ffmpeg(arguments, path);
        }
        Some(Self {
            directory,
            parts: paths,
        })
    }

    /// The clips themselves.
    pub fn parts(&self) -> &[PathBuf] {
        &self.parts
    }

    /// As `cat` joins them.
    pub fn bytes(&self, name: &str) -> PathBuf {
        self.bytes_around(name, &[])
    }

    /// The same with `between` each two of them.
    pub fn bytes_around(&self, name: &str, between: &[u8]) -> PathBuf {
        let parts = self.parts.iter().map(|path| fs::read(path).unwrap());
        self.write(name, &parts.collect::<Vec<_>>().join(between))
    }

    /// A file beside them.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Copies the streams of a file into another container.
    pub fn copy(&self, from: &Path, name: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        ffmpeg(&format!("-i {} -c copy", from.display()), &path);
        path
    }

    /// What comes after `from` seconds of the first of them, split off without decoding.
    pub fn part(&self, name: &str, from: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        let arguments = format!("-ss {from} -i {} -c copy", self.parts[0].display());
        ffmpeg(&arguments, &path);
        path
    }

    /// As ffmpeg joins them, on one clock.
    pub fn concat(&self, name: &str) -> PathBuf {
        let lines = self
            .parts
            .iter()
            .map(|p| format!("file 'file:{}'\n", p.display()));
        let list = self.write("list.txt", lines.collect::<String>().as_bytes());
        let path = self.directory.path().join(name);
        ffmpeg(
            &format!("-f concat -safe 0 -i {} -c copy", list.display()),
            &path,
        );
        path
    }
}

/// Panics unless the saved frames of `video` have these numbers and sizes, at times of 25 frames a
/// second.
#[allow(clippy::cast_precision_loss)]
pub fn expect(video: &Path, options: &[&str], expected: &[(usize, (usize, usize))]) {
    let out = tempfile::tempdir().unwrap();
    let saved = run(video, out.path(), &[&["--sizes", "16"], options].concat());
    let name = format!("{} {options:?}", video.display());
    assert_eq!(numbers(&saved), expected, "{name}");
    let first = expected[0].0 as f64;
    for (frame, (number, _)) in saved.frames.iter().zip(expected) {
        // Where one clock ends and the next begins, containers leave a gap of a frame or two.
        let (at, told) = ((*number as f64 - first) / 25.0, frame.timestamp_seconds);
        assert!((at - told).abs() < 0.1, "{name}: {told} and not {at}");
    }
}

/// The same, and in keyframe mode, where each position has the keyframe that is nearest to the
/// wanted frame.
pub fn expect_both(
    video: &Path,
    exact: &[(usize, (usize, usize))],
    keyframes: &[(usize, (usize, usize))],
) {
    expect(video, &[], exact);
    expect(video, &["--seek", "keyframe"], keyframes);
}
