//! A clip made for one test, and every frame of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{ffmpeg, ffmpeg_program};
use crate::version;

/// A clip in a directory of its own.
pub struct Clip {
    pub directory: TempDir,
    pub path: PathBuf,
}

impl Clip {
    /// Makes `name` with ffmpeg; `None` if it lacks the encoder, or the one under test the decoder.
    pub fn make(name: &str, arguments: &str) -> Option<Self> {
        if version::lacks_encoder(arguments) || version::lacks_decoder_of(arguments) {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        ffmpeg(arguments, &path);
        Some(Self { directory, path })
    }

    /// Another file beside it, made from it: `{}` in `arguments` stands for this clip.
    pub fn remade(self, name: &str, arguments: &str) -> Self {
        let path = self.directory.path().join(name);
        let this = self.path.to_str().unwrap();
        ffmpeg(&arguments.replace("{}", this), &path);
        Self { path, ..self }
    }
}

/// The clip's packets as ffprobe lists them, in the order in which they are shown: ticks, and
/// whether each is a keyframe.
pub fn packets(clip: &Path) -> Vec<(i64, bool)> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "V:0"])
        .args(["-show_entries", "packet=pts,flags", "-of", "csv=p=0"])
        .arg(clip)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // Between the packets, ffprobe leaves empty lines where one has side data.
    let lines = text.lines().filter_map(|line| line.split_once(','));
    let packet = |(pts, flags): (&str, &str)| (pts.parse().unwrap(), flags.starts_with('K'));
    let mut packets: Vec<_> = lines.map(packet).collect();
    packets.sort_unstable();
    packets
}

/// Arguments for ffmpeg's test picture, in which every frame differs from every other.
pub fn source(size: &str, rate: &str, seconds: &str) -> String {
    format!("-f lavfi -i testsrc2=s={size}:r={rate}:d={seconds}")
}

/// One decoded frame, RGB or RGBA.
#[derive(PartialEq, Eq)]
pub struct Pixels {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    pub bytes: Vec<u8>,
}

impl Pixels {
    pub fn read(file: impl AsRef<Path>) -> Self {
        let picture = image::open(file).unwrap();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let channels = usize::from(picture.color().channel_count());
        Self {
            width,
            height,
            channels,
            bytes: picture.into_bytes(),
        }
    }
}

/// Every frame of the clip's first real video stream, in the order in which they are shown, as
/// ffmpeg decodes them from the first to the last.
pub fn decode(clip: &Path) -> Vec<Pixels> {
    let stream = run(
        clip,
        &["-c:v", "ppm", "-pix_fmt", "rgb24", "-f", "image2pipe"],
    );
    let mut frames = Vec::new();
    let mut start = 0;
    while start < stream.len() {
        let (pixels, length) = ppm(&stream[start..]);
        frames.push(pixels);
        start += length;
    }
    assert!(!frames.is_empty(), "{} has no frames", clip.display());
    frames
}

/// The same with an alpha channel, of a clip of this size; by a decoder that is none of ffmpeg's own, if that takes one.
pub fn decode_with_alpha(
    clip: &Path,
    (width, height): (usize, usize),
    decoder: Option<&str>,
) -> Vec<Pixels> {
    let channels = 4;
    let decoder: Vec<_> = decoder.iter().flat_map(|name| ["-c:v", name]).collect();
    let format = ["-f", "rawvideo", "-pix_fmt", "rgba"];
    let bytes = run_with(clip, &decoder, &format);
    let frames = bytes.chunks_exact(width * height * channels);
    let frames = frames.map(|frame| Pixels {
        width,
        height,
        channels,
        bytes: frame.to_vec(),
    });
    frames.collect()
}

/// The bytes of all frames with their alpha channel.
pub fn decode_rgba(clip: &Path) -> Vec<u8> {
    run(clip, &["-f", "rawvideo", "-pix_fmt", "rgba"])
}

fn run(clip: &Path, format: &[&str]) -> Vec<u8> {
    run_with(clip, &[], format)
}

fn run_with(clip: &Path, decoder: &[&str], format: &[&str]) -> Vec<u8> {
    let output = Command::new(ffmpeg_program())
        .args(["-v", "error", "-nostdin"])
        .args(decoder)
        .arg("-i")
        .arg(clip)
        .args(["-map", "0:V:0"])
        .args(version::every_frame())
        .args(format)
        .arg("-")
        // Static builds crash on transport streams with it.
        .env("GCONV_PATH", "/nonexistent")
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

/// The first picture of a stream of them, `P6\nWIDTH HEIGHT\n255\n` and the pixels, and its length
/// in bytes.
fn ppm(stream: &[u8]) -> (Pixels, usize) {
    let ends = stream.iter().enumerate().filter(|(_, b)| **b == b'\n');
    let start = ends.map(|(place, _)| place + 1).nth(2).unwrap();
    let header = std::str::from_utf8(&stream[..start]).unwrap();
    let fields: Vec<_> = header.split_whitespace().collect();
    let [magic, width, height, max] = fields[..] else {
        panic!("{header}")
    };
    assert_eq!((magic, max), ("P6", "255"));
    let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
    let end = start + width * height * 3;
    let pixels = Pixels {
        width,
        height,
        channels: 3,
        bytes: stream[start..end].to_vec(),
    };
    (pixels, end)
}
