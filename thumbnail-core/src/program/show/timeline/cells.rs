//! From seconds to cells: which character stands where in a row of the timeline.

use crate::measure::report::{Status, VideoReport};
use crate::measure::span::{Span, Stage};
use crate::program::show::paint::{Tone, paint};

/// One character of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// Nothing: before the run, after the video, an idle lane.
    Idle,
    /// The video waits to be picked up.
    Queued,
    /// A stage runs. `other`: lower case and the darker shade.
    Running { stage: Stage, other: bool },
    /// A delay that waits, and uses no core.
    Asleep { other: bool },
    /// In flight, but in no stage: the video waits for a core.
    Between,
    /// The last cell of a video that failed.
    Failed,
}

impl Cell {
    /// The cell's character.
    pub(super) const fn symbol(self) -> char {
        match self {
            Self::Idle => ' ',
            Self::Queued => '·',
            Self::Between => '-',
            Self::Failed => '!',
            Self::Asleep { other: false } => 'W',
            Self::Asleep { other: true } => 'w',
            Self::Running { stage, other } => {
                let letter = match stage {
                    Stage::Queued => 'Q',
                    Stage::Delay => 'D',
                    Stage::Extract => 'E',
                    Stage::Resize => 'R',
                    Stage::Save => 'S',
                };
                if other {
                    letter.to_ascii_lowercase()
                } else {
                    letter
                }
            }
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Idle => Tone::Plain,
            Self::Queued | Self::Between => Tone::Faint,
            Self::Failed => Tone::FailedBar,
            Self::Asleep { other } => Tone::Asleep { other },
            Self::Running { stage, other } => Tone::Bar { stage, other },
        }
    }
}

/// A row's characters, without the blanks at its end. Neighbours of one colour share one escape
/// sequence.
pub(super) fn draw(cells: &[Cell], colour: bool) -> String {
    let end = cells
        .iter()
        .rposition(|cell| *cell != Cell::Idle)
        .map_or(0, |last| last + 1);
    let same_tone = cells[..end].chunk_by(|a, b| a.tone() == b.tone());
    same_tone
        .map(|run| {
            let text: String = run.iter().map(|cell| cell.symbol()).collect();
            paint(&text, run[0].tone(), colour)
        })
        .collect()
}

/// A time axis cut into cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// Seconds of one cell.
    pub cell: f64,
    /// Number of cells.
    pub cells: usize,
}

impl Axis {
    /// An axis from 0 to `seconds`.
    pub(super) fn new(seconds: f64, cells: usize) -> Self {
        // A run that took no time gets an axis of a microsecond: a cell must not be 0 s long.
        let seconds = if seconds.is_finite() {
            seconds.max(1e-6)
        } else {
            1e-6
        };
        Self {
            cell: seconds / to_f64(cells),
            cells,
        }
    }

    /// The border between cells that is nearest to `time`. Rounding both ends of a bar in the same
    /// way means that what follows one another in time never overlaps in the picture.
    pub(super) fn border(&self, time: f64) -> usize {
        to_usize((time / self.cell).round()).min(self.cells)
    }

    /// How many seconds of `start..end` lie in cell `cell`.
    fn overlap(&self, cell: usize, start: f64, end: f64) -> f64 {
        let from = to_f64(cell) * self.cell;
        (end.min(from + self.cell) - start.max(from)).max(0.0)
    }

    /// Lays `video` into a row, from being picked up to its end. Each cell shows what took most of
    /// its time. However short, a video has at least one cell.
    pub(super) fn lay(&self, video: &VideoReport, other: bool, row: &mut [Cell]) {
        let Some((start, end)) = video.in_flight() else {
            return;
        };
        let first = self.border(start).min(self.cells - 1);
        let after_last = self.border(end).max(first + 1);
        for (index, cell) in row.iter_mut().enumerate().take(after_last).skip(first) {
            *cell = self.most_of(video, index, other);
        }
        if video.status() == Status::Failed {
            row[after_last - 1] = Cell::Failed;
        }
    }

    /// Dots from the run's start until `video` was picked up.
    pub(super) fn lay_queued(&self, video: &VideoReport, row: &mut [Cell]) {
        for span in video
            .spans
            .iter()
            .filter(|span| span.stage == Stage::Queued)
        {
            let (first, after_last) = (self.border(span.start), self.border(span.end));
            row[first..after_last.max(first)].fill(Cell::Queued);
        }
    }

    /// What `video`, in flight, did for most of one cell's time.
    fn most_of(&self, video: &VideoReport, cell: usize, other: bool) -> Cell {
        let (start, end) = video.in_flight().unwrap_or_default();
        let mut between = self.overlap(cell, start, end);
        let mut most = (0.0, Cell::Between);
        for stage in Stage::ALL
            .into_iter()
            .filter(|stage| *stage != Stage::Queued)
        {
            let spans = || video.spans.iter().filter(|span| span.stage == stage);
            let time: f64 = spans()
                .map(|span| self.overlap(cell, span.start, span.end))
                .sum();
            between -= time;
            if time > most.0 {
                let kind = if spans().any(Span::is_waiting_delay) {
                    Cell::Asleep { other }
                } else {
                    Cell::Running { stage, other }
                };
                most = (time, kind);
            }
        }
        if between > most.0 {
            Cell::Between
        } else {
            most.1
        }
    }

    /// How many of `intervals` are open in each cell, on average over the cell's time.
    pub(super) fn depth(&self, intervals: &[(f64, f64)]) -> Vec<f64> {
        let open = |cell| {
            let times = intervals
                .iter()
                .map(|(start, end)| self.overlap(cell, *start, *end));
            times.sum::<f64>() / self.cell
        };
        (0..self.cells).map(open).collect()
    }
}

/// Bars of different heights for values up to `most`; each value above 0 has a bar that can be seen. The full
/// block is not used, so that the bars of two rows do not touch.
pub(super) fn sparkline(values: &[f64], most: f64) -> String {
    const BARS: [char; 8] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇'];
    let bar = |value: &f64| BARS[to_usize((value / most * 7.0).ceil()).min(7)];
    let line: String = values.iter().map(bar).collect();
    line.trim_end().to_owned()
}

/// Counts of cells are far below 2^52, so this is exact.
#[expect(clippy::cast_precision_loss, reason = "a number of cells is small")]
pub(in crate::program::show) fn to_f64(number: usize) -> f64 {
    number as f64
}

/// `as` saturates at 0 and at the largest number, and turns NaN into 0: right for a picture.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates"
)]
fn to_usize(number: f64) -> usize {
    number as usize
}
