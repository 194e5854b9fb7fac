//! The data of the page's scripts, as JSON inside the page: the spans and the curves.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;
use thumbnail_core::measure::report::{Status, VideoReport};
use thumbnail_core::measure::span::{Span, Stage};

use crate::comparison::{Comparison, MeasuredPoint, Row, RowId, Scenario};
use crate::palette::{self, DRAWING_ORDER, Pen};
use crate::sentences::heading;

#[derive(Serialize)]
struct Data<'a> {
    /// The names of the stages; a span has an index into this list.
    stages: [&'static str; 5],
    labels: BTreeMap<&'static str, &'static str>,
    pens: BTreeMap<&'static str, Pen>,
    order: [&'static str; 6],
    videos: &'a [String],
    scenarios: Vec<ScenarioData<'a>>,
}

#[derive(Serialize)]
struct ScenarioData<'a> {
    heading: String,
    /// The end of the time axis, in seconds.
    end: f64,
    rows: Vec<RowData>,
    cores: &'a [usize],
    counts: &'a [usize],
    seconds: BTreeMap<&'static str, &'a [Vec<f64>]>,
    /// The stops of the slider for workers. Before them it has one more, for the default of each model.
    workers: &'a [usize],
    with_workers: BTreeMap<&'static str, &'a [Vec<Vec<f64>>]>,
    measured: &'a [MeasuredPoint],
}

#[derive(Serialize)]
struct RowData {
    key: &'static str,
    /// Wall seconds of the run that is shown, from the submission of the first video.
    wall: f64,
    /// Median wall seconds as in the tables, from the start to the end of the program.
    took: f64,
    videos: Vec<VideoData>,
}

#[derive(Serialize)]
struct VideoData {
    failed: bool,
    spans: Vec<SpanData>,
}

/// Stage, start, end, CPU seconds and lane. An array, because names of fields would make thousands of spans
/// much longer.
type SpanData = (usize, f64, f64, f64, usize);

/// The data as text for a `<script>` element, safe for any name of a video.
pub(super) fn json(comparison: &Comparison) -> Result<String> {
    let data = Data {
        stages: Stage::ALL.map(Stage::name),
        labels: RowId::ALL.map(|row| (row.key(), row.label())).into(),
        pens: RowId::ALL.map(|row| (row.key(), palette::pen(row))).into(),
        order: DRAWING_ORDER.map(RowId::key),
        videos: &comparison.options.videos,
        scenarios: comparison.scenarios.iter().map(scenario).collect(),
    };
    // HTML would end the element at `</script>`, and treats `<!--` specially. In JSON a `<` occurs only in
    // strings, where `\u003c` is the same character.
    Ok(serde_json::to_string(&data)?.replace('<', "\\u003c"))
}

fn scenario(scenario: &Scenario) -> ScenarioData<'_> {
    let scaling = &scenario.scaling;
    let grids = scaling.seconds.iter();
    ScenarioData {
        heading: heading(scenario),
        end: scenario.longest_kept_run(),
        rows: scenario.rows.iter().map(row).collect(),
        cores: &scaling.cores,
        counts: &scaling.videos,
        seconds: grids.map(|(row, grid)| (row.key(), &grid[..])).collect(),
        workers: &scaling.workers,
        with_workers: (scaling.with_workers.iter())
            .map(|(row, grids)| (row.key(), &grids[..]))
            .collect(),
        measured: &scaling.measured,
    }
}

fn row(row: &Row) -> RowData {
    RowData {
        key: row.id.key(),
        wall: row.kept.wall_seconds,
        took: row.wall.median,
        videos: row.kept.videos.iter().map(video).collect(),
    }
}

fn video(video: &VideoReport) -> VideoData {
    VideoData {
        failed: video.status() == Status::Failed,
        spans: video.spans.iter().map(span).collect(),
    }
}

fn span(span: &Span) -> SpanData {
    let place = Stage::ALL.iter().position(|&stage| stage == span.stage);
    (
        // Never the default: `ALL` has every stage.
        place.unwrap_or_default(),
        microseconds(span.start),
        microseconds(span.end),
        microseconds(span.cpu_seconds),
        span.lane,
    )
}

/// Rounded to microseconds: more digits would only make the page larger.
fn microseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}
