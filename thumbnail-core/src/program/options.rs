//! The command line, the same for all demos.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::program::output_file;
use crate::settings::{
    DEFAULT_MAX_PIXELS, DelayKind, Format, HIGHEST_MAX_PIXELS, MAX_FRAMES, MAX_WIDTH, Seek,
};
use crate::wanted::{Moment, Wanted};

/// What every demo takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Video files, or http(s) URLs; with none, sample clips are made on first use
    #[arg(value_name = "VIDEO")]
    pub videos: Vec<OsString>,

    /// Where the thumbnails go, a directory for each video.
    #[arg(
        short,
        long,
        value_name = "DIR",
        help = "Where the thumbnails go, a directory for each video [default: thumbnails/<model>]"
    )]
    pub out: Option<PathBuf>,

    /// The intentional delay before each video: 500ms, 2s, 1m …; 0s for none
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    pub delay: Duration,

    /// What the delay does
    #[arg(long, value_name = "KIND", default_value = "cpu")]
    pub delay_kind: DelayKind,

    /// How many frames of each video, spread evenly from the first to the last (the Python
    /// original's fifth was the last but one)
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u64).range(1..=MAX_FRAMES))]
    pub frames: u64,

    /// Instead: the frames on show at these times, as seconds, 1:23, 1:02:03.5 or 50%; past the end
    /// the last frame
    #[arg(long, value_name = "TIME,…", value_delimiter = ',', conflicts_with = "frames",
          allow_negative_numbers = true, value_parser = Moment::from_str)]
    pub at: Vec<Moment>,

    /// Thumbnail widths in pixels; a frame narrower than a width skips it
    #[arg(long, value_name = "W,W,…", default_value = "640,320,160", value_delimiter = ',',
          value_parser = clap::value_parser!(u32).range(1..=MAX_WIDTH))]
    pub sizes: Vec<u32>,

    /// How frames are found
    #[arg(long, value_name = "MODE", default_value = "exact")]
    pub seek: Seek,

    /// How thumbnails are encoded
    #[arg(long, value_name = "FMT", default_value = "png")]
    pub format: Format,

    /// Make one picture of all frames of a video with their times as well: contact-sheet.png
    #[arg(long)]
    pub contact_sheet: bool,

    /// Decoder threads of each ffmpeg; 1 keeps the comparison about the model
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one)]
    pub ffmpeg_threads: NonZeroUsize,

    /// Refuse videos whose frames have more pixels: memory is bounded by it
    #[arg(long, value_name = "N", default_value_t = DEFAULT_MAX_PIXELS,
          value_parser = clap::value_parser!(u64).range(1..=HIGHEST_MAX_PIXELS))]
    pub max_pixels: u64,

    /// Give up on a video after this long, the delay excluded
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = timeout)]
    pub timeout: Duration,

    /// With no VIDEO: how many sample clips
    #[arg(long, value_name = "N", default_value_t = 2, conflicts_with = "videos",
          value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub samples: u64,

    /// Write the run report as JSON (- for stdout)
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write a Chrome trace, which opens in <https://ui.perfetto.dev>
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,

    /// Never fetch ffmpeg over the network
    #[arg(long)]
    pub no_download: bool,

    /// No progress and no table; errors are still printed
    #[arg(short, long)]
    pub quiet: bool,
}

impl Options {
    /// Which frames were asked for.
    pub(crate) fn wanted(&self) -> Wanted {
        let most = usize::try_from(MAX_FRAMES).unwrap_or(usize::MAX);
        match self.at.len() {
            0 => Wanted::Spread(usize::try_from(self.frames).unwrap_or(most)),
            n if n <= most => Wanted::At(self.at.clone()),
            n => {
                let many = format!("--at takes up to {MAX_FRAMES} times, and these are {n}\n");
                clap::Error::raw(clap::error::ErrorKind::TooManyValues, many).exit()
            }
        }
    }

    /// Ends the program with a usage error if `--json` and `--trace` both go to stdout, or to one file.
    pub(crate) fn refuse_two_documents(&self) {
        let to_stdout =
            |path: &Option<PathBuf>| path.as_deref().is_some_and(output_file::is_stdout);
        if to_stdout(&self.json) && to_stdout(&self.trace) {
            let both = "--json and --trace cannot both go to stdout: give one of them a file\n";
            clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, both).exit();
        }
        let files = self.json.as_ref().zip(self.trace.as_ref());
        if files.is_some_and(|(json, trace)| output_file::is_same(json, trace)) {
            let one = "--json and --trace name one file: give each its own\n";
            clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, one).exit();
        }
    }
}

/// How many videos at once, for the demos that do more than one.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Workers {
    /// Videos in flight at once [default: as many as there are cores]
    #[arg(short = 'j', long, value_name = "N", value_parser = at_least_one)]
    workers: Option<NonZeroUsize>,
}

impl Workers {
    /// As many as were asked for, or else as there are cores.
    #[must_use]
    pub fn or_cores(self) -> usize {
        self.workers.map_or_else(cores, NonZeroUsize::get)
    }
}

/// Logical cores that this program may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Parses a number of workers or threads.
///
/// # Errors
/// `text` is no such number; the error says what would be accepted.
pub fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    match text.trim().parse::<usize>() {
        Ok(0) => Err("nobody would do the work; it has to be 1 or more".into()),
        Ok(number) => Ok(NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)),
        Err(error) => Err(format!("{error}; it has to be a whole number, 1 or more")),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    match text.trim() {
        "0" => Ok(Duration::ZERO),
        text => humantime::parse_duration(text)
            .map_err(|e| format!("{e}; write it as 500ms, 2s or 1m30s")),
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("no video is done in no time; write it as 30s or 5m".into()),
        time => Ok(time),
    }
}
