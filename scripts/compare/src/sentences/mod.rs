//! Everything that is said about figures: computed here, and only shown elsewhere.
//!
//! [`findings`]: what was found. [`remarks`]: where prediction and measurement part, and why.
//! [`warnings`]: what may have disturbed the figures. [`method`]: how they were taken. [`words`]:
//! numbers and lists as they stand in sentences and tables.

pub mod findings;
pub mod method;
pub mod remarks;
pub mod warnings;
pub mod words;

use thumbnail_core::settings::DelayKind;

use crate::comparison::{Comparison, Scenario};

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
