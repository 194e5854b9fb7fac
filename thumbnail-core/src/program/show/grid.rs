//! Lays out text in columns, for the table and the profile.

use console::{Alignment, measure_text_width, pad_str};

use super::Style;
use super::paint::{Tone, paint};
use super::text::fit;

/// The first column is shortened down to this before whole columns are left out.
const NARROWEST_NAME: usize = 12;

/// A cell's text and its tone.
pub(super) type CellText = (String, Tone);

/// A cell without a colour.
pub(super) fn plain(text: impl Into<String>) -> CellText {
    (text.into(), Tone::Plain)
}

/// A table of figures without colours: whole columns are left out where it would be too wide, the last
/// ones first.
#[must_use]
pub fn figures(headings: &[&str], rows: &[Vec<String>], style: Style) -> String {
    let rows: Vec<Vec<CellText>> = (rows.iter())
        .map(|row| row.iter().map(plain).collect())
        .collect();
    let give_up: Vec<usize> = (1..headings.len()).rev().collect();
    grid(headings, &rows, &give_up, style)
}

/// The rows as text, under `headings`. The first column is flush left and gives way when room is
/// short; the others are flush right. Where that is not enough, the columns numbered in `give_up`
/// are left out, one after the other.
pub(super) fn grid(
    headings: &[&str],
    rows: &[Vec<CellText>],
    give_up: &[usize],
    style: Style,
) -> String {
    let heading = |text: &&str| ((*text).to_owned(), Tone::Heading);
    let headings: Vec<CellText> = headings.iter().map(heading).collect();
    let rows: Vec<&Vec<CellText>> = std::iter::once(&headings).chain(rows).collect();
    let widths: Vec<usize> = (0..headings.len())
        .map(|column| widest(rows.iter().map(|row| row[column].0.as_str())))
        .collect();

    let (columns, gap) = choose(&widths, give_up, style.width);
    let others: usize = columns.iter().map(|&c| widths[c] + gap).sum();
    let first = widths[0].min(style.width.saturating_sub(others).max(1));

    let mut text = String::new();
    for row in rows {
        let name = pad_str(&fit(&row[0].0, first), first, Alignment::Left, None).into_owned();
        text += &paint(&name, row[0].1, style.colour);
        for &column in &columns {
            let (cell, tone) = &row[column];
            text += &" ".repeat(gap + widths[column] - measure_text_width(cell));
            text += &paint(cell, *tone, style.colour);
        }
        text.push('\n');
    }
    text
}

/// Which columns after the first are shown, and how far apart.
fn choose(widths: &[usize], give_up: &[usize], width: usize) -> (Vec<usize>, usize) {
    let mut columns: Vec<usize> = (1..widths.len()).collect();
    for left_out in std::iter::once(None).chain(give_up.iter().map(Some)) {
        columns.retain(|column| Some(column) != left_out);
        for gap in [2, 1] {
            let needed: usize = columns.iter().map(|&c| widths[c] + gap).sum();
            if needed + widths[0].min(NARROWEST_NAME) <= width {
                return (columns, gap);
            }
        }
    }
    (columns, 1)
}

/// The display width of the widest of `texts`.
fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(measure_text_width).max().unwrap_or(0)
}
