//! The profile of the stages, as Python's cProfile would print it.

use super::Style;
use super::grid::{grid, plain};
use super::paint::{Tone, paint};
use super::text::wrap;
use crate::report::VideoReport;
use crate::span::{Span, Stage};

const HEADINGS: [&str; 5] = ["stage", "calls", "total s", "per call", "CPU s"];

/// In the narrowest terminals, `per call` goes: it can be computed.
const GIVE_UP: [usize; 1] = [3];

const NOTE: &str = "CPU s is this program's own: extract waits for ffmpeg, a process of its own.";

/// For each stage how often it ran, its wall seconds (in all and per call), and the CPU seconds of
/// the threads that ran it. The last row adds up all stages but `queued`, in which nothing runs.
#[must_use]
pub fn profile(videos: &[VideoReport], style: Style) -> String {
    let spans = || videos.iter().flat_map(|video| &video.spans);
    let mut rows = Vec::new();
    for stage in Stage::ALL {
        rows.push(row(
            stage.name(),
            spans().filter(|span| span.stage == stage),
        ));
    }
    rows.push(row(
        "sum",
        spans().filter(|span| span.stage != Stage::Queued),
    ));

    let mut text = grid(&HEADINGS, &rows, &GIVE_UP, style);
    for line in wrap(NOTE, style.width) {
        text += &paint(&line, Tone::Faint, style.colour);
        text.push('\n');
    }
    text
}

fn row<'a>(name: &str, spans: impl Iterator<Item = &'a Span>) -> Vec<(String, Tone)> {
    let (mut calls, mut number, mut wall, mut cpu) = (0_usize, 0.0, 0.0, 0.0);
    for span in spans {
        calls += 1;
        number += 1.0;
        wall += span.seconds();
        cpu += span.cpu_seconds;
    }
    let per_call = if calls == 0 { 0.0 } else { wall / number };
    let times = [wall, per_call, cpu].map(|seconds| plain(format!("{seconds:.3}")));
    let mut row = vec![plain(name), plain(calls.to_string())];
    row.extend(times);
    row
}
