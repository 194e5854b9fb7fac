//! The colours of every picture: those of Okabe and Ito, which colour-blind people can tell apart
//! (<https://jfly.uni-koeln.de/color/>). The terminal's timeline uses the same ones for the stages.
//!
//! In every picture work has a warm colour, and waiting is blue or grey. The waiting delay and the wait for
//! a core are also striped.
//!
//! Nothing is told apart by colour alone: curves also differ in width, dashes and marker, and bars are
//! labelled.

use serde::Serialize;
use thumbnail_core::measure::span::Stage;

use crate::comparison::RowId;

/// The fill of a stage's bars.
#[must_use]
pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Queued => "#BBBBBB",
        Stage::Delay => "#E69F00",
        Stage::Extract => "#56B4E9",
        Stage::Resize => "#F0E442",
        Stage::Save => "#CC79A7",
    }
}

/// The text for a stage in a legend.
#[must_use]
pub const fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Queued => "queued: not yet taken by a worker",
        Stage::Delay => "delay that works",
        Stage::Extract => "extract: waits for ffmpeg",
        Stage::Resize => "resize",
        Stage::Save => "save: encode and write",
    }
}

/// The colour of the stripes of the waiting delay.
pub const ASLEEP: &str = "#56B4E9";
/// The text for it in a legend.
pub const ASLEEP_WORDS: &str = "delay that waits";

/// The colour of the stripes of a video that waits for a core, between two stages.
pub const NO_CORE: &str = "#8A8A8A";
/// The text for it in a legend.
pub const NO_CORE_WORDS: &str = "waiting for a core";

/// How a row's curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pen {
    /// The colour on a light page.
    pub colour: &'static str,
    /// The same hue, light enough for a dark page.
    pub on_dark: &'static str,
    /// In pixels. Wide curves are drawn first, so that curves which coincide all stay visible.
    pub width: f64,
    /// SVG's `stroke-dasharray`.
    pub dash: &'static str,
    /// The shape of a measured point, as SVG path data around (0, 0).
    pub marker: &'static str,
}

/// The pen of a row. Rows of one program share a colour.
#[must_use]
pub const fn pen(row: RowId) -> Pen {
    let (colour, on_dark, width, dash, marker) = match row {
        RowId::Single => ("#000000", "#FFFFFF", 6.0, "none", CIRCLE),
        RowId::Threads => ("#0072B2", "#3A9BDC", 9.0, "none", SQUARE),
        RowId::ThreadsMany => ("#0072B2", "#3A9BDC", 3.0, "3 5", SQUARE),
        RowId::Process => ("#D55E00", "#F0762B", 4.0, "6 12", TRIANGLE),
        RowId::Async => ("#009E73", "#1DB88C", 5.0, "none", DIAMOND),
        RowId::AsyncBlocking => ("#009E73", "#1DB88C", 2.5, "10 8", CROSS),
    };
    Pen {
        colour,
        on_dark,
        width,
        dash,
        marker,
    }
}

/// The order in which curves are drawn: wide ones first.
pub const DRAWING_ORDER: [RowId; 6] = [
    RowId::Threads,
    RowId::Single,
    RowId::Async,
    RowId::ThreadsMany,
    RowId::Process,
    RowId::AsyncBlocking,
];

const CIRCLE: &str = "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0z";
const SQUARE: &str = "M-5.5 -5.5h11v11h-11z";
const TRIANGLE: &str = "M0 -7l7 12h-14z";
const DIAMOND: &str = "M0 -7.5l7.5 7.5l-7.5 7.5l-7.5 -7.5z";
const CROSS: &str = "M-6 -3.5l2.5 -2.5l3.5 3.5l3.5 -3.5l2.5 2.5l-3.5 3.5l3.5 3.5l-2.5 2.5l-3.5 -3.5l-3.5 3.5l-2.5 -2.5l3.5 -3.5z";
