//! The command line: the comparison's own options, and the demos', which are passed on.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use thumbnail_core::settings::DelayKind;

/// Runs the four demos on the same videos, measures them, and reports what was found.
#[derive(Debug, Clone, Parser)]
#[command(bin_name = "scripts/compare.sh", version, args_override_self = true)]
pub struct Cli {
    /// Video files, or http(s) URLs; with none, sample clips are made on first use
    #[arg(value_name = "VIDEO")]
    pub videos: Vec<OsString>,

    /// Measured runs of each program, after one warm-up
    #[arg(long, value_name = "N", default_value_t = 3,
          value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub runs: u64,

    /// Where the report goes; an earlier report there is replaced [default: target/compare]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Fail if a program took less than 0.85 or more than 1.15 times its prediction
    #[arg(long)]
    pub check_prediction: bool,

    /// Where the demo programs are [default: beside this program]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub programs: Option<PathBuf>,

    /// The intentional delay before each video: 500ms, 2s, 1m …; 0s for none
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    pub delay: Duration,

    /// Compare with one kind of delay only [default: both]
    #[arg(long, value_name = "KIND")]
    pub delay_kind: Option<DelayKind>,

    /// Videos in flight at once [default: cores; for async: all]; the row "threads, one per video"
    /// has one thread for each video in any case
    #[arg(short = 'j', long, value_name = "N")]
    pub workers: Option<NonZeroUsize>,

    /// With no VIDEO: how many sample clips [default: twice the cores plus 2, at least 6, at most 16]
    #[arg(long, value_name = "N", conflicts_with = "videos")]
    pub samples: Option<NonZeroUsize>,

    /// The demos' options that are passed on unchanged.
    #[command(flatten)]
    pub pipeline: Pipeline,
}

/// Options that are passed on as text: only the demos interpret and validate them.
#[derive(Debug, Clone, clap::Args)]
pub struct Pipeline {
    /// How many frames of each video [default: 5]
    #[arg(long, value_name = "N")]
    pub frames: Option<String>,
    /// Instead of --frames: the frames on show at these times
    #[arg(long, value_name = "TIME,…", conflicts_with = "frames")]
    pub at: Option<String>,
    /// Thumbnail widths in pixels [default: 640,320,160]
    #[arg(long, value_name = "W,W,…")]
    pub sizes: Option<String>,
    /// How frames are found: exact or keyframe [default: exact; keyframe for sample clips]
    #[arg(long, value_name = "MODE")]
    pub seek: Option<String>,
    /// How thumbnails are encoded: png, jpeg or webp [default: png]
    #[arg(long, value_name = "FMT")]
    pub format: Option<String>,
    /// Make one picture of all frames of a video as well
    #[arg(long)]
    pub contact_sheet: bool,
    /// Decoder threads of each ffmpeg [default: 1]
    #[arg(long, value_name = "N")]
    pub ffmpeg_threads: Option<String>,
    /// Give up on a video after this long, the delay excluded [default: 5m]
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// Never fetch ffmpeg over the network
    #[arg(long)]
    pub no_download: bool,
}

impl Pipeline {
    /// The arguments for a demo, of the options that were given: `--frames=5`.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let options = [
            ("frames", &self.frames),
            ("at", &self.at),
            ("sizes", &self.sizes),
            ("seek", &self.seek),
            ("format", &self.format),
            ("ffmpeg-threads", &self.ffmpeg_threads),
            ("timeout", &self.timeout),
        ];
        let given = |(name, value): (&str, &Option<String>)| {
            value.as_ref().map(|value| format!("--{name}={value}"))
        };
        let flags = [
            ("contact-sheet", self.contact_sheet),
            ("no-download", self.no_download),
        ];
        let flags = flags.into_iter().filter(|(_, given)| *given);
        let flags = flags.map(|(name, _)| format!("--{name}"));
        let options = options.into_iter().filter_map(given);
        options.chain(flags).collect()
    }
}

/// With fewer sample clips, two workers take about as long as many.
const FEWEST_SAMPLES: usize = 6;
/// More would make the comparison long: `single` takes them one after another.
const MAX_SAMPLES: usize = 16;

impl Cli {
    /// The number of sample clips: by default enough for three rounds of as many workers as cores. With no
    /// more videos than cores, a worker for each core is as fast as a worker for each video, and the models
    /// would show no difference.
    #[must_use]
    pub fn samples(&self, cores: usize) -> usize {
        let enough = (2 * cores + 2).clamp(FEWEST_SAMPLES, MAX_SAMPLES);
        self.samples.map_or(enough, NonZeroUsize::get)
    }

    /// The kinds of delay to compare with, in the report's order.
    #[must_use]
    pub fn kinds(&self) -> Vec<DelayKind> {
        let all = [DelayKind::Cpu, DelayKind::Wait];
        let wanted = |kind: &DelayKind| self.delay_kind.is_none_or(|only| only == *kind);
        all.into_iter().filter(wanted).collect()
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    match text.trim() {
        "0" => Ok(Duration::ZERO),
        text => humantime::parse_duration(text)
            .map_err(|e| format!("{e}; write it as 500ms, 2s or 1m30s")),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sample_clips_are_more_than_cores() {
        let cli = Cli::parse_from(["compare"]);
        let samples = [1, 2, 4, 7, 64].map(|cores| cli.samples(cores));
        assert_eq!(samples, [6, 6, 10, 16, 16]);
        let cli = Cli::parse_from(["compare", "--samples=3"]);
        assert_eq!(cli.samples(4), 3);
        assert!(Cli::try_parse_from(["compare", "--samples=3", "a.mp4"]).is_err());
    }

    #[test]
    fn only_what_was_given_is_passed_on() {
        let cli = Cli::parse_from(["compare", "--frames", "3", "--seek=keyframe", "a.mp4"]);
        assert_eq!(cli.pipeline.arguments(), ["--frames=3", "--seek=keyframe"]);
        assert_eq!(cli.kinds().len(), 2);
        let cli = Cli::parse_from(["compare", "--at=1:02,50%", "--contact-sheet"]);
        assert_eq!(
            cli.pipeline.arguments(),
            ["--at=1:02,50%", "--contact-sheet"]
        );
        assert_eq!(
            Cli::parse_from(["compare", "--delay-kind", "wait"])
                .kinds()
                .len(),
            1
        );
    }
}
