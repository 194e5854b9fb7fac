//! The last lines of a run: the whole of it in one sentence, and where the thumbnails are.

use std::path::Path;

use super::text::{count, shown};
use crate::measure::report::{RunReport, Status, VideoReport};

/// `2 videos in 2.71 s: 4.9 s of stages, 1.81 at once`. The last number is the stages' seconds
/// divided by the run's: how many videos were worked on at once, on average.
#[must_use]
pub fn closing(report: &RunReport) -> String {
    let videos = count(report.videos.len(), "video");
    let failed = |video: &&VideoReport| video.status == Status::Failed;
    let failures = report.videos.iter().filter(failed).count();
    let failed = match failures {
        0 => String::new(),
        _ => format!(" ({failures} failed)"),
    };
    // The sum of nothing is -0.0, which would be printed with its sign.
    let (wall, stages) = (report.wall_seconds, report.stage_seconds() + 0.0);
    let at_once = if wall > 0.0 { stages / wall } else { 0.0 };
    format!("{videos}{failed} in {wall:.2} s: {stages:.1} s of stages, {at_once:.2} at once")
}

/// `Thumbnails are in thumbnails/threads`: the directory that holds the videos' directories.
/// `None` if no video succeeded.
#[must_use]
pub fn whereabouts(report: &RunReport) -> Option<String> {
    let mut videos = report.videos.iter();
    let first = videos.find_map(|video| video.out_dir.clone())?;
    let parent = Path::new(&first)
        .parent()
        .filter(|parent| *parent != Path::new(""));
    let parent = parent.map_or_else(|| ".".into(), |parent| parent.to_string_lossy());
    Some(format!("Thumbnails are in {}", shown(&parent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::report::Model;
    use crate::program::show::fake::{failure, run, video};

    #[test]
    fn the_whole_run_in_one_line() {
        let mut videos = vec![video("a.mp4", 0, 0.0), video("b.mp4", 1, 0.0)];
        let report = run(Model::Threads, videos.clone());
        assert_eq!(
            closing(&report),
            "2 videos in 2.70 s: 5.4 s of stages, 2.00 at once"
        );
        assert_eq!(
            whereabouts(&report).unwrap(),
            "Thumbnails are in thumbnails/threads"
        );

        videos[0] = failure("a.mp4", 0, 0.0, "cut short");
        let one_failed = run(Model::Threads, videos);
        let line = "2 videos (1 failed) in 2.70 s: 4.8 s of stages, 1.77 at once";
        assert_eq!(closing(&one_failed), line);
    }

    #[test]
    fn a_run_without_videos_or_time_has_a_closing_line_too() {
        let report = run(Model::Single, Vec::new());
        assert_eq!(
            closing(&report),
            "0 videos in 0.00 s: 0.0 s of stages, 0.00 at once"
        );
        assert_eq!(whereabouts(&report), None);
    }
}
