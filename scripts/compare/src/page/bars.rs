//! The bars: wall times divided by that of `single`, as measured, as predicted, and as the Python original
//! published them.

use crate::comparison::{Row, Scenario};
use crate::sentences::words::{seconds, times_faster};

/// The bars of one delay.
pub(super) struct Bars {
    pub rows: Vec<RowBars>,
    /// The length of a bar with the ratio 1, that of `single`, in percent of the width.
    pub one: f64,
}

impl Bars {
    /// Whether any row has a figure of the Python original.
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

/// The width of the drawing divided by the longest bar. The figures stand to the right of a bar.
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

/// The bars of a row: the kind of each, its ratio to `single`, and its seconds.
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
