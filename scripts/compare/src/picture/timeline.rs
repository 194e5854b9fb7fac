//! `timeline.svg`: who did what when, every program and both delays on one scale.

use svg::node::element::{Group, Title};
use thumbnail_core::measure::report::{Status, VideoReport};
use thumbnail_core::measure::span::{Span, Stage};
use thumbnail_core::program::show::text::fit;

use super::{
    FAINT_INK, GRID, WIDTH, centred, group, label, line, page, px, rectangle, right_aligned, ticks,
};
use crate::comparison::{Comparison, Row, Scenario};
use crate::palette;
use crate::terminal::heading;
use crate::words::{count, seconds};

/// Where the time axis begins and ends.
const LEFT: f64 = 336.0;
const RIGHT: f64 = WIDTH - 100.0;
/// Below the title and two lines of legend.
const TOP: f64 = 66.0 + 2.0 * LEGEND_LINE + 28.0;
const LEGEND_LINE: f64 = 26.0;
/// A panel's heading, and its axis with the space below.
const HEADING: f64 = 40.0;
const AXIS: f64 = 66.0;
const ROW_GAP: f64 = 14.0;
/// A row is about this high; its videos share that, within these bounds.
const ROW: f64 = 44.0;
const TRACK: [f64; 2] = [2.0, 22.0];
/// Tracks lower than this have no room for the video's name.
const NAMED_TRACK: f64 = 11.0;
const NAME_COLUMNS: usize = 17;

/// The whole picture.
#[must_use]
pub fn timeline(comparison: &Comparison) -> String {
    let videos = comparison.options.videos.len();
    let scenarios = &comparison.scenarios;
    let end = scenarios.iter().map(Scenario::longest_kept_run);
    let scale = Scale {
        end: end.fold(0.0, f64::max),
        track: (ROW / count_as_f64(videos)).clamp(TRACK[0], TRACK[1]),
    };
    let panels: f64 = scenarios.iter().map(|s| scale.panel_height(s)).sum();
    let title = format!("{}, each program on the same clock", count(videos, "video"));

    let mut picture = page(&title, TOP + panels).add(legend(any_failed(comparison)));
    let mut top = TOP;
    for scenario in scenarios {
        picture = picture.add(scale.panel(scenario, top));
        top += scale.panel_height(scenario);
    }
    picture.to_string()
}

/// What all panels share.
struct Scale {
    /// Seconds at [`RIGHT`].
    end: f64,
    /// Height of one video's bars.
    track: f64,
}

impl Scale {
    fn x(&self, seconds: f64) -> f64 {
        LEFT + seconds / self.end.max(f64::MIN_POSITIVE) * (RIGHT - LEFT)
    }

    fn row_height(&self, row: &Row) -> f64 {
        count_as_f64(row.kept.videos.len()) * self.track + ROW_GAP
    }

    fn rows_height(&self, scenario: &Scenario) -> f64 {
        scenario.rows.iter().map(|row| self.row_height(row)).sum()
    }

    fn panel_height(&self, scenario: &Scenario) -> f64 {
        HEADING + self.rows_height(scenario) + AXIS
    }

    /// One kind of delay.
    fn panel(&self, scenario: &Scenario, top: f64) -> Group {
        let heading = label(32.0, top + 20.0, &heading(scenario))
            .set("font-size", 19)
            .set("font-weight", 700);
        let mut y = top + HEADING;
        let bottom = y + self.rows_height(scenario);
        let mut panel = group("panel").add(heading).add(self.axis(y, bottom));
        for row in &scenario.rows {
            panel = panel.add(self.row(row, y));
            y += self.row_height(row);
        }
        panel
    }

    fn axis(&self, top: f64, bottom: f64) -> Group {
        let mut axis = group("axis").set("fill", FAINT_INK).set("font-size", 13);
        for tick in ticks(self.end, 10.0) {
            let x = self.x(tick);
            axis = axis.add(line([x, top - 6.0], [x, bottom], GRID));
            axis = axis.add(centred(x, bottom + 18.0, &format!("{} s", px(tick))));
        }
        axis.add(centred(
            f64::midpoint(LEFT, RIGHT),
            bottom + 38.0,
            "since the first video was submitted",
        ))
    }

