//! The table of videos: how each one ended and where its time went.

use std::fmt::Write as _;

use super::Style;
use super::grid::{CellText, grid, plain};
use super::paint::{Tone, paint};
use super::text::{count, error_text, escaped, names, wrap};
use crate::measure::report::{Failure, Status, VideoReport};
use crate::measure::span::Stage;

/// Up to this many videos have a row each. Beyond, every failure still has its row, and the
/// successes share one that holds their mean: a page of equal rows would hide the one that matters.
/// Of more failures than this, only the first have a row: they often have one reason.
pub const MAX_TABLE_ROWS: usize = 20;

const HEADINGS: [&str; 8] = [
    "video", "result", "queued", "delay", "extract", "resize", "save", "total",
];

/// When the terminal is narrow, these columns go first: save, resize, queued, extract, delay.
/// The profile and the timeline still have every stage.
const GIVE_UP: [usize; 5] = [6, 5, 2, 4, 3];

/// Indentation of an error's text.
const INDENT: usize = 4;

/// The table, in seconds. `total` is the time in flight: from being picked up to the end of the
/// last stage. Below it stands each error, once, with the names of the videos that it failed.
#[must_use]
pub fn table(videos: &[VideoReport], style: Style) -> String {
    let many = videos.len() > MAX_TABLE_ROWS;
    let (mut rows, mut failed, mut errors) = (Vec::new(), 0, Vec::new());
    let mut others = Successes::default();
    for (name, video) in names(videos).into_iter().zip(videos.iter()) {
        if video.status() == Status::Failed {
            failed += 1;
            // The progress has already said that the run was interrupted: the row is enough.
            if failed <= MAX_TABLE_ROWS && video.failure != Some(Failure::Interrupted) {
                note(video, &mut errors);
            }
        } else if many {
            others.add(video);
            continue;
        }
        if rows.len() < MAX_TABLE_ROWS {
            rows.push(row(name, video));
        }
    }
    if others.number > 0 {
        rows.push(others.mean());
    }

    let mut text = grid(&HEADINGS, &rows, &GIVE_UP, style);
    if others.number > 0 {
        let note = format!(
            "{} succeeded, with {}; the last row is their mean.",
            count(others.number, "video"),
            count(others.frames, "frame"),
        );
        for line in wrap(&note, style.width) {
            let _ = writeln!(text, "{}", paint(&line, Tone::Faint, style.colour));
        }
    }
    text.extend(errors.iter().map(|error| failure(error, style)));
    if let more @ 1.. = failed.saturating_sub(MAX_TABLE_ROWS) {
        let note = format!("and {more} more failed: the log on stderr has each, and so has --json");
        text.push('\n');
        for line in wrap(&note, style.width) {
            let _ = writeln!(text, "{}", paint(&line, Tone::Failed, style.colour));
        }
    }
    text
}

fn row(name: String, video: &VideoReport) -> Vec<CellText> {
    let (tone, result) = match video.status() {
        Status::Success => (Tone::Plain, count(video.frames.len(), "frame")),
        Status::Failed if video.failure == Some(Failure::Interrupted) => {
            (Tone::Failed, "interrupted".to_owned())
        }
        Status::Failed => (Tone::Failed, "failed".to_owned()),
    };
    let mut row = vec![(name, tone), (result, tone)];
    row.extend(times(video).map(seconds));
    row
}

/// The videos that share a row.
#[derive(Default)]
struct Successes {
    number: usize,
    frames: usize,
    /// For each time its sum, and how many videos have it.
    times: [(f64, u32); TIMES],
}

impl Successes {
    fn add(&mut self, video: &VideoReport) {
        self.number += 1;
        self.frames += video.frames.len();
        for (sum, time) in self.times.iter_mut().zip(times(video)) {
            if let Some(time) = time {
                *sum = (sum.0 + time, sum.1 + 1);
            }
        }
    }

