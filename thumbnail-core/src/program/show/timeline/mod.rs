//! The timeline: who did what when, in characters.
//!
//! A run of up to [`MAX_TIMELINE_ROWS`] videos has one row for each, grouped by lane: two rows with bars
//! in the same columns are two videos at once, and dots before a bar are the wait in the queue. A
//! larger run has one row for each lane, in which upper and lower case take turns from video to
//! video, above two rows that count the videos in flight and in the queue.

mod cells;
mod legend;
mod ruler;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use console::{Alignment, measure_text_width, pad_str};

pub(super) use self::cells::to_f64;
use self::cells::{Axis, Cell, draw, sparkline};
use super::Style;
use super::paint::{Tone, paint};
use super::text::{count, escaped, file_name, fit, names, wrap};
use crate::measure::report::VideoReport;
use crate::measure::span::Stage;

/// The most rows a timeline has: beyond, videos are put together by lane, and lanes left out.
pub const MAX_TIMELINE_ROWS: usize = 16;

/// Labels take up to a third of the page, within these bounds.
const LABEL_COLUMNS: [usize; 2] = [WIDEST_COUNT, 32];

/// Columns of `lane 10  10 videos`, so that in rows by lane no number is cut.
const WIDEST_COUNT: usize = 18;

/// Stands in the row of a video that has no spans: no worker picked it up, or the task that did was dropped
/// together with its spans.
const UNKNOWN: &str = "no times recorded";

/// Columns between a row's label and its first cell.
const GAP: usize = 2;

/// The whole timeline of one run: rows, axis and legend. `seconds` is where the axis ends, in
/// most cases the run's wall time.
#[must_use]
pub fn timeline(videos: &[VideoReport], seconds: f64, style: Style) -> String {
    let scale = Scale::new(&[videos], seconds, style);
    scale.rows(videos) + &scale.axis() + "\n" + &scale.legend(&[videos])
}

/// A time axis on the page. Rows made with one scale line up, so that several runs can be drawn
/// above one axis.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    seconds: f64,
    style: Style,
    label_width: usize,
    axis: Axis,
}

impl Scale {
    /// An axis from 0 to `seconds`, with room for the labels of every run that is to be drawn with
    /// it. Labels and cells together are as wide as the style says.
    #[must_use]
    pub fn new(runs: &[&[VideoReport]], seconds: f64, style: Style) -> Self {
        let mut widest = 0;
        for run in runs {
            for video in *run {
                let name = measure_text_width(&escaped(file_name(&video.source)));
                widest = widest.max(lane_label(video).len() + GAP + name);
            }
            if !one_row_a_video(run) {
                widest = widest.max(WIDEST_COUNT);
            }
        }
        let most = (style.width / 3).clamp(LABEL_COLUMNS[0], LABEL_COLUMNS[1]);
        let label_width = widest.min(most);
        // One column is left for the end of the ruler.
        let cells = style.width.saturating_sub(label_width + GAP + 1).max(1);
        Self {
            seconds,
            style,
            label_width,
            axis: Axis::new(seconds, cells),
        }
    }

    /// The rows of one run, each ended by a newline.
    #[must_use]
    pub fn rows(&self, videos: &[VideoReport]) -> String {
        if one_row_a_video(videos) {
            self.video_rows(videos)
        } else {
            self.lane_rows(videos)
        }
    }

    fn video_rows(&self, videos: &[VideoReport]) -> String {
        let mut rows: Vec<_> = names(videos).into_iter().zip(videos.iter()).collect();
        // By lane, then by time; videos without a lane come last.
        let order = |video: &VideoReport| (lane(video).unwrap_or(usize::MAX), picked_up(video));
        rows.sort_by(|(_, a), (_, b)| order(a).partial_cmp(&order(b)).unwrap_or(Ordering::Equal));
        let lane_labels = rows.iter().map(|(_, video)| lane_label(video).len());
        let lane_width = lane_labels.max().unwrap_or(0);

        let mut text = String::new();
        let mut above = None;
        for (name, video) in rows {
            // A lane is named once, in its first row; the rows below belong to it.
            let label = if above == Some(lane(video)) {
                String::new()
            } else {
                lane_label(video)
            };
            above = Some(lane(video));
            let room = self.label_width.saturating_sub(lane_width + GAP);
            let label = format!("{label:lane_width$}  {}", fit(&name, room));
            text += &self.row(&label, &self.bar(video));
        }
        text
    }

