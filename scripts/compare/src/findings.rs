//! What the figures say, in sentences. Nothing here is known beforehand: with other figures the
//! sentences are others.

use thumbnail_core::settings::DelayKind;

use crate::comparison::{Comparison, Row, RowId, Scenario};
use crate::warnings::disturbed;
use crate::words::{count, list, percent, seconds, times_faster};

/// Two times that differ by less than this share are called the same.
const SAME: f64 = 0.1;

/// Three to five sentences, the most important first.
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
    findings.extend(cpu.zip(wait).and_then(|(cpu, wait)| gains(cpu, wait)));
    findings.extend(blocking(&comparison.scenarios));
    findings.extend(cpu.and_then(|scenario| from_the_ideal(scenario, cores)));
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

/// Which models gained from overlapping work, and which from overlapping waits.
fn gains(cpu: &Scenario, wait: &Scenario) -> Option<String> {
    let gained = |scenario: &Scenario, id| scenario.row(id).is_some_and(faster);
    let mut parts = Vec::new();
    for (with_work, with_waits, what) in [
        (true, true, "gained with work and with waits"),
        (false, true, "gained with waits only"),
        (true, false, "gained with work only"),
        (false, false, "gained with neither"),
    ] {
        let rows = RowId::ALL.into_iter().filter(|&id| {
            let in_both = cpu.row(id).is_some() && wait.row(id).is_some();
            id != RowId::Single
                && in_both
                && gained(cpu, id) == with_work
                && gained(wait, id) == with_waits
        });
        let rows: Vec<&str> = rows.map(RowId::sentence).collect();
        if !rows.is_empty() {
            parts.push(format!("{} {what}", list(&rows)));
        }
    }
    (!parts.is_empty()).then(|| format!("{}.", capital(&parts.join("; "))))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
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

/// How far each model stayed from `single / min(cores, videos)`.
fn from_the_ideal(scenario: &Scenario, cores: usize) -> Option<String> {
    let single = scenario.row(RowId::Single)?;
    let videos = single.kept.videos.len();
    let parts = cores.min(videos);
    if parts < 2 {
        return None;
    }
    // Exact for any number of cores.
    #[allow(clippy::cast_precision_loss)]
    let ideal = single.wall.median / parts as f64;
    let distance = |row: &Row| {
        let off = row.wall.median / ideal - 1.0;
        let side = if off < 0.0 { "below" } else { "above" };
        format!("{} {} {side}", row.id.sentence(), percent(off.abs()))
    };
    let rows: Vec<String> = others(scenario).map(distance).collect();
    Some(format!(
        "Perfect sharing of the CPU delay's run among {parts} cores would take {}: {} it.",
        seconds(ideal),
        list(&rows)
    ))
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