    /// One program: its name, a track a video, and when it was done.
    fn row(&self, row: &Row, top: f64) -> Group {
        let middle = top + (self.row_height(row) - ROW_GAP) / 2.0;
        let name = label(32.0, middle + 6.0, row.id.label())
            .set("font-size", 17)
            .set("font-weight", 600);
        let wall = row.kept.wall_seconds;
        let done = label(self.x(wall) + 8.0, middle + 5.0, &seconds(wall)).set("font-weight", 600);
        let mut group = group("row").add(name).add(done);
        for (at, video) in row.kept.videos.iter().enumerate() {
            group = group.add(self.track(video, top + count_as_f64(at) * self.track));
        }
        group
    }

    fn track(&self, video: &VideoReport, top: f64) -> Group {
        let mut track = group("video");
        if self.track >= NAMED_TRACK {
            let name = right_aligned(
                LEFT - 10.0,
                top + self.track / 2.0 + 4.0,
                &fit(&video.source, NAME_COLUMNS),
            );
            track = track.add(name.set("font-size", 12).set("fill", FAINT_INK));
        }
        for span in &video.spans {
            track = track.add(self.bar(span, video, top));
        }
        if video.status == Status::Failed {
            let end = video.spans.iter().map(|span| span.end).fold(0.0, f64::max);
            // Low tracks have no room for the word; the legend has it.
            let (mark, size) = match self.track {
                track if track >= NAMED_TRACK => (FAILED_MARK, 13.0),
                track => ("✕", (track * 2.0).min(13.0)),
            };
            let middle = top + self.track / 2.0 + size * 0.37;
            let mark = label(self.x(end) + 3.0, middle, mark);
            track = track.add(mark.set("fill", FAILED).set("font-size", size));
        }
        track
    }

    /// Waiting in the queue is a thin bar: nothing is done for the video.
    fn bar(&self, span: &Span, video: &VideoReport, top: f64) -> Group {
        let (from, to) = (self.x(span.start), self.x(span.end));
        let gap = (self.track * 0.12).min(2.0);
        let height = match span.stage {
            Stage::Queued => (self.track / 5.0).max(1.0),
            _ => self.track - gap,
        };
        let y = top + (self.track - height) / 2.0;
        let bar = rectangle([from, y, to - from, height], palette::stage(span.stage));
        let words = format!(
            "{}, {}: {} from {}",
            video.source,
            span.stage.name(),
            seconds(span.seconds()),
            seconds(span.start)
        );
        group("span").add(bar.add(Title::new(words)))
    }
}

/// What a gap between two bars is.
const BLANK: &str = "blank: between two stages";
const FAILED_MARK: &str = "✕ failed";
const FAILED: &str = "#B03A00";

/// In as many lines as it takes.
fn legend(failures: bool) -> Group {
    const SAMPLE: f64 = 34.0;
    const SIZE: f64 = 14.0;
    let mut legend = group("legend").set("font-size", SIZE);
    let (mut x, mut y) = (32.0, 73.0);
    // The next item begins here; it is so wide.
    let mut place = |width: f64| {
        if x + width > WIDTH - 32.0 {
            (x, y) = (32.0, y + LEGEND_LINE);
        }
        let here = (x, y);
        x += width + 24.0;
        here
    };
    for stage in Stage::ALL {
        let words = palette::stage_words(stage);
        let (x, y) = place(SAMPLE + text_width(words, SIZE));
        let sample = match stage {
            Stage::Queued => [x, y + 7.0, 26.0, 4.0],
            _ => [x, y, 26.0, 18.0],
        };
        legend = legend
            .add(rectangle(sample, palette::stage(stage)))
            .add(label(x + SAMPLE, y + 14.0, words));
    }
    let failed = failures.then_some((FAILED_MARK, FAILED));
    for (words, colour) in std::iter::once((BLANK, FAINT_INK)).chain(failed) {
        let (x, y) = place(text_width(words, SIZE));
        legend = legend.add(label(x, y + 14.0, words).set("fill", colour));
    }
    legend
}

fn any_failed(comparison: &Comparison) -> bool {
    let rows = comparison.scenarios.iter().flat_map(|s| &s.rows);
    rows.flat_map(|row| &row.kept.videos)
        .any(|video| video.status == Status::Failed)
}

/// About how wide a text is; nobody knows the viewer's font.
fn text_width(text: &str, size: f64) -> f64 {
    const AVERAGE_LETTER: f64 = 0.57;
    count_as_f64(text.chars().count()) * size * AVERAGE_LETTER
}

// Numbers of videos and letters are far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn count_as_f64(count: usize) -> f64 {
    count as f64
}
