//! What each stage of each video costs when it has the machine to itself: measured in runs of
//! `demo-single`, which does one thing at a time.

use thumbnail_core::measure::report::{RunReport, VideoReport};
use thumbnail_core::measure::span::{Span, Stage};
use thumbnail_core::settings::DelayKind;

use crate::comparison::{Costs, MeasuredRun, StageCost, VideoCost};
use crate::stats::{as_f64, median};

/// What it costs to start programs, measured in runs that take one frame without a delay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartCosts {
    /// Wall seconds of a program before its first video is submitted and after the last result.
    pub program_seconds: f64,
    /// Seconds of one core until a worker process is ready.
    pub worker_seconds: f64,
}

/// The costs that predictions are computed from. `None` if there are no runs.
#[must_use]
pub fn costs(runs: &[(MeasuredRun, RunReport)], starts: StartCosts) -> Option<Costs> {
    let (_, first) = runs.first()?;
    let kind = first.delay.kind;
    let cores = median_of(runs, |(run, report)| Some(cores_of_extract(run, report)))?;
    let video = |at: usize| {
        let seen = runs.iter().filter_map(|(_, report)| report.videos.get(at));
        video_cost(&seen.collect::<Vec<_>>(), kind, cores)
    };
    let videos: Vec<VideoCost> = (0..first.videos.len()).map(video).collect();
    Some(Costs {
        mean: mean(&videos)?,
        videos,
        program_seconds: starts.program_seconds,
        worker_start_seconds: starts.worker_seconds,
    })
}

fn median_of<T>(items: &[T], figure: impl Fn(&T) -> Option<f64>) -> Option<f64> {
    median(&items.iter().filter_map(figure).collect::<Vec<f64>>())
}

/// Cores that are busy during the extract stage. The work is done by the ffmpeg processes: their CPU time is
/// that of the whole process tree minus that of the program's other stages. ffmpeg decodes ahead while the
/// program resizes and saves, so the result can be a little above 1.
fn cores_of_extract(run: &MeasuredRun, report: &RunReport) -> f64 {
    let Some(cpu) = run.cpu_seconds() else {
        // This system does not tell the tree's CPU time. Assume that decoding keeps one core busy.
        return 1.0;
    };
    let own = |stages: &[Stage]| -> f64 {
        let of_stages = spans(report).filter(|span| stages.contains(&span.stage));
        of_stages.map(|span| span.cpu_seconds).sum()
    };
    let others = [Stage::Queued, Stage::Delay, Stage::Resize, Stage::Save];
    let busy = (cpu - own(&others)).max(0.0);
    let extract = spans(report).filter(|span| span.stage == Stage::Extract);
    let seconds: f64 = extract.map(Span::seconds).sum();
    if seconds > 0.0 { busy / seconds } else { 1.0 }
}

fn spans(report: &RunReport) -> impl Iterator<Item = &Span> {
    report.videos.iter().flat_map(|video| &video.spans)
}

/// The costs of one video, as medians over its runs.
fn video_cost(runs: &[&VideoReport], kind: DelayKind, cores_of_extract: f64) -> VideoCost {
    let seconds = |stage| median_of(runs, |video| Some(video.seconds_in(stage))).unwrap_or(0.0);
    let cores = |stage| match stage {
        Stage::Extract => cores_of_extract,
        Stage::Delay if kind == DelayKind::Wait => 0.0,
        Stage::Delay => 1.0,
        // The work of one thread. Below 1 where it waits for the disk.
        _ => median_of(runs, |video| cpu_share(video, stage))
            .unwrap_or(1.0)
            .clamp(0.0, 1.0),
    };
    let cost = |stage| StageCost {
        stage,
        seconds: seconds(stage),
        cores: cores(stage),
    };
    let stages = [Stage::Delay, Stage::Extract, Stage::Resize, Stage::Save];
    VideoCost {
        stages: stages.map(cost).into(),
    }
}

fn cpu_share(video: &VideoReport, stage: Stage) -> Option<f64> {
    let of_stage = video.spans.iter().filter(|span| span.stage == stage);
    let cpu: f64 = of_stage.map(|span| span.cpu_seconds).sum();
    let seconds = video.seconds_in(stage);
    (seconds > 0.0).then(|| cpu / seconds)
}

/// The mean video: each stage has the mean wall time, and as many cores as give the mean CPU time.
fn mean(videos: &[VideoCost]) -> Option<VideoCost> {
    let count = as_f64(videos.len());
    let stages = videos
        .first()?
        .stages
        .iter()
        .enumerate()
        .map(|(at, first)| {
            let all = || videos.iter().filter_map(|video| video.stages.get(at));
            let seconds: f64 = all().map(|stage| stage.seconds).sum();
            let work: f64 = all().map(|stage| stage.seconds * stage.cores).sum();
            StageCost {
                stage: first.stage,
                seconds: seconds / count,
                cores: if seconds > 0.0 {
                    work / seconds
                } else {
                    first.cores
                },
            }
        });
    Some(VideoCost {
        stages: stages.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::{StartCosts, costs};
    use crate::comparison::RowId;
    use crate::example;
    use thumbnail_core::measure::span::Stage;

    const STARTS: StartCosts = StartCosts {
        program_seconds: 0.02,
        worker_seconds: 0.01,
    };

    #[test]
    fn costs_are_the_spans_and_ffmpeg_is_what_the_tree_used_besides() {
        let comparison = example::comparison();
        let row = comparison.scenarios[0].row(RowId::Single).expect("a row");
        let mut run = row.runs[0].clone();
        // The program itself: 2 delays of 1 s, and 4 + 18 ms for each of 10 frames. ffmpeg: 0.6 s.
        (run.user_seconds, run.system_seconds) = (Some(2.0 + 0.22 + 0.5), Some(0.1));
        let costs = costs(&[(run, row.kept.clone())], STARTS).expect("there is a run");
        let stage = |at: usize| costs.mean.stages[at];
        assert_eq!((stage(0).stage, stage(0).cores), (Stage::Delay, 1.0));
        assert!((stage(0).seconds - 1.0).abs() < 1e-9);
        assert!((stage(1).seconds - 0.3).abs() < 1e-9);
        assert!((stage(1).cores - 1.0).abs() < 1e-9, "{}", stage(1).cores);
        assert!((stage(3).cores - 0.9).abs() < 1e-9, "{}", stage(3).cores);
        assert_eq!(costs.videos.len(), 2);
    }

    #[test]
    fn waiting_keeps_no_core_busy() {
        let comparison = example::comparison();
        let row = comparison.scenarios[1].row(RowId::Single).expect("a row");
        let runs = [(row.runs[0].clone(), row.kept.clone())];
        let costs = costs(&runs, STARTS).expect("there is a run");
        assert!(costs.mean.stages[0].cores.abs() < 1e-9);
    }

    #[test]
    fn without_runs_there_are_no_costs() {
        assert_eq!(costs(&[], STARTS), None);
    }
}
