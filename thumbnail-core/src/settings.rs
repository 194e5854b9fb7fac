//! What the pipeline is asked to do, the same for every video of a run.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::wanted::Wanted;

/// The default for the most pixels of one frame: 12288 x 6480, the largest that cameras give, are 80
/// million. Each video in flight takes up to 8 bytes a pixel here, and several times that in ffmpeg.
pub const MAX_PIXELS: u64 = 100_000_000;

/// The highest limit on pixels that ffmpeg takes.
pub const MOST_MAX_PIXELS: u64 = 0x7fff_ffff;

/// The most frames of one video that can be asked for: more would not fit on ffmpeg's command line.
pub const MOST_FRAMES: u64 = 1000;

/// The largest thumbnail width, in pixels: the largest frame that common codecs allow.
pub const MOST_WIDTH: i64 = 16_384;

/// How frames are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Seek {
    /// The very frame that was asked for.
    Exact,
    /// The keyframe nearest to it: one frame to decode instead of up to a whole GOP.
    Keyframe,
}

/// How thumbnails are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Lossless, keeps transparency.
    Png,
    /// Small; transparency becomes white.
    Jpeg,
    /// Lossless WebP, keeps transparency.
    Webp,
}

impl Format {
    /// The file name extension, without its dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }
}

/// What the pipeline is asked to do with every video.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// The ffmpeg program, from [`crate::program::setup::find`].
    #[serde(with = "crate::path_json")]
    pub ffmpeg: PathBuf,
    /// Where each video's directory goes.
    #[serde(with = "crate::path_json")]
    pub out_dir: PathBuf,
    /// The intentional delay before each video.
    pub delay: Delay,
    /// Which frames of each video.
    pub wanted: Wanted,
    /// Thumbnail widths in pixels.
    pub sizes: Vec<u32>,
    /// How frames are found.
    pub seek: Seek,
    /// How thumbnails are encoded.
    pub format: Format,
    /// Make one picture of all frames of a video as well.
    pub contact_sheet: bool,
    /// Decoder threads of each ffmpeg.
    pub ffmpeg_threads: usize,
    /// The most pixels of one frame.
    pub max_pixels: u64,
    /// Wall time for one video, the delay excluded.
    pub timeout: Duration,
}

impl Settings {
    /// The command line's defaults, without a delay: five frames, 640, 320 and 160 pixels wide, as
    /// PNG, into `out_dir`.
    #[must_use]
    pub fn new(ffmpeg: impl Into<PathBuf>, out_dir: impl Into<PathBuf>) -> Self {
        Self {
            ffmpeg: ffmpeg.into(),
            out_dir: out_dir.into(),
            delay: Delay {
                kind: DelayKind::Cpu,
                duration: Duration::ZERO,
            },
            wanted: Wanted::Spread(5),
            sizes: vec![640, 320, 160],
            seek: Seek::Exact,
            format: Format::Png,
            contact_sheet: false,
            ffmpeg_threads: 1,
            max_pixels: MAX_PIXELS,
            timeout: Duration::from_secs(5 * 60),
        }
    }
}

/// What the delay does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DelayKind {
    /// Burn CPU time of the thread that runs the stage.
    Cpu,
    /// Sleep: a stand-in for slow I/O.
    Wait,
}

/// The intentional delay in front of every video.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// Work or waiting.
    pub kind: DelayKind,
    /// How long, in seconds of CPU time or of wall time.
    #[serde(with = "seconds", rename = "seconds")]
    pub duration: Duration,
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(duration.as_secs_f64())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(D::Error::custom)
    }
}
