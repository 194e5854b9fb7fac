//! The last lines of a run: the whole of it in one sentence, and where the thumbnails are.

use std::path::Path;

use super::text::{count, escaped};
use super::timeline::to_f64;
use crate::measure::report::{Model, RunReport, Status, VideoReport};
use crate::measure::span::{Span, Stage};
use crate::settings::DelayKind;

/// `2 videos in 2.71 s: 4.9 s of stages, 1.81 videos in progress on average`. The last number is the
/// stages' seconds divided by the run's.
#[must_use]
pub fn closing(report: &RunReport) -> String {
    let videos = count(report.videos.len(), "video");
    let failed = |video: &&VideoReport| video.status() == Status::Failed;
    let failures = report.videos.iter().filter(failed).count();
    let failed = match failures {
        0 => String::new(),
        _ => format!(" ({failures} failed)"),
    };
    // The sum of nothing is -0.0, which would be printed with its sign.
    let (wall, stages) = (report.wall_seconds, report.stage_seconds() + 0.0);
    let on_average = if wall > 0.0 { stages / wall } else { 0.0 };
    format!(
        "{videos}{failed} in {wall:.2} s: {stages:.1} s of stages, \
         {on_average:.2} videos in progress on average"
    )
}

/// A CPU delay that shares its core with others takes longer than its CPU time. Up to this many times as long is
/// noise.
const NOISE: f64 = 1.3;

/// `delay took 2.6 x its CPU time: other programs had the cores`, or that the run's own workers did.
/// `None` where the delays had a core each.
#[must_use]
pub(crate) fn contention(report: &RunReport) -> Option<String> {
    let spans = report.videos.iter().flat_map(|video| &video.spans);
    let works = |span: &&Span| span.stage == Stage::Delay && !span.is_waiting_delay();
    let (wall, cpu) = spans.filter(works).fold((0.0, 0.0), |(wall, cpu), span| {
        (wall + span.seconds(), cpu + span.cpu_seconds)
    });
    let ratio = wall / cpu;
    // Nothing was delayed: what little time was taken is of the clocks.
    if report.delay.duration.is_zero() {
        return None;
    }
    // However many tasks demo-async has, its pool does the work, with a thread for each core.
    let workers_a_core = match report.model {
        Model::Async => 1.0,
        _ => to_f64(report.workers) / to_f64(report.cores),
    };
    if report.delay.kind != DelayKind::Cpu || !(ratio.is_finite() && ratio > NOISE) {
        return None;
    }
    let who = if ratio > NOISE * workers_a_core.max(1.0) {
        "other programs had the cores".to_owned()
    } else {
        let (workers, cores) = (report.workers, count(report.cores, "core"));
        format!("{workers} workers shared {cores}")
    };
    Some(format!("delay took {ratio:.1} x its CPU time: {who}"))
}

/// `Thumbnails are in thumbnails/threads`: the directory that holds the videos' directories.
/// `None` if no video succeeded.
#[must_use]
pub(crate) fn whereabouts(report: &RunReport) -> Option<String> {
    let mut videos = report.videos.iter();
    let first = videos.find_map(VideoReport::out_dir)?;
    let parent = Path::new(&first)
        .parent()
        .filter(|parent| *parent != Path::new(""));
    let parent = parent.map_or_else(|| ".".into(), |parent| parent.to_string_lossy());
    Some(format!("Thumbnails are in {}", escaped(&parent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::show::fake::{failure, run, video};

    #[test]
    fn the_whole_run_in_one_line() {
        let mut videos = vec![video("a.mp4", 0, 0.0), video("b.mp4", 1, 0.0)];
        let report = run(Model::Threads, videos.clone());
        assert_eq!(
            closing(&report),
            "2 videos in 2.70 s: 5.4 s of stages, 2.00 videos in progress on average"
        );
        assert_eq!(
            whereabouts(&report).unwrap(),
            "Thumbnails are in thumbnails/threads"
        );

        videos[0] = failure("a.mp4", 0, 0.0, "cut short");
        let one_failed = run(Model::Threads, videos);
        let line =
            "2 videos (1 failed) in 2.70 s: 4.8 s of stages, 1.77 videos in progress on average";
        assert_eq!(closing(&one_failed), line);
    }

    #[test]
    fn a_delay_that_had_to_share_its_core_says_with_whom() {
        let mut report = run(
            Model::Threads,
            vec![video("a.mp4", 0, 0.0), video("b.mp4", 1, 0.0)],
        );
        assert_eq!(contention(&report), None);
        for video in &mut report.videos {
            video.spans[1].cpu_seconds /= 2.6;
        }
        let line = "delay took 2.6 x its CPU time: other programs had the cores";
        assert_eq!(contention(&report).unwrap(), line);
        report.workers = 6;
        let line = "delay took 2.6 x its CPU time: 6 workers shared 2 cores";
        assert_eq!(contention(&report).unwrap(), line);
        report.delay.kind = DelayKind::Wait;
        assert_eq!(contention(&report), None);
    }

    #[test]
    fn a_run_without_videos_or_time_has_a_closing_line_too() {
        let report = run(Model::Single, Vec::new());
        assert_eq!(
            closing(&report),
            "0 videos in 0.00 s: 0.0 s of stages, 0.00 videos in progress on average"
        );
        assert_eq!(whereabouts(&report), None);
    }
}
