//! What the pipeline is asked to do, the same for every video of a run.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::wanted::Wanted;

// All limits on the resources that a file can make the machine spend are in this file.

/// The default limit on the pixels of one frame: 8192 x 4320, the largest frame of common cameras, has 35
/// million. Each video in flight takes up to 14 bytes a pixel in this process, with the default sizes, and in ffmpeg up
/// to the limit of [`Settings::limits`].
pub const DEFAULT_MAX_PIXELS: u64 = 36_000_000;

/// How much memory one ffmpeg may use beside its frames, in bytes: for its own data, for the index tables of
/// its inputs, and for its threads, each of which counts with its whole stack. With five inputs it uses 300 MB.
pub const FFMPEG_MEMORY_BYTES: u64 = 512 << 20;

/// How much memory one ffmpeg may use for frames, in bytes for each pixel of the largest frame that is allowed:
/// some 20 frames of 8-bit 4:2:0, which is more than any decoder keeps, or four of 16-bit RGBA.
pub const FFMPEG_BYTES_A_PIXEL: u64 = 32;

/// How much more for each decoder thread after the first: each decodes a frame of its own.
pub const FFMPEG_BYTES_A_PIXEL_AND_THREAD: u64 = 8;

/// The longest packet list that is read from ffmpeg, in bytes. It is held in memory, and the file decides how
/// long it is. At some 50 bytes a frame this is a day of video.
pub const MAX_LISTING_BYTES: u64 = 128 << 20;

/// The largest index (`moov` box) of an MP4 that this library parses itself, in bytes: enough for some 20 hours
/// of video. A larger one is left to ffmpeg.
pub const MAX_INDEX_BYTES: u64 = 32 << 20;

/// How many top-level boxes of an MP4 are read to find its index, or its next fragment. A plain file has a handful. A
/// fragmented one has two for each fragment, but there the index comes first.
pub const MAX_BOXES_BEFORE_INDEX: usize = 1000;

/// The most tracks, sample descriptions and boxes about encryption in an index that this library parses itself.
/// A box of 8 bytes can take 400 bytes of memory.
pub const MAX_INDEX_BOXES: usize = 1000;

/// The most frames of a video whose index this library reads itself: 18 hours at 30 frames a second. That many
/// take up to 225 MB of memory.
pub const MAX_INDEX_FRAMES: u64 = 2_000_000;

/// The highest value that ffmpeg's option `-max_pixels` takes.
pub const HIGHEST_MAX_PIXELS: u64 = 0x7fff_ffff;

/// The most frames of one video that can be asked for: more would not fit on ffmpeg's command line.
pub const MAX_FRAMES: u64 = 1000;

/// The largest thumbnail width, in pixels: the largest frame that common codecs allow.
pub const MAX_WIDTH: i64 = 16_384;

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
    /// Decoder threads of each ffmpeg; one where it seeks single keyframes.
    pub ffmpeg_threads: usize,
    /// The most pixels of one frame.
    pub max_pixels: u64,
    /// The most memory of one ffmpeg, in bytes, if `max_pixels` would allow more.
    pub ffmpeg_memory: u64,
    /// Wall time for one video, the delay excluded.
    pub timeout: Duration,
}

/// Limits on one ffmpeg process.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most pixels of a picture that it sends.
    pub max_pixels: u64,
    /// The most memory that it may use, in bytes.
    pub ffmpeg_memory: u64,
}

impl Settings {
    /// The limits on each ffmpeg process.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let threads = u64::try_from(self.ffmpeg_threads).unwrap_or(u64::MAX);
        let for_threads = FFMPEG_BYTES_A_PIXEL_AND_THREAD.saturating_mul(threads.saturating_sub(1));
        let bytes_a_pixel = FFMPEG_BYTES_A_PIXEL.saturating_add(for_threads);
        let for_frames = bytes_a_pixel.saturating_mul(self.max_pixels);
        Limits {
            max_pixels: self.max_pixels,
            ffmpeg_memory: FFMPEG_MEMORY_BYTES
                .saturating_add(for_frames)
                .min(self.ffmpeg_memory),
        }
    }

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
            max_pixels: DEFAULT_MAX_PIXELS,
            ffmpeg_memory: u64::MAX,
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
