//! What can go wrong with one video. What to do about it depends on the program around it:
//! [`crate::program::advice`] says it for the demos.

mod reasons;

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

pub use reasons::{Confusion, Contents, NoVideoData, Obstacle, Scheme, Truncation, WantOfMemory};

/// Why a video got no thumbnails. Each message says what is wrong; the video is named by whoever shows
/// the message. A `String` in it is what ffmpeg, an encoder or the system said, or an address.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file.
    #[error("no such file")]
    NotFound,
    /// There is no such file, and its name looks like a URL with another scheme than http or https.
    #[error("no such file; as addresses only http:// and https:// are supported")]
    OtherAddress,
    /// A directory (or a device, or a socket) where a file was meant.
    #[error("not a regular file")]
    NotAFile,
    /// A name that Windows reserves for a device, such as `CON.mp4`.
    #[error("Windows takes this name for that of a device")]
    DeviceName,
    /// Zero bytes.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// The operating system refused to open or read it.
    #[error("cannot be read ({0})")]
    Unreadable(#[source] io::Error),
    /// The server could not be reached, or its answer was an error.
    #[error("{address} cannot be read ({reason})")]
    Unreachable {
        /// The URL, without user name, password and query, which may be secret.
        address: String,
        /// What went wrong, in ffmpeg's words.
        reason: String,
    },
    /// The server redirects from http to https, or from https to http.
    #[error("the server redirects to an {0}:// address")]
    Redirected(Scheme),
    /// The environment names a proxy that ffmpeg cannot use.
    #[error("it is to be read through the proxy {0}, and ffmpeg can use http:// proxies only")]
    Proxy(String),
    /// The server does not support range requests, and this file has to be read from several positions.
    #[error(
        "{0} cannot be read: its index is at its end, and the server cannot serve parts of a file"
    )]
    NoParts(String),
    /// ffmpeg does not recognise the contents.
    #[error("not a video that ffmpeg can read ({0})")]
    NotAVideo(NoVideoData),
    /// The container format is not in the list of `ffmpeg/allowlist.rs`.
    #[error(
        "its format is not opened: it is not among those that cannot make ffmpeg open other files"
    )]
    NotAllowed,
    /// A picture, or text.
    #[error("not a video but {0}")]
    OtherContents(Contents),
    /// Audio, perhaps with cover art, but no moving picture.
    #[error("it has no video stream, only audio or cover art")]
    NoVideo,
    /// The file, or what arrived of it, is not all there.
    #[error("the file is cut short ({0})")]
    Truncated(Truncation),
    /// A container could be read, but no picture came out of it.
    #[error("ffmpeg could decode none of its frames ({0})")]
    NoFrames(String),
    /// The container lists no frame.
    #[error("none of its frames could be decoded (the stream is empty)")]
    EmptyStream,
    /// Far fewer pictures came out than the container lists.
    #[error("only {decoded} of its {listed} frames could be decoded")]
    Damaged {
        /// Frames that the container lists.
        listed: usize,
        /// Frames that came out of the decoder.
        decoded: usize,
    },
    /// A frame has more pixels than are allowed.
    #[error("its frames are too large ({width}x{height} pixels)")]
    TooLarge {
        /// The frame's width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// The container lists more frames than this program handles.
    #[error("it lists more than {0} frames, more than this program handles")]
    TooManyFrames(usize),
    /// There is not enough memory for a picture.
    #[error("not enough memory for a picture of {width}x{height}")]
    NoMemory {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// ffmpeg could not allocate memory, for want of it or because of a limit that the user has set.
    #[error("not enough memory for ffmpeg")]
    NoMemoryForFfmpeg,
    /// ffmpeg needs more memory than its limit.
    #[error("it needs more memory than the limit for ffmpeg allows ({} MB)", .allowed >> 20)]
    NeedsMemory {
        /// The limit in bytes.
        allowed: u64,
        /// Is it [`Settings::ffmpeg_memory`](crate::Settings::ffmpeg_memory)? Else it follows from the limit on pixels.
        is_share: bool,
    },
    /// The operating system refused to start another thread.
    #[error("the system allows no further thread ({0})")]
    NoThread(#[source] io::Error),
    /// The deadline passed.
    #[error("took longer than the {} allowed", humantime::format_duration(*.0))]
    TimedOut(Duration),
    /// ffmpeg could not be started.
    #[error("ffmpeg could not be started ({}: {source})", path.display())]
    Start {
        /// The program that was to be started.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// ffmpeg's output could not be parsed.
    #[error("ffmpeg's output could not be parsed ({0})")]
    Confused(Confusion),
    /// ffmpeg's output could not be read.
    #[error("ffmpeg's output could not be read ({0})")]
    Pipe(#[source] io::Error),
    /// ffmpeg ended and said nothing about the video.
    #[error(
        "ffmpeg's output could not be parsed (it ended without a word about the video, {status}{}{}{stray_line}){}",
        if *looking_up { ", as static builds do that look up the name of a server" } else { "" },
        if stray_line.is_empty() { "" } else { ": " },
        perhaps(*want_of_memory)
    )]
    Silent {
        /// Its exit status or the signal that ended it.
        status: String,
        /// It crashed, and had the name of a server to look up.
        looking_up: bool,
        /// The last line in its log that is no message of ffmpeg, such as one of the dynamic linker; may be
        /// empty.
        stray_line: String,
        /// As in [`Error::Ffmpeg`].
        want_of_memory: Option<WantOfMemory>,
    },
    /// ffmpeg lacks an option, a filter or a codec that the pipeline needs.
    #[error("this ffmpeg is too old, or built without what is needed ({0})")]
    OldFfmpeg(String),
    /// ffmpeg ended with an error, or crashed.
    #[error("ffmpeg failed ({status}): {detail}{}", perhaps(*want_of_memory))]
    Ffmpeg {
        /// Its exit status or the signal that ended it.
        status: String,
        /// The last error in its log.
        detail: String,
        /// Set if want of memory can be the reason.
        want_of_memory: Option<WantOfMemory>,
    },
    /// A result could not be written.
    #[error("cannot write {} ({source})", path.display())]
    Save {
        /// What was to be written.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// An image encoder or the resizer refused the picture.
    #[error("a thumbnail could not be made ({0})")]
    Picture(String),
    /// Ctrl-C or a request to terminate.
    #[error("interrupted before it was finished")]
    Interrupted,
    /// The code that worked on this video panicked.
    #[error("the program failed on this video ({0})")]
    Panicked(String),
    /// The code that worked on this video ended without a report of it.
    #[error("the program failed on this video (its task ended early)")]
    NoReport,
    /// The worker process that held this video sent a line that is not a report.
    #[error("the worker process that held this video sent a reply that is no report ({0})")]
    WorkerConfused(String),
    /// The same, and the line is the report of another video.
    #[error(
        "the worker process that held this video sent a reply that is no report (the report of another video)"
    )]
    WrongReport,
    /// The worker process for this video could not be started.
    #[error("the worker process that held this video died (it could not be started: {0})")]
    WorkerStart(#[source] io::Error),
    /// The worker process that held this video is gone.
    #[error(
        "the worker process that held this video died ({})",
        .0.as_ref().map_or_else(io::Error::to_string, ExitStatus::to_string)
    )]
    WorkerDied(io::Result<ExitStatus>),
}

/// The outcome of a step that can fail for one video.
pub type Result<T, E = Error> = std::result::Result<T, E>;

fn perhaps(reason: Option<WantOfMemory>) -> String {
    reason.map_or_else(String::new, |reason| format!("; perhaps {reason}"))
}
