//! What the terminal shows when all is done.

use std::fmt::Write as _;

use console::style;
use thumbnail_core::measure::report::VideoReport;
use thumbnail_core::program::show::Style;
use thumbnail_core::program::show::timeline::Scale;
use thumbnail_core::settings::DelayKind;

use crate::comparison::{Comparison, Row, RowId, Scenario};
use crate::tables::{Look, header, resources, times};

/// The whole report in characters.
#[must_use]
pub fn terminal(comparison: &Comparison, page: Style) -> String {
    let title = |text: &str| format!("{}\n", style(text).bold().force_styling(page.colour));
    let look = Look::Terminal(page.width);
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
            &remarks(comparison),
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

/// What the rows of a scenario have in common.
#[must_use]
pub fn heading(scenario: &Scenario) -> String {
    let seconds = scenario.delay.duration.as_secs_f64();
    match scenario.delay.kind {
        _ if seconds <= 0.0 => "No delay before each video".to_owned(),
        DelayKind::Cpu => format!("{seconds} s of CPU work before each video"),
        DelayKind::Wait => format!("{seconds} s of waiting before each video"),
    }
}

/// Every remark on a prediction, with the delay it belongs to.
#[must_use]
pub fn remarks(comparison: &Comparison) -> Vec<String> {
    let of_scenario = |scenario: &Scenario| {
        let kind = crate::words::kind_name(scenario.delay.kind);
        let remarks = scenario
            .rows
            .iter()
            .filter_map(|row| row.prediction.remark.as_ref());
        remarks
            .map(|remark| format!("{kind} delay: {remark}"))
            .collect::<Vec<_>>()
    };
    comparison.scenarios.iter().flat_map(of_scenario).collect()
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
