//! What the terminal shows when all is done.

use std::fmt::Write as _;

use console::style;
use thumbnail_core::measure::report::VideoReport;
use thumbnail_core::program::show::Style;
use thumbnail_core::program::show::timeline::Scale;
use thumbnail_core::settings::DelayKind;

use crate::comparison::{Comparison, Row, RowId, Scenario};
use crate::sentences::{heading, remarks_of};
use crate::tables::{Look, header, resources, times};

/// The whole report in characters.
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
        text += &times(scenario, look);
        text += "\nWhat the runs used; own is the program without ffmpeg.\n";
        text += &resources(scenario, look);
        text += "\n";
        text += &speed_ups(scenario);
        text += "\n";
        text += &timelines(scenario, page);
    }
    let python = &comparison.python;
    if comparison
        .scenarios
        .iter()
        .any(|s| s.delay.kind == DelayKind::Cpu)
    {
        let _ = write!(
            text,
            "\nPython: times faster than its own single run. Source: {}.\n",
            python.source
        );
    }
    for (heading, lines) in [
        (
            "Where prediction and measurement part",
            &remarks_of(comparison),
        ),
        ("Warnings", &comparison.warnings),
        ("How it was measured", &comparison.method),
        // Last, so that nobody has to scroll up for them.
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

/// `threads ran 1.93 times faster than single`.
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

/// All rows on one scale: what is further right happened later, in every row.
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
