//! The findings: sentences that are computed from the figures alone, and are different with other figures.

use thumbnail_core::settings::DelayKind;

use crate::comparison::{Comparison, Row, RowId, Scenario};
use crate::sentences::warnings::disturbed;
use crate::sentences::words::{count, list, percent, seconds, times_faster};

/// Two times that differ by less than this share are called the same.
const SAME: f64 = 0.1;

/// Up to three sentences, the most important first.
#[must_use]
pub fn findings(comparison: &Comparison) -> Vec<String> {
    let cores = comparison.machine.cores;
    if disturbed(comparison) {
        // Differences between the models could not be told from the influence of other programs.
        let mut findings = vec![
            "The machine was not quiet: these figures tell about the other programs as much as about \
             the models. The warnings say more."
                .to_owned(),
        ];
        findings.extend(comparison.scenarios.iter().filter_map(predicted));
        return findings;
    }
    let mut findings = Vec::new();
    for kind in [DelayKind::Cpu, DelayKind::Wait] {
        let scenario = comparison.scenario(kind);
        findings.extend(scenario.and_then(|scenario| speed_ups(scenario, cores)));
    }
    findings.extend(blocking(&comparison.scenarios));
    findings
}

/// For a machine that was not quiet: the predicted gains instead of the measured ones.
fn predicted(scenario: &Scenario) -> Option<String> {
    let models: Vec<String> = others(scenario)
        .map(|row| {
            let times = times_faster(row.prediction.ratio);
            format!("{} {times}", row.id.in_sentence())
        })
        .collect();
    (!models.is_empty()).then(|| {
        format!(
            "With {}, what the models gain over single could not be seen; predicted on a quiet machine: {}.",
            delay_name(scenario.delay.kind),
            list(&models)
        )
    })
}

fn delay_name(kind: DelayKind) -> &'static str {
    match kind {
        DelayKind::Cpu => "the CPU delay",
        DelayKind::Wait => "the waiting delay",
    }
}

fn others(scenario: &Scenario) -> impl Iterator<Item = &Row> {
    scenario.rows.iter().filter(|row| row.id != RowId::Single)
}

/// Which rows were faster than `single` and by how much, and which were not.
fn speed_ups(scenario: &Scenario, cores: usize) -> Option<String> {
    let single = scenario.row(RowId::Single)?;
    let (faster, not): (Vec<&Row>, Vec<&Row>) =
        others(scenario).partition(|row| row.ratio < 1.0 - SAME);
    let videos = single.kept.videos.len();
    let start = format!(
        "With {}, single took {} for {}",
        delay_name(scenario.delay.kind),
        seconds(single.wall.median),
        count(videos, "video")
    );
    if faster.is_empty() {
        let why = match (videos, cores, scenario.delay.kind) {
            (1, _, _) => ": one video has nothing to overlap with",
            (_, 1, DelayKind::Cpu) => ": one core has no second one to share the work with",
            _ => "",
        };
        return Some(format!(
            "{start}, and no model was more than {} faster{why}.",
            percent(SAME)
        ));
    }
    let figures: Vec<String> = (faster.iter())
        .map(|row| {
            let times = 1.0 / row.ratio;
            format!("{} was {times:.2} times faster", row.id.in_sentence())
        })
        .collect();
    let not: Vec<&str> = not.iter().map(|row| row.id.in_sentence()).collect();
    let rest = match &not[..] {
        [] => String::new(),
        [one] => format!("; {one} was not"),
        several => format!("; {} were not", list(several)),
    };
    Some(format!("{start}: {}{rest}.", list(&figures)))
}

/// How much time the blocking call inside the tasks cost `demo-async --blocking`.
fn blocking(scenarios: &[Scenario]) -> Option<String> {
    let costs = scenarios.iter().filter_map(|scenario| {
        let good = scenario.row(RowId::Async)?.wall.median;
        let bad = scenario.row(RowId::AsyncBlocking)?.wall.median;
        Some((scenario.delay.kind, good, bad))
    });
    // The waiting delay, if it was run, shows it best: without the blocking call the waits overlap.
    let (kind, good, bad) = costs.max_by_key(|(kind, ..)| *kind == DelayKind::Wait)?;
    let delay = delay_name(kind);
    Some(if bad > good * (1.0 + SAME) {
        format!(
            "A blocking call inside the tasks cost async {}: with {delay} it took {} instead of {}, \
             although its tasks were all started at once.",
            seconds(bad - good),
            seconds(bad),
            seconds(good)
        )
    } else if bad < good * (1.0 - SAME) {
        format!(
            "A blocking call inside the tasks made async faster here: with {delay} it took {} \
             instead of {}.",
            seconds(bad),
            seconds(good)
        )
    } else {
        format!(
            "A blocking call inside the tasks made no difference of more than {} here: with {delay} \
             {} instead of {}.",
            percent(SAME),
            seconds(bad),
            seconds(good)
        )
    })
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
