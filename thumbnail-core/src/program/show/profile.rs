//! The profile of the stages, as Python's cProfile would print it.

use super::Style;
use super::grid::{grid, plain};
use super::paint::{Tone, paint};
use super::text::wrap;
use crate::measure::report::VideoReport;
use crate::measure::span::{Span, Stage};

const HEADINGS: [&str; 5] = ["stage", "calls", "total s", "per call", "CPU s"];

/// In the narrowest terminals `per call` is left out: a reader can compute it.
const GIVE_UP: [usize; 1] = [3];

const NOTE: &str = "CPU s is this program's own: extract waits for ffmpeg, a process of its own.";

/// For each stage how often it ran, its wall seconds (in all and per call), and the CPU seconds of
/// the threads that ran it. The last row adds up all stages but `queued`, in which nothing runs.
#[must_use]
pub fn profile(videos: &[VideoReport], style: Style) -> String {
    let mut stages = Stage::ALL.map(|stage| (stage, Sum::default()));
    let mut all = Sum::default();
    for video in videos {
        for span in &video.spans {
            let of_stage = stages.iter_mut().filter(|(stage, _)| *stage == span.stage);
            of_stage.for_each(|(_, sum)| sum.add(span));
            if span.stage != Stage::Queued {
                all.add(span);
            }
        }
    }
    let mut rows: Vec<_> = stages.iter().map(|(s, sum)| sum.row(s.name())).collect();
    rows.push(all.row("sum"));

    let mut text = grid(&HEADINGS, &rows, &GIVE_UP, style);
    for line in wrap(NOTE, style.width) {
        text += &paint(&line, Tone::Faint, style.colour);
        text.push('\n');
    }
    text
}

#[derive(Default)]
struct Sum {
    calls: u32,
    wall: f64,
    cpu: f64,
}

impl Sum {
    fn add(&mut self, span: &Span) {
        self.calls = self.calls.saturating_add(1);
        self.wall += span.seconds();
        self.cpu += span.cpu_seconds;
    }

    fn row(&self, name: &str) -> Vec<(String, Tone)> {
        let per_call = self.wall / f64::from(self.calls.max(1));
        let times = [self.wall, per_call, self.cpu].map(|seconds| plain(format!("{seconds:.3}")));
        let mut row = vec![plain(name), plain(self.calls.to_string())];
        row.extend(times);
        row
    }
}
