//! `timeline.svg`: the timelines of all programs with both delays, on one time axis. `waiting.svg`: those
//! with the waiting delay alone, for a page with little room.
//!
//! The pictures are as wide as a repository's page shows them, so that they are not scaled down there. They
//! are dark where the page is dark.

use thumbnail_core::measure::report::{Status, VideoReport};
use thumbnail_core::measure::span::{Span, Stage};
use thumbnail_core::settings::DelayKind;

use svg::Document;
use svg::node::element::{Definitions, Group, Pattern, Rectangle, Style, Text, Title};

use super::{FONT, centred, group, label, line, px, rectangle, right_aligned, ticks};
use crate::comparison::{Comparison, Row, Scenario, pauses};
use crate::palette;
use crate::sentences::heading;
use crate::sentences::words::{count, seconds};
use crate::stats::as_f64;

const WIDTH: f64 = 860.0;
/// The x of second 0, and of the end of the time axis.
const LEFT: f64 = 226.0;
const RIGHT: f64 = WIDTH - 74.0;
/// Below the title and two lines of legend.
const TOP: f64 = 50.0 + 2.0 * LEGEND_LINE + 22.0;
const LEGEND_LINE: f64 = 24.0;
/// The height of a panel's heading, and of its axis with the space below.
const HEADING: f64 = 34.0;
const AXIS: f64 = 56.0;
const ROW_GAP: f64 = 14.0;
/// The height of a row's tracks together, if [`TRACK`] allows it.
const ROW: f64 = 66.0;
/// The smallest and the largest height of one video's track.
const TRACK: [f64; 2] = [2.0, 22.0];
/// Tracks lower than this have no room for the video's number.
const NUMBERED_TRACK: f64 = 11.0;
/// The smallest letters, in pixels.
const SMALL: f64 = 12.0;

/// The stripe patterns: id and colour.
const STRIPED: [(&str, &str); 2] = [("asleep", palette::ASLEEP), ("no-core", palette::NO_CORE)];

