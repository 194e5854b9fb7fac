//! The colours, all in one place.

use crate::measure::span::Stage;

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Text like any other.
    Plain,
    /// Titles and column headings.
    Heading,
    /// Explanations, and what matters less.
    Faint,
    /// A failure. The word or mark says so as well: colour never stands alone.
    Failed,
    /// A cell of the timeline; `other` is the second shade, for every other video of a lane.
    Bar { stage: Stage, other: bool },
    /// A cell of a delay that waits.
    Asleep { other: bool },
    /// The cell in which a video failed.
    FailedBar,
}

/// The palette's 256-colour numbers nearest to Okabe and Ito's, which colour-blind people tell
/// apart (<https://jfly.uni-koeln.de/color/>), each with a darker shade of itself. They only ever
/// fill the background behind a black letter, so they can be read on dark and light terminals. As in all
/// pictures of this project, stages that use a core have warm colours, and stages that wait are blue.
const fn fill(stage: Stage, other: bool) -> u8 {
    let (first, second) = match stage {
        Stage::Queued => (250, 245), // grey
        Stage::Delay => (214, 172),  // orange
        Stage::Extract => (117, 74), // sky blue
        Stage::Resize => (227, 185), // yellow
        Stage::Save => (175, 132),   // reddish purple
    };
    if other { second } else { first }
}

const BLACK: u8 = 16;
const WHITE: u8 = 231;
const VERMILLION: u8 = 166;

/// `text` in its colour, or as it is when `colour` is off.
pub(super) fn paint(text: &str, tone: Tone, colour: bool) -> String {
    if !colour || tone == Tone::Plain || text.is_empty() {
        return text.to_owned();
    }
    let style = console::Style::new().force_styling(true);
    let style = match tone {
        Tone::Plain => style,
        Tone::Heading => style.bold(),
        Tone::Faint => style.dim(),
        Tone::Failed => style.bold().color256(VERMILLION),
        Tone::Bar { stage, other } => style.color256(BLACK).on_color256(fill(stage, other)),
        Tone::Asleep { other } => style
            .color256(BLACK)
            .on_color256(if other { 32 } else { 39 }),
        Tone::FailedBar => style.bold().color256(WHITE).on_color256(VERMILLION),
    };
    style.apply_to(text).to_string()
}
