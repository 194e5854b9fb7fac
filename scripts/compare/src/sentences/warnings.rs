//! What may have disturbed the measurement, and what to do about it.

use thumbnail_core::settings::DelayKind;

use crate::comparison::{Comparison, RowId};
use crate::sentences::words::{count, kind_name, list, percent};

/// Runs of one row are noisy if longest and shortest differ by more than this share of the median.
const NOISY: f64 = 0.1;
/// The machine is busy if other programs use more cores than this before the first run. An idle desktop uses
/// fewer.
pub const BUSY: f64 = 0.3;
/// Fewer runs than this give a warning: their spread says little.
const FEW_RUNS: usize = 3;

/// All warnings that apply, each with advice.
#[must_use]
pub fn warnings(comparison: &Comparison) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(debug_build(comparison));
    warnings.extend(one_core(comparison));
    warnings.extend(load(comparison));
    warnings.extend(noise(comparison));
    warnings.extend(more_workers_than_cores(comparison));
    warnings.extend(few_runs(comparison));
    warnings
}

/// Whether other programs disturbed the measurement: they used cores before the first run, or the runs are
/// noisy.
#[must_use]
pub fn disturbed(comparison: &Comparison) -> bool {
    load(comparison).is_some() || noise(comparison).is_some()
}

fn debug_build(comparison: &Comparison) -> Option<String> {
    (comparison.machine.build != "release").then(|| {
        "The demos are a debug build, whose stages cost more than they need to. Run \
         scripts/compare.sh, which makes a release build."
            .to_owned()
    })
}

fn one_core(comparison: &Comparison) -> Option<String> {
    (comparison.machine.cores == 1).then(|| {
        "There is only one core, so no model can gain with CPU work. Give the virtual machine or \
         container more of them to see the difference."
            .to_owned()
    })
}

fn load(comparison: &Comparison) -> Option<String> {
    let load = comparison.machine.load_before?;
    (load > BUSY).then(|| {
        format!(
            "Other programs kept {load:.1} of {} busy before the first run. Close what is not needed \
             and run again.",
            count(comparison.machine.cores, "core")
        )
    })
}

fn noise(comparison: &Comparison) -> Option<String> {
    let mut noisy: Vec<String> = Vec::new();
    for scenario in &comparison.scenarios {
        for row in &scenario.rows {
            let spread = (row.wall.max - row.wall.min) / row.wall.median;
            if spread > NOISY {
                let kind = kind_name(scenario.delay.kind);
                noisy.push(format!("{} ({kind}) {}", row.id.label(), percent(spread)));
            }
        }
    }
    (!noisy.is_empty()).then(|| {
        format!(
            "Runs of the same program lie far apart, as a share of their median: {}. Something else used the \
             machine, or its clock speed changed: close other programs, plug a laptop in, and use \
             more --runs.",
            list(&noisy)
        )
    })
}

fn more_workers_than_cores(comparison: &Comparison) -> Option<String> {
    let cores = comparison.machine.cores;
    let cpu = comparison.scenario(DelayKind::Cpu)?;
    let pool = |id| cpu.row(id).map(|row| row.workers);
    let most = [RowId::Threads, RowId::Process]
        .into_iter()
        .filter_map(pool)
        .max()?;
    (most > cores).then(|| {
        format!(
            "{most} workers share {}: CPU work gains nothing from workers without a core. Leave \
             --workers out, or use --delay-kind wait.",
            count(cores, "core")
        )
    })
}

fn few_runs(comparison: &Comparison) -> Option<String> {
    let runs = comparison.options.runs;
    (runs < FEW_RUNS).then(|| {
        format!(
            "{} of each program: the spread says little. Use --runs {FEW_RUNS} or more.",
            count(runs, "run")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::warnings;
    use crate::comparison::Comparison;
    use crate::example;

    fn only(change: impl FnOnce(&mut Comparison)) -> String {
        let mut comparison = example::comparison();
        change(&mut comparison);
        let mut warnings = warnings(&comparison);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        warnings.remove(0)
    }

    #[test]
    fn a_quiet_release_run_gives_none() {
        assert!(warnings(&example::comparison()).is_empty());
    }

    #[test]
    fn each_says_what_to_do() {
        assert!(only(|c| c.machine.build = "debug".into()).contains("Run scripts/compare.sh"));
        assert!(only(|c| c.machine.load_before = Some(1.5)).contains("kept 1.5 of 2 cores busy"));
        assert!(only(|c| c.options.runs = 1).starts_with("1 run of each program"));
        let noisy = only(|c| c.scenarios[1].rows[3].wall.max *= 1.2);
        assert!(noisy.contains("process (wait)"), "{noisy}");
        let crowded = only(|c| c.scenarios[0].rows[1].workers = 8);
        assert!(crowded.starts_with("8 workers share 2 cores"), "{crowded}");
    }

    #[test]
    fn one_core_is_said() {
        let mut comparison = example::comparison();
        comparison.machine.cores = 1;
        assert!(warnings(&comparison)[0].starts_with("There is only one core"));
    }
}
