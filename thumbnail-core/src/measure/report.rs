//! The report of a run: the data behind the table, the timeline, the trace and `--json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

pub use crate::measure::failure::{Cause, Failure};
use crate::measure::span::{Span, Stage};
use crate::settings::Delay;

/// The version of the report's layout. It is raised when a field changes its meaning or is removed.
pub const SCHEMA: u32 = 1;

/// The concurrency model that made a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// One video after another.
    Single,
    /// A pool of threads.
    Threads,
    /// A pool of worker processes.
    Process,
    /// Tasks on one thread.
    Async,
}

impl Model {
    /// The model's name: in reports, in the default output directory, in the program's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Threads => "threads",
            Self::Process => "process",
            Self::Async => "async",
        }
    }
}

/// Did a video get all its thumbnails?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every file was written.
    Success,
    /// None was; `error` says why.
    Failed,
}

/// One frame's files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameReport {
    /// Which of the wanted frames, from 0.
    pub position: usize,
    /// When the frame is shown, in seconds from the first frame of the video.
    pub timestamp_seconds: f64,
    /// `original` and each width that was made, with the file's path.
    pub files: BTreeMap<String, String>,
}

/// How a video's frames were reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// As planned: by seeking, or in one pass where that is cheaper.
    Planned,
    /// The packets at both ends of the stream were not enough to plan with, so all packets were listed.
    Listed,
    /// Seeking did not lead to the wanted frames, so decoding began further back.
    FurtherBack,
    /// Seeking did not lead to the wanted frames, so all keyframes were decoded from the beginning on.
    Keyframes,
    /// Seeking did not lead to the wanted frames, so all frames were decoded up to the last wanted one.
    OnePass,
    /// All frames were decoded to count them, and again up to the last wanted one.
    Counted,
}

impl Way {
    /// Does it decode the whole stream, more or less?
    #[must_use]
    pub fn decodes_everything(self) -> bool {
        matches!(self, Self::OnePass | Self::Counted)
    }
}

/// How a video's frames were reached, and at what cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanReport {
    /// The last way that was taken, which led to the frames.
    pub way: Way,
    /// How often ffmpeg was started.
    pub ffmpeg_starts: usize,
    /// How many frames it was told to decode, in all; `None` if that is not known.
    pub frames_decoded: Option<usize>,
    /// The version of that ffmpeg, as it prints it.
    pub ffmpeg: Option<String>,
    /// How a truncated file ends: its frames are of the part that is there. `None` if the file is whole, or if
    /// its format cannot show that it is truncated.
    #[serde(default)]
    pub cut_off: Option<String>,
    /// The video is partly transparent, and this ffmpeg cannot read that: the frames are opaque.
    #[serde(default)]
    pub lost_alpha: bool,
    /// This ffmpeg cannot convert the video's colours: they were taken for those of standard television.
    #[serde(default)]
    pub lost_colours: bool,
}

/// One video's outcome.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct VideoReport {
    /// The video as it was named on the command line.
    pub source: String,
    /// What went wrong; `None` on success. The demos add what to do about it.
    pub error: Option<String>,
    /// The error itself, for a program to match on. `None` on success, and in a report from another process.
    #[serde(skip)]
    pub cause: Option<Cause>,
    /// What made it fail; `None` on success.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// The frames, by position; at least one on success, none on failure.
    pub frames: Vec<FrameReport>,
    /// The picture of all frames with their times; `None` if none was asked for, or on failure.
    #[serde(default)]
    pub contact_sheet: Option<String>,
    /// How the frames were reached; `None` if they were not.
    #[serde(default)]
    pub plan: Option<PlanReport>,
    /// Where the time went, in order.
    pub spans: Vec<Span>,
}

/// Writes derived values (`status`, `out_dir`) as well: a reader of the JSON cannot call the methods.
impl Serialize for VideoReport {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("VideoReport", 9)?;
        fields.serialize_field("source", &self.source)?;
        fields.serialize_field("status", &self.status())?;
        fields.serialize_field("error", &self.error)?;
        fields.serialize_field("failure", &self.failure)?;
        fields.serialize_field("out_dir", &self.out_dir())?;
        fields.serialize_field("frames", &self.frames)?;
        fields.serialize_field("contact_sheet", &self.contact_sheet)?;
        fields.serialize_field("plan", &self.plan)?;
        fields.serialize_field("spans", &self.spans)?;
        fields.end()
    }
}