    fn mean(&self) -> Vec<CellText> {
        let mean = |(sum, number): (f64, u32)| (number > 0).then(|| sum / f64::from(number));
        let mut row = vec![plain(format!("mean of {}", self.number)), plain("ok")];
        row.extend(self.times.map(|time| seconds(mean(time))));
        row
    }
}

/// One for each stage, and the total.
const TIMES: usize = Stage::ALL.len() + 1;

/// Seconds in each stage and in flight; `None` if the video never got there.
fn times(video: &VideoReport) -> [Option<f64>; TIMES] {
    let mut times = [None; TIMES];
    for (time, stage) in times.iter_mut().zip(Stage::ALL) {
        let reached = video.spans.iter().any(|span| span.stage == stage);
        *time = reached.then(|| video.seconds_in(stage));
    }
    times[TIMES - 1] = video.in_flight().map(|(picked_up, end)| end - picked_up);
    times
}

/// `-` for a stage that was not reached: `0.00` would mean that it took no time.
fn seconds(seconds: Option<f64>) -> CellText {
    plain(seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.2}")))
}

/// An error, and the names of the videos that it failed.
type SharedError<'a> = (&'a str, Vec<String>);

/// Adds the error of a video that failed to `errors`, or its name to those that failed alike.
fn note<'a>(video: &'a VideoReport, errors: &mut Vec<SharedError<'a>>) {
    let error = video.error.as_deref().unwrap_or("no reason was given");
    let name = escaped(&video.source);
    match errors.iter_mut().find(|(other, _)| *other == error) {
        Some((_, names)) => names.push(name),
        None => errors.push((error, vec![name])),
    }
}

/// An error under the whole names of its videos.
fn failure((error, names): &SharedError, style: Style) -> String {
    let mut text = "\n".to_owned();
    for line in wrap(&format!("{} failed:", names.join(", ")), style.width) {
        let _ = writeln!(text, "{}", paint(&line, Tone::Failed, style.colour));
    }
    text + &error_text(error, INDENT, style.width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::show::fake::{failure, left_over, many, video};

    const STYLE: Style = Style {
        colour: false,
        width: 80,
    };

    #[test]
    fn a_failure_has_its_row_and_its_error_below_and_ctrl_c_its_row() {
        let videos = [
            video("clips/sample-1.mp4", 0, 0.0),
            failure(
                "clips/bad.mp4",
                1,
                0.0,
                "cannot be read as a video\nTry another file.",
            ),
            left_over("late.mp4"),
        ];
        let expected = "\
video              result  queued  delay  extract  resize  save  total
sample-1.mp4     5 frames    0.00   2.00     0.40    0.08  0.22   2.70
bad.mp4            failed    0.00   2.00     0.08       -     -   2.08
late.mp4      interrupted       -      -        -       -     -      -

clips/bad.mp4 failed:
    cannot be read as a video
    Try another file.
";
        assert_eq!(table(&videos, STYLE), expected);
    }

    #[test]
    fn what_fails_several_videos_alike_is_said_once() {
        let lacks = "this ffmpeg lacks it\nGet another.";
        let videos = [
            failure("a.mp4", 0, 0.0, lacks),
            failure("b.mp4", 0, 0.0, "cut short"),
            failure("c.mp4", 0, 0.0, lacks),
        ];
        let expected = "
a.mp4, c.mp4 failed:
    this ffmpeg lacks it
    Get another.

b.mp4 failed:
    cut short
";
        let text = table(&videos, STYLE);
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn many_successes_share_a_row_and_failures_do_not() {
        let mut videos = many(30, 4);
        videos[7] = failure("broken.mp4", 3, 2.7, "moov atom not found");
        let expected = "\
video       result  queued  delay  extract  resize  save  total
broken.mp4  failed    2.70   2.00     0.08       -     -   2.08
mean of 29      ok    9.03   2.00     0.40    0.08  0.23   2.70
29 videos succeeded, with 145 frames; the last row is their mean.

broken.mp4 failed:
    moov atom not found
";
        assert_eq!(table(&videos, STYLE), expected);
    }
}
