//! What the figures say, in sentences. Nothing here is known beforehand: with other figures the
//! sentences are others.

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
    let of = |kind| {
        comparison
            .scenarios
            .iter()
            .find(move |s| s.delay.kind == kind)
    };
    let (cpu, wait) = (of(DelayKind::Cpu), of(DelayKind::Wait));
    if disturbed(comparison) {
        // What models do would be mixed up with what other programs did.
        let mut findings = vec![
            "The machine was not quiet: these figures tell about the other programs as much as about \
             the models. The warnings say more."
                .to_owned(),
        ];
        findings.extend(comparison.scenarios.iter().filter_map(predicted));
        return findings;
    }
    let mut findings = Vec::new();
    findings.extend(cpu.and_then(|scenario| who_won(scenario, cores)));
    findings.extend(wait.and_then(|scenario| who_won(scenario, cores)));
    findings.extend(blocking(&comparison.scenarios));
    findings
}

/// Instead of what was seen: what would be seen if nothing else used the machine.
fn predicted(scenario: &Scenario) -> Option<String> {
    let models: Vec<String> = others(scenario)
        .map(|row| {
            let times = times_faster(row.prediction.ratio);
            format!("{} {times}", row.id.sentence())
        })
        .collect();
    (!models.is_empty()).then(|| {
        format!(
            "{}, what the models gain over single could not be seen; predicted on a quiet machine: {}.",
            name(scenario.delay.kind),
            list(&models)
        )
    })
}

fn name(kind: DelayKind) -> &'static str {
    match kind {
        DelayKind::Cpu => "With the CPU delay",
        DelayKind::Wait => "With the waiting delay",
    }
}

fn faster(row: &Row) -> bool {
    row.ratio < 1.0 - SAME
}

fn others(scenario: &Scenario) -> impl Iterator<Item = &Row> {
    scenario.rows.iter().filter(|row| row.id != RowId::Single)
}

/// How often the faster one's time fits into the slower one's.
fn times(ratio: f64) -> String {
    format!("{:.2} times", 1.0 / ratio)
}

/// Who was faster than single, by how much, and who was not.
fn who_won(scenario: &Scenario, cores: usize) -> Option<String> {
    let single = scenario.row(RowId::Single)?;
    let (won, not): (Vec<&Row>, Vec<&Row>) = others(scenario).partition(|row| faster(row));
    let videos = single.kept.videos.len();
    let start = format!(
        "{}, single took {} for {}",
        name(scenario.delay.kind),
        seconds(single.wall.median),
        count(videos, "video")
    );
    let labels =
        |rows: &[&Row]| -> Vec<&str> { rows.iter().map(|row| row.id.sentence()).collect() };
    if won.is_empty() {
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
    let figures: Vec<String> = won
        .iter()
        .map(|row| format!("{} was {} faster", row.id.sentence(), times(row.ratio)))
        .collect();
    let rest = match not.len() {
        0 => String::new(),
        1 => format!("; {} was not", labels(&not)[0]),
        _ => format!("; {} were not", list(&labels(&not))),
    };
    Some(format!("{start}: {}{rest}.", list(&figures)))
}

/// What calling the blocking pipeline inside the task cost.
fn blocking(scenarios: &[Scenario]) -> Option<String> {
    let costs = scenarios.iter().filter_map(|scenario| {
        let good = scenario.row(RowId::Async)?.wall.median;
        let bad = scenario.row(RowId::AsyncBlocking)?.wall.median;
        Some((scenario.delay.kind, good, bad))
    });
    // The waiting delay shows it best: there is nothing else that the thread would be busy with.
    let (kind, good, bad) = costs.max_by_key(|(kind, ..)| *kind == DelayKind::Wait)?;
    let delay = match kind {
        DelayKind::Cpu => "the CPU delay",
        DelayKind::Wait => "the waiting delay",
    };
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