    fn bar(&self, video: &VideoReport) -> String {
        if video.in_flight().is_none() {
            return paint(UNKNOWN, Tone::Faint, self.style.colour);
        }
        let mut row = vec![Cell::Idle; self.axis.cells];
        self.axis.lay_queued(video, &mut row);
        self.axis.lay(video, false, &mut row);
        draw(&row, self.style.colour)
    }

    fn lane_rows(&self, videos: &[VideoReport]) -> String {
        // By lane, and in it by time: the videos' indices.
        let mut lanes = BTreeMap::<usize, Vec<(f64, usize)>>::new();
        let (mut in_flight, mut queued) = (Vec::new(), Vec::new());
        for (index, video) in videos.iter().enumerate() {
            if let Some(lane) = lane(video) {
                lanes
                    .entry(lane)
                    .or_default()
                    .push((picked_up(video), index));
            }
            in_flight.extend(video.in_flight());
            let spans = video.spans.iter().filter(|s| s.stage == Stage::Queued);
            queued.extend(spans.map(|span| (span.start, span.end)));
        }
        let left_out = lanes.len().saturating_sub(MAX_TIMELINE_ROWS);
        let last = lanes.keys().take(MAX_TIMELINE_ROWS).next_back();
        let digits = last.map_or(1, |last| last.to_string().len());

        let mut text = String::new();
        for (number, of_lane) in lanes.iter_mut().take(MAX_TIMELINE_ROWS) {
            of_lane.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut row = vec![Cell::Idle; self.axis.cells];
            for (turn, (_, index)) in of_lane.iter().enumerate() {
                self.axis.lay(&videos[*index], turn % 2 == 1, &mut row);
            }
            let label = format!("lane {number:<digits$}  {}", count(of_lane.len(), "video"));
            text += &self.row(&label, &draw(&row, self.style.colour));
        }
        if left_out > 0 {
            text += &self.faint(&format!("and {}, not shown", count(left_out, "more lane")));
        }
        text + &self.depth_row("in flight", &in_flight) + &self.depth_row("queued", &queued)
    }

    /// How many videos are in a state, as bars of characters with the largest number at the left.
    fn depth_row(&self, what: &str, intervals: &[(f64, f64)]) -> String {
        let depth = self.axis.depth(intervals);
        let most = depth.iter().copied().fold(0.0, f64::max);
        if most < 0.5 {
            return String::new();
        }
        self.row(&format!("{what}, max {most:.0}"), &sparkline(&depth, most))
    }

    fn row(&self, label: &str, cells: &str) -> String {
        let width = self.label_width;
        let label = fit(label, width);
        let label = pad_str(&label, width, Alignment::Left, None);
        format!("{}\n", format!("{label}  {cells}").trim_end())
    }

    fn faint(&self, text: &str) -> String {
        wrap(text, self.style.width)
            .iter()
            .fold(String::new(), |mut lines, line| {
                let _ = writeln!(lines, "{}", paint(line, Tone::Faint, self.style.colour));
                lines
            })
    }
}

fn one_row_a_video(videos: &[VideoReport]) -> bool {
    videos.len() <= MAX_TIMELINE_ROWS
}

/// The lane that picked `video` up.
fn lane(video: &VideoReport) -> Option<usize> {
    video.spans.first().map(|span| span.lane)
}

/// When a worker began with `video`.
fn picked_up(video: &VideoReport) -> f64 {
    video.in_flight().map_or(f64::INFINITY, |(start, _)| start)
}

fn lane_label(video: &VideoReport) -> String {
    lane(video).map_or_else(|| "-".to_owned(), |lane| format!("lane {lane}"))
}

#[cfg(test)]
mod tests;
