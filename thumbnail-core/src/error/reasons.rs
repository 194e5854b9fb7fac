//! The reasons that an [`Error`](super::Error) gives.

use std::io;
use std::path::PathBuf;

/// What memory an ffmpeg may have lacked that ended without saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WantOfMemory {
    /// It crashed, or could start no thread, under this limit in bytes.
    #[error("it needs more memory than the limit for ffmpeg allows ({} MB)", .0 >> 20)]
    Limit(u64),
    /// Somebody has killed it. Linux does so when memory runs out.
    #[error("the system had no memory left")]
    System,
}

/// Where a server redirects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Scheme {
    /// Unencrypted.
    #[error("http")]
    Http,
    /// Encrypted.
    #[error("https")]
    Https,
}

/// How it is known that something is no video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoVideoData {
    /// ffmpeg recognises no format in it.
    #[error("ffmpeg finds no video data in it")]
    Unrecognised,
    /// It is called an MP4, and is none.
    #[error("its contents are something else")]
    OtherThanNamed,
    /// The same of a download, whose beginning only ffmpeg has seen.
    #[error("it is something else, or an MP4 that is cut short")]
    OtherOrTruncated,
}

/// What a file holds instead of a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Contents {
    /// A JPEG picture.
    #[error("a JPEG picture")]
    Jpeg,
    /// A JPEG picture with an MP4 behind it, as phones make them.
    #[error("a motion photo: a JPEG picture with a video behind it, which is not read")]
    MotionPhoto,
    /// A PNG picture.
    #[error("a PNG picture")]
    Png,
    /// A WebP picture.
    #[error("a WebP picture")]
    WebP,
    /// A WebP picture of several frames.
    #[error("an animated WebP picture, which is not read")]
    AnimatedWebP,
    /// An AVIF picture.
    #[error("an AVIF picture")]
    Avif,
    /// A BMP picture.
    #[error("a BMP picture")]
    Bmp,
    /// A TIFF picture.
    #[error("a TIFF picture")]
    Tiff,
    /// An HEIC picture.
    #[error("an HEIC picture")]
    Heic,
    /// Plain text.
    #[error("text")]
    Text,
}

/// What of ffmpeg's output could not be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Confusion {
    /// It has no stdout or no stderr.
    #[error("its output is not piped")]
    NotPiped,
    /// stdout is no stream of pictures.
    #[error("it sent something that is not a picture")]
    NotAPicture,
    /// stdout ends too early.
    #[error("its output ended in the middle of a frame")]
    MidFrame,
    /// stderr lacks a frame info.
    #[error("it sent a frame without saying when it is shown")]
    NoFrameInfo,
    /// It does not end where it was told to.
    #[error("it sent more frames than it was asked for")]
    Surplus,
}

/// What is in the way of a result. It is the source of an [`io::Error`].
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// A symbolic link.
    #[error("it is a link, and links are not followed")]
    Link,
    /// A file.
    #[error("it exists and is no directory")]
    NotADirectory,
    /// A directory with something in it that no run makes.
    #[error("it exists and holds other files than a run makes: {}", .0.display())]
    Foreign(PathBuf),
    /// The result of an earlier run in a directory from which this user may remove nothing.
    #[error("it is of an earlier run, and this user may not change {}", .0.display())]
    Protected(PathBuf),
    /// A directory with one of the run's videos in it.
    #[error("a video of this run is in it")]
    VideoOfThisRun,
}

impl From<Obstacle> for io::Error {
    fn from(obstacle: Obstacle) -> Self {
        Self::other(obstacle)
    }
}

/// How it is known that a file is cut short. Sizes and positions are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Truncation {
    /// The index of an MP4 is missing.
    #[error("its index is missing")]
    NoIndex,
    /// An MP4 without its first part.
    #[error("its beginning is missing")]
    NoBeginning,
    /// The index has frames beyond the end of the file.
    #[error("its frames should end at byte {end}, but it has {length} bytes")]
    FramesBeyond {
        /// Where the last frame ends.
        end: u64,
        /// The length of the file.
        length: u64,
    },
    /// A box or a segment ends beyond the end of the file.
    #[error("it should end at byte {end} or later, but it has {length} bytes")]
    EndBeyond {
        /// Where it ends.
        end: u64,
        /// The length of the file.
        length: u64,
    },
    /// The last packet of a transport stream is not whole.
    #[error("it ends in the middle of a packet")]
    MidPacket,
    /// The last frame is not whole.
    #[error("it ends in the middle of a frame")]
    MidFrame,
    /// The server ended the transfer before the end of the file.
    #[error("the server ended the transfer early")]
    Transfer,
}
