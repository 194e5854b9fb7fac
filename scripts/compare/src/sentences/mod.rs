//! Every sentence about the figures: written here, and only displayed elsewhere.
//!
//! - [`findings`]: the results.
//! - [`remarks`]: where measurement and prediction differ, and why.
//! - [`warnings`]: what may have disturbed the measurement.
//! - [`method`]: how the figures were measured.
//! - [`words`]: numbers and lists as text.

pub mod findings;
pub mod method;
pub mod remarks;
pub mod warnings;
pub mod words;

use thumbnail_core::settings::DelayKind;

use crate::comparison::{Comparison, Scenario};

/// The heading of a scenario: its delay.
#[must_use]
pub fn heading(scenario: &Scenario) -> String {
    let seconds = scenario.delay.duration.as_secs_f64();
    match scenario.delay.kind {
        _ if seconds <= 0.0 => "No delay before each video".to_owned(),
        DelayKind::Cpu => format!("{seconds} s of CPU work before each video"),
        DelayKind::Wait => format!("{seconds} s of waiting before each video"),
    }
}

/// The source of the Python original's figures, as a paragraph; empty without the CPU delay, with which alone
/// the figures are shown.
#[must_use]
pub fn python_note(comparison: &Comparison) -> String {
    let source = &comparison.python.source;
    let shown = comparison.scenario(DelayKind::Cpu);
    shown.map_or_else(String::new, |_| {
        format!("\nPython: times faster than its own single run. Source: {source}.\n")
    })
}

/// The remarks on all predictions, each with its kind of delay.
#[must_use]
pub fn remarks_of(comparison: &Comparison) -> Vec<String> {
    let of_scenario = |scenario: &Scenario| {
        let kind = words::kind_name(scenario.delay.kind);
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
