//! The report as it is printed on the terminal.

use std::fmt::Write as _;

use console::style;
use thumbnail_core::measure::report::VideoReport;
use thumbnail_core::program::show::Style;
use thumbnail_core::program::show::timeline::Scale;

use crate::comparison::{Comparison, Row, RowId, Scenario};
use crate::sentences::{heading, python_note, remarks_of};
use crate::tables::{Look, draw, header, resources, times};

/// The whole report as text.
#[must_use]
pub fn terminal(comparison: &Comparison, page: Style) -> String {
    let title = |text: &str| format!("{}\n", style(text).bold().force_styling(page.colour));
    let look = Look::Terminal(page);
    let mut text = String::new();
    for (name, value) in header(comparison) {
        let _ = writeln!(text, "{name:<9}{value}");
    }
    for scenario in &comparison.scenarios {
        text += "\n";
        text += &title(&heading(scenario));
        text += "Wall times; × is times faster than single.\n";
        text += &draw(&times(scenario), look);
        text += "\nWhat the runs used; own is the program without ffmpeg.\n";
        text += &draw(&resources(scenario), look);
        text += "\n";
        text += &speed_ups(scenario);
        text += "\n";
        text += &timelines(scenario, page);
    }
    text += &python_note(comparison);
    for (heading, lines) in [
        (
            "Where measurement and prediction differ",
            &remarks_of(comparison),
        ),
        ("Warnings", &comparison.warnings),
        ("How it was measured", &comparison.method),
        // Last, so that they are on the screen when the program ends.
        ("Findings", &comparison.findings),
    ] {
        if !lines.is_empty() {
            text += "\n";
            text += &title(heading);
            for line in lines {
                let _ = writeln!(text, "- {line}");
            }
        }
    }
    text
}

/// A line for each row: `threads ran 1.93 times faster than single`.
fn speed_ups(scenario: &Scenario) -> String {
    let others = scenario.rows.iter().filter(|row| row.id != RowId::Single);
    let line = |row: &Row| {
        let label = row.id.label();
        let (times, word) = match row.ratio {
            ratio if ratio <= 1.0 => (1.0 / ratio, "faster"),
            ratio => (ratio, "slower"),
        };
        match format!("{times:.2}").as_str() {
            "1.00" => format!("{label} ran as fast as single\n"),
            times => format!("{label} ran {times} times {word} than single\n"),
        }
    };
    others.map(line).collect()
}

/// The timelines of all rows, on one time axis.
fn timelines(scenario: &Scenario, page: Style) -> String {
    let runs: Vec<&[VideoReport]> = scenario
        .rows
        .iter()
        .map(|row| &row.kept.videos[..])
        .collect();
    let scale = Scale::new(&runs, scenario.longest_kept_run(), page);
    let mut text = String::new();
    for row in &scenario.rows {
        let _ = writeln!(text, "{}", row.id.label());
        text += &scale.rows(&row.kept.videos);
    }
    text + &scale.axis() + "\n" + &scale.legend(&runs)
}
