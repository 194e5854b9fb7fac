//! Bars of wall times, each divided by that of its own single run: measured, predicted, Python's.

use crate::comparison::{Row, Scenario};
use crate::sentences::words::{seconds, times_faster};

/// The bars of one delay.
pub(super) struct Bars {
    pub rows: Vec<RowBars>,
    /// Where single is, in percent of the width.
    pub one: f64,
}

impl Bars {
    /// Is there a published figure to compare with?
    pub fn has_python(&self) -> bool {
        let bars = self.rows.iter().flat_map(|row| &row.bars);
        bars.into_iter().any(|bar| bar.kind == "python")
    }
}

/// The bars of one program.
pub(super) struct RowBars {
    pub label: &'static str,
    pub bars: Vec<Bar>,
}

/// One bar.
pub(super) struct Bar {
    /// `measured`, `predicted` or `python`: also its CSS class.
    pub kind: &'static str,
    /// In percent of the width.
    pub percent: f64,
    pub words: String,
}

/// Room to the right of the longest bar for its figures, in bars' length.
const ROOM: f64 = 1.45;

pub(super) fn bars(scenario: &Scenario) -> Bars {
    let all = scenario.rows.iter().flat_map(ratios);
    let longest = all.map(|(_, ratio, _)| ratio).fold(1.0, f64::max);
    let percent = |ratio: f64| (ratio / (longest * ROOM) * 1e4).round() / 1e2;
    let row = |row: &Row| RowBars {
        label: row.id.label(),
        bars: ratios(row)
            .into_iter()
            .map(|(kind, ratio, took)| Bar {
                kind,
                percent: percent(ratio),
                words: format!("{} ({})", times_faster(ratio), seconds(took)),
            })
            .collect(),
    };
    Bars {
        rows: scenario.rows.iter().map(row).collect(),
        one: percent(1.0),
    }
}

/// What there is to show of a row: its kind, the ratio to single, and the seconds.
fn ratios(row: &Row) -> Vec<(&'static str, f64, f64)> {
    let prediction = &row.prediction;
    let mut ratios = vec![
        ("measured", row.ratio, row.wall.median),
        ("predicted", prediction.ratio, prediction.seconds),
    ];
    if let Some(python) = &row.python {
        ratios.push(("python", python.ratio, python.seconds));
    }
    ratios
}