impl VideoReport {
    /// A video has all its files or none, so this follows from `error` alone.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.error {
            None => Status::Success,
            Some(_) => Status::Failed,
        }
    }

    /// The directory that holds the frames' directories; `None` on failure.
    #[must_use]
    pub fn out_dir(&self) -> Option<&str> {
        let file = self.frames.first()?.files.values().next()?;
        Path::new(file).parent()?.parent()?.to_str()
    }

    /// From being picked up to the end of the last stage, in seconds from the run's start.
    /// `None` if the video was never picked up.
    #[must_use]
    pub fn in_flight(&self) -> Option<(f64, f64)> {
        let picked_up = self.spans.iter().find(|s| s.stage == Stage::Queued)?.end;
        let end = self.spans.iter().map(|s| s.end).fold(picked_up, f64::max);
        Some((picked_up, end))
    }

    /// Wall seconds spent in `stage`.
    #[must_use]
    pub fn seconds_in(&self, stage: Stage) -> f64 {
        let of_stage = self.spans.iter().filter(|s| s.stage == stage);
        of_stage.map(Span::seconds).sum()
    }
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RunReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Which demo.
    pub model: Model,
    /// Videos in flight at once, at most.
    pub workers: usize,
    /// The intentional delay.
    pub delay: Delay,
    /// From the first submission to the last result, in seconds.
    pub wall_seconds: f64,
    /// Logical cores that the program could use.
    pub cores: usize,
    /// ffmpeg's version; `None` if it printed none.
    pub ffmpeg: Option<String>,
    /// In argument order.
    pub videos: Vec<VideoReport>,
}

/// Writes a derived value (`peak_in_flight`) as well, as for [`VideoReport`].
impl Serialize for RunReport {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("RunReport", 9)?;
        fields.serialize_field("schema", &self.schema)?;
        fields.serialize_field("model", &self.model)?;
        fields.serialize_field("workers", &self.workers)?;
        fields.serialize_field("delay", &self.delay)?;
        fields.serialize_field("wall_seconds", &self.wall_seconds)?;
        fields.serialize_field("cores", &self.cores)?;
        fields.serialize_field("ffmpeg", &self.ffmpeg)?;
        fields.serialize_field("peak_in_flight", &self.peak_in_flight())?;
        fields.serialize_field("videos", &self.videos)?;
        fields.end()
    }
}

impl RunReport {
    /// The largest number of videos in flight at one moment.
    #[must_use]
    pub fn peak_in_flight(&self) -> usize {
        peak_in_flight(&self.videos)
    }

    /// Wall seconds of all stages of all videos, without the time in the queue. Divided by `wall_seconds`
    /// this is the average number of videos in progress.
    #[must_use]
    pub fn stage_seconds(&self) -> f64 {
        let stages = |video: &VideoReport| -> f64 {
            let spans = video.spans.iter().filter(|s| s.stage != Stage::Queued);
            spans.map(Span::seconds).sum()
        };
        self.videos.iter().map(stages).sum()
    }
}

fn peak_in_flight(videos: &[VideoReport]) -> usize {
    let mut changes = Vec::new();
    let in_flight = videos.iter().filter_map(VideoReport::in_flight);
    // A video that failed the moment it was picked up (its worker died) was in flight for no time.
    for (start, end) in in_flight.filter(|(start, end)| start < end) {
        changes.push((start, 1));
        changes.push((end, -1));
    }
    // At equal times an end (-1) sorts before a start: a lane that goes straight on to its next
    // video never has two in flight.
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut now = 0_usize;
    let mut peak = 0;
    for (_, change) in changes {
        now = now.saturating_add_signed(change);
        peak = peak.max(now);
    }
    peak
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video(times: &[(Stage, f64, f64)]) -> VideoReport {
        let span = |&(stage, start, end): &(Stage, f64, f64)| Span {
            stage,
            lane: 0,
            start,
            end,
            cpu_seconds: 0.0,
        };
        VideoReport {
            source: String::new(),
            error: None,
            cause: None,
            failure: None,
            frames: Vec::new(),
            contact_sheet: None,
            plan: None,
            spans: times.iter().map(span).collect(),
        }
    }

    #[test]
    fn videos_that_follow_one_another_are_not_in_flight_at_once() {
        let first = video(&[(Stage::Queued, 0.0, 0.0), (Stage::Delay, 0.0, 1.0)]);
        let next = video(&[(Stage::Queued, 0.0, 1.0), (Stage::Delay, 1.0, 2.0)]);
        assert_eq!(peak_in_flight(&[first.clone(), next.clone()]), 1);
        assert_eq!(peak_in_flight(&[first.clone(), first, next]), 2);
    }

    #[test]
    fn a_video_that_failed_at_once_was_never_in_flight() {
        let died = video(&[(Stage::Queued, 0.0, 0.0)]);
        let other = video(&[(Stage::Queued, 0.0, 0.5), (Stage::Delay, 0.5, 1.0)]);
        assert_eq!(peak_in_flight(&[died, other]), 1);
    }
}