const STYLE: &str = "
.paper { fill: #FFFFFF } .grid line { stroke: #D9D9D9 } text { fill: #1A1A1A } .faint, .grid text { fill: #555555 }
.failed { fill: #B03A00 }
@media (prefers-color-scheme: dark) {
.paper { fill: #0D1117 } .grid line { stroke: #3D444D } text { fill: #F0F6FC } .faint, .grid text { fill: #B1BAC4 }
.failed { fill: #FF8A50 } }
";

/// `timeline.svg`: all delays.
#[must_use]
pub fn timeline(comparison: &Comparison) -> String {
    let all: Vec<&Scenario> = comparison.scenarios.iter().collect();
    picture(comparison, &all)
}

/// `waiting.svg`: the waiting delay, with which the models differ most. If it was not run, as `timeline.svg`.
#[must_use]
pub fn waiting(comparison: &Comparison) -> String {
    match comparison.scenario(DelayKind::Wait) {
        Some(scenario) => picture(comparison, &[scenario]),
        None => timeline(comparison),
    }
}

fn picture(comparison: &Comparison, scenarios: &[&Scenario]) -> String {
    let videos = comparison.options.videos.len();
    let end = scenarios.iter().map(|scenario| scenario.longest_kept_run());
    let scale = Drawing {
        end: end.fold(0.0, f64::max),
        track: (ROW / as_f64(videos)).clamp(TRACK[0], TRACK[1]),
    };
    let panels: f64 = scenarios.iter().map(|s| scale.panel_height(s)).sum();
    let title = format!("{}, each program on the same clock", count(videos, "video"));

    let height = TOP + panels;
    let mut picture = Document::new()
        .set("viewBox", (0, 0, px(WIDTH), px(height)))
        .set("width", px(WIDTH))
        .set("height", px(height))
        .set("role", "img")
        .set("font-family", FONT)
        .set("font-size", 14)
        .add(Title::new(&title))
        .add(Style::new(STYLE))
        .add(stripes())
        .add(rectangle([0.0, 0.0, WIDTH, height], "none").set("class", "paper"))
        .add(
            label(20.0, 32.0, &title)
                .set("font-size", 21)
                .set("font-weight", 700),
        )
        .add(legend(any_failed(comparison)));
    let mut top = TOP;
    for scenario in scenarios {
        picture = picture.add(scale.panel(scenario, top));
        top += scale.panel_height(scenario);
    }
    picture.to_string()
}

fn stripes() -> Definitions {
    let pattern = |(name, colour): (&str, &str)| {
        let ground = rectangle([0.0, 0.0, 6.0, 6.0], "#FFFFFF");
        Pattern::new()
            .set("id", name)
            .set("width", 6)
            .set("height", 6)
            .set("patternUnits", "userSpaceOnUse")
            .set("patternTransform", "rotate(45)")
            .add(ground)
            .add(rectangle([0.0, 0.0, 3.5, 6.0], colour))
    };
    STRIPED
        .map(pattern)
        .into_iter()
        .fold(Definitions::new(), Definitions::add)
}

/// The scales that all panels share.
struct Drawing {
    /// The end of the time axis, in seconds.
    end: f64,
    /// Height of one video's bars.
    track: f64,
}

impl Drawing {
    fn x(&self, seconds: f64) -> f64 {
        LEFT + seconds / self.end.max(f64::MIN_POSITIVE) * (RIGHT - LEFT)
    }

    fn row_height(&self, row: &Row) -> f64 {
        as_f64(row.kept.videos.len()) * self.track + ROW_GAP
    }

    fn rows_height(&self, scenario: &Scenario) -> f64 {
        scenario.rows.iter().map(|row| self.row_height(row)).sum()
    }

    fn panel_height(&self, scenario: &Scenario) -> f64 {
        HEADING + self.rows_height(scenario) + AXIS
    }

    /// One kind of delay.
    fn panel(&self, scenario: &Scenario, top: f64) -> Group {
        let heading = label(20.0, top + 18.0, &heading(scenario))
            .set("font-size", 16)
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
        let mut axis = group("grid").set("font-size", SMALL);
        for tick in ticks(self.end, 8.0) {
            let x = self.x(tick);
            axis = axis.add(line([x, top - 6.0], [x, bottom], "none"));
            axis = axis.add(centred(x, bottom + 16.0, &format!("{} s", px(tick))));
        }
        axis.add(centred(
            f64::midpoint(LEFT, RIGHT),
            bottom + 34.0,
            "since the first video was submitted; a row ends with the program's whole time",
        ))
    }

    /// One program: its name, a track for each video, and its median wall time.
    fn row(&self, row: &Row, top: f64) -> Group {
        let middle = top + (self.row_height(row) - ROW_GAP) / 2.0;
        let without_core = row.seconds_without_core();
        // Less would be shown as 0.0 s.
        let waited = without_core >= 0.05;
        let lift = if waited { 4.0 } else { -4.0 };
        let name = label(20.0, middle - lift, row.id.label()).set("font-weight", 600);
        let done = label(
            self.x(row.kept.wall_seconds) + 7.0,
            middle + 5.0,
            &seconds(row.wall.median),
        )
        .set("font-weight", 600);
        let mut group = group("row").add(name).add(done);
        if waited {
            let words = format!("{without_core:.1} s waiting for a core");
            group = group.add(small(label(20.0, middle + 12.0, &words)));
        }
        for (at, video) in row.kept.videos.iter().enumerate() {
            group = group.add(self.track(at, video, top + as_f64(at) * self.track));
        }
        group
    }

    fn track(&self, at: usize, video: &VideoReport, top: f64) -> Group {
        let mut track = group("video");
        if self.track >= NUMBERED_TRACK {
            let number = (at + 1).to_string();
            let y = top + self.track / 2.0 + 4.0;
            track = track.add(small(right_aligned(LEFT - 8.0, y, &number)));
        }
        for span in &video.spans {
            track = track.add(self.bar(span, video, top));
        }
        for (from, to) in pauses(video) {
            let words = format!("{}: {} without a core", video.source, seconds(to - from));
            let bar = self.rectangle(from, to, top, self.height(0.5), "url(#no-core)");
            track = track.add(group("pause").add(bar.add(Title::new(words))));
        }
        if video.status() == Status::Failed {
            let end = video.spans.iter().map(|span| span.end).fold(0.0, f64::max);
            // A low track has room for the cross only; the legend explains it.
            let (mark, size) = match self.track {
                track if track >= NUMBERED_TRACK => (FAILED_MARK, SMALL),
                track => ("✕", (track * 2.0).min(SMALL)),
            };
            let middle = top + self.track / 2.0 + size * 0.37;
            let mark = label(self.x(end) + 3.0, middle, mark);
            track = track.add(mark.set("class", "failed").set("font-size", size));
        }
        track
    }

    /// The bar of a span. That of a queued video is thin, because nothing is done for it yet.
    fn bar(&self, span: &Span, video: &VideoReport, top: f64) -> Group {
        let height = match span.stage {
            Stage::Queued => self.height(0.2),
            _ => self.height(1.0),
        };
        let bar = self.rectangle(span.start, span.end, top, height, fill(span));
        let words = format!(
            "{}, {}: {} from {}",
            video.source,
            span.stage.name(),
            seconds(span.seconds()),
            seconds(span.start)
        );
        group("span").add(bar.add(Title::new(words)))
    }

    /// The height of a bar that takes `part` of a track, without the gap between tracks.
    fn height(&self, part: f64) -> f64 {
        let gap = (self.track * 0.12).min(2.0);
        ((self.track - gap) * part).max(1.0)
    }

    fn rectangle(&self, from: f64, to: f64, top: f64, height: f64, fill: &str) -> Rectangle {
        let (from, to) = (self.x(from), self.x(to));
        let y = top + (self.track - height) / 2.0;
        rectangle([from, y, to - from, height], fill)
    }
}

fn fill(span: &Span) -> &'static str {
    if span.is_waiting_delay() {
        "url(#asleep)"
    } else {
        palette::stage(span.stage)
    }
}

fn small(text: Text) -> Text {
    text.set("class", "faint").set("font-size", SMALL)
}

const FAILED_MARK: &str = "✕ failed";

/// The legend, in as many lines as it needs.
fn legend(failures: bool) -> Group {
    const SAMPLE: f64 = 30.0;
    const SIZE: f64 = 13.0;
    let mut legend = group("legend").set("font-size", SIZE);
    let (mut x, mut y) = (20.0, 50.0);
    // Returns the place of the next item, which has this width.
    let mut place = |width: f64| {
        if x + width > WIDTH - 20.0 {
            (x, y) = (20.0, y + LEGEND_LINE);
        }
        let here = (x, y);
        x += width + 18.0;
        here
    };
    let stage = |stage| (palette::stage(stage), palette::stage_words(stage));
    // With their heights, which are in proportion to those of the bars.
    let samples = [
        (stage(Stage::Delay), 18.0),
        (("url(#asleep)", palette::ASLEEP_WORDS), 18.0),
        (stage(Stage::Extract), 18.0),
        (stage(Stage::Resize), 18.0),
        (stage(Stage::Save), 18.0),
        (stage(Stage::Queued), 4.0),
        (("url(#no-core)", palette::NO_CORE_WORDS), 9.0),
    ];
    for ((fill, words), height) in samples {
        let (x, y) = place(SAMPLE + text_width(words, SIZE));
        let sample = rectangle([x, y + 9.0 - height / 2.0, 24.0, height], fill);
        legend = legend.add(sample).add(label(x + SAMPLE, y + 14.0, words));
    }
    if failures {
        let (x, y) = place(text_width(FAILED_MARK, SIZE));
        legend = legend.add(label(x, y + 14.0, FAILED_MARK).set("class", "failed"));
    }
    legend
}

fn any_failed(comparison: &Comparison) -> bool {
    let rows = comparison.scenarios.iter().flat_map(|s| &s.rows);
    rows.flat_map(|row| &row.kept.videos)
        .any(|video| video.status() == Status::Failed)
}

/// The approximate width of a text. The exact one depends on the viewer's font.
fn text_width(text: &str, size: f64) -> f64 {
    const AVERAGE_LETTER: f64 = 0.57;
    as_f64(text.chars().count()) * size * AVERAGE_LETTER
}
