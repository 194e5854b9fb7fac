//! Where measurement and prediction differ, and the reasons that the figures show.

use thumbnail_core::measure::report::RunReport;
use thumbnail_core::measure::span::Stage;
use thumbnail_core::settings::DelayKind;

use crate::comparison::{MeasuredRun, RowId};
use crate::sentences::warnings::BUSY;
use crate::sentences::words::{percent, seconds};
use crate::stats::{median, summary};

/// The largest relative difference without a remark.
const TOLERANCE: f64 = 0.1;

/// All runs of one row.
pub type Runs = [(MeasuredRun, RunReport)];

/// The remark on a row whose median differs from its prediction by more than a tenth, else `None`. `single`
/// are the runs from which the predictions were computed, `busy` is the number of cores that other programs
/// used before the first run.
#[must_use]
pub fn remark(
    id: RowId,
    runs: &Runs,
    single: &Runs,
    predicted: f64,
    busy: Option<f64>,
) -> Option<String> {
    let walls: Vec<f64> = runs.iter().map(|(run, _)| run.wall_seconds).collect();
    let wall = summary(&walls)?;
    let off = wall.median / predicted - 1.0;
    if off.abs() <= TOLERANCE {
        return None;
    }
    let direction = if off > 0.0 { "longer" } else { "less" };
    let difference = seconds((wall.median - predicted).abs());
    let what = format!(
        "{} took {} {direction} than predicted ({difference})",
        id.label(),
        percent(off.abs())
    );

    let mut reasons = Vec::new();
    reasons.extend(
        busy.filter(|&busy| busy > BUSY)
            .map(|busy| format!("other programs kept {busy:.1} cores busy before the first run")),
    );
    let spread = (wall.max - wall.min) / wall.median;
    if spread > TOLERANCE {
        reasons.push(format!(
            "its own runs lie {} apart, so the machine was not quiet",
            percent(spread)
        ));
    }
    if off > 0.0 {
        reasons.extend(more_cpu(runs, single));
        reasons.extend(work_that_waited(runs, single));
    }
    Some(if reasons.is_empty() {
        format!("{what}; the figures do not say why.")
    } else {
        format!("{what}: {}.", reasons.join("; "))
    })
}

/// More CPU time than `single` for the same work: the simulation assumes that the work costs the same in
/// every model.
fn more_cpu(runs: &Runs, single: &Runs) -> Option<String> {
    let (own, of_single) = (cpu_seconds(runs)?, cpu_seconds(single)?);
    let more = own / of_single - 1.0;
    (more > TOLERANCE / 2.0).then(|| {
        format!(
            "the same work used {} more CPU time than in single ({} instead of {}), so it was \
             slowed by what ran at the same time or by the cost of the model itself",
            percent(more),
            seconds(own),
            seconds(of_single)
        )
    })
}

/// A CPU delay that took more wall time than CPU time: for the difference, its thread waited for a core.
fn work_that_waited(runs: &Runs, single: &Runs) -> Option<String> {
    let (own, of_single) = (delay(runs)?, delay(single)?);
    let more = own.0 / own.1 - of_single.0 / of_single.1;
    (more > TOLERANCE).then(|| {
        format!(
            "its delays, {} of CPU work each, took {}, so they had to wait for a core (in single: {})",
            seconds(own.1),
            seconds(own.0),
            seconds(of_single.0)
        )
    })
}

/// Median wall and CPU seconds of a CPU delay.
fn delay(runs: &Runs) -> Option<(f64, f64)> {
    let videos = runs.iter().flat_map(|(_, report)| &report.videos);
    let spans = videos.flat_map(|video| &video.spans);
    let delays = spans.filter(|span| span.stage == Stage::Delay && span.cpu_seconds > 0.0);
    let (wall, cpu): (Vec<f64>, Vec<f64>) = delays.map(|s| (s.seconds(), s.cpu_seconds)).unzip();
    let of_kind_cpu = runs.first()?.1.delay.kind == DelayKind::Cpu;
    median(&wall).zip(median(&cpu)).filter(|_| of_kind_cpu)
}

/// Median CPU seconds of the whole tree.
fn cpu_seconds(runs: &Runs) -> Option<f64> {
    let cpu = runs.iter().filter_map(|(run, _)| run.cpu_seconds());
    median(&cpu.collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::remark;
    use crate::comparison::{MeasuredRun, RowId};
    use crate::example;
    use thumbnail_core::measure::report::RunReport;

    /// Runs with these wall times and this CPU time.
    fn runs(walls: &[f64], cpu: Option<f64>) -> Vec<(MeasuredRun, RunReport)> {
        let comparison = example::comparison();
        let row = &comparison.scenarios[0].rows[0];
        let run = |&wall_seconds: &f64| MeasuredRun {
            wall_seconds,
            user_seconds: cpu,
            system_seconds: cpu.map(|_| 0.0),
            ..row.runs[0].clone()
        };
        walls
            .iter()
            .map(|wall| (run(wall), row.kept.clone()))
            .collect()
    }

    fn say(walls: &[f64], cpu: Option<f64>, predicted: f64) -> Option<String> {
        let single = runs(&[4.0], Some(4.0));
        remark(
            RowId::Threads,
            &runs(walls, cpu),
            &single,
            predicted,
            Some(0.1),
        )
    }

    #[test]
    fn a_prediction_within_a_tenth_needs_no_words() {
        assert_eq!(say(&[2.0, 2.1, 2.15], Some(4.0), 2.0), None);
        assert_eq!(say(&[1.9], Some(4.0), 2.0), None);
    }

    #[test]
    fn more_cpu_time_is_a_reason() {
        let text = say(&[2.5], Some(4.8), 2.0).expect("a remark");
        assert!(
            text.starts_with("threads took 25 % longer than predicted (0.50 s): "),
            "{text}"
        );
        assert!(text.contains("20 % more CPU time than in single (4.80 s instead of 4.00 s)"));
    }

    #[test]
    fn a_noisy_machine_is_a_reason() {
        let text = say(&[2.0, 2.5, 3.0], Some(4.0), 2.0).expect("a remark");
        assert!(text.contains("lie 40 % apart"), "{text}");
    }

    #[test]
    fn work_that_waited_for_a_core_is_a_reason() {
        let single = runs(&[4.0], Some(4.0));
        let mut crowded = runs(&[4.0], Some(4.0));
        for span in crowded[0]
            .1
            .videos
            .iter_mut()
            .flat_map(|video| &mut video.spans)
        {
            // Everything lasts twice as long, for as much CPU time.
            (span.start, span.end) = (span.start * 2.0, span.end * 2.0);
        }
        let text = remark(RowId::Threads, &crowded, &single, 2.0, Some(1.6)).expect("a remark");
        assert!(
            text.contains("1.00 s of CPU work each, took 2.00 s"),
            "{text}"
        );
        assert!(
            text.contains("other programs kept 1.6 cores busy"),
            "{text}"
        );
    }

    #[test]
    fn without_a_reason_it_says_so() {
        for cpu in [None, Some(4.0)] {
            let text = say(&[2.5], cpu, 2.0).expect("a remark");
            assert!(text.ends_with("the figures do not say why."), "{text}");
        }
        let text = say(&[1.0], Some(4.8), 2.0).expect("a remark");
        assert!(text.contains("50 % less than predicted"), "{text}");
        assert!(text.ends_with("the figures do not say why."), "{text}");
    }
}
