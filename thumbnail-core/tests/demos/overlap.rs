//! What runs at the same time as what: the one thing in which the models differ.

use std::collections::BTreeMap;

use thumbnail_core::measure::report::{RunReport, VideoReport};
use thumbnail_core::measure::span::{Span, Stage};

use crate::support::few;
use crate::tools::{AT_ONCE, Place, WAYS};

/// Worker processes translate their clock through the system time, which is read to the
/// microsecond; a thread may lose its core just then.
const TOLERANCE: f64 = 0.005;

fn delay_of(video: &VideoReport) -> &Span {
    let mut spans = video.spans.iter();
    spans.find(|s| s.stage == Stage::Delay).unwrap()
}

/// The largest number of delays that ran at one moment, counted at the starts.
fn delays_at_once(report: &RunReport) -> usize {
    let delays: Vec<_> = report.videos.iter().map(delay_of).collect();
    let at = |t: f64| delays.iter().filter(|d| d.start <= t && t < d.end).count();
    delays.iter().map(|d| at(d.start)).max().unwrap()
}

fn check_times(report: &RunReport) {
    let mut lanes: BTreeMap<usize, Vec<&Span>> = BTreeMap::new();
    for video in &report.videos {
        let (queued, stages) = video.spans.split_first().unwrap();
        assert_eq!(queued.stage, Stage::Queued);
        assert!(queued.start.abs() < 1e-9, "all are submitted at the start");
        let kinds: Vec<_> = stages.iter().map(|s| s.stage).collect();
        // Each frame goes through the stages; the first time tells their order.
        let mut order = Vec::new();
        for kind in &kinds {
            if !order.contains(kind) {
                order.push(*kind);
            }
        }
        assert_eq!(order, Stage::ALL[1..], "{kinds:?}");
        assert_eq!(
            kinds.last(),
            Some(&Stage::Save),
            "the directory is moved last"
        );
        for pair in video.spans.windows(2) {
            assert!(pair[0].end <= pair[1].start + 1e-6, "{pair:?}");
        }
        for span in &video.spans {
            assert!(span.start >= 0.0 && span.start <= span.end, "{span:?}");
            let wall = report.wall_seconds;
            assert!(
                span.end <= wall + TOLERANCE,
                "{span:?} in a run of {wall} s"
            );
            assert_eq!(span.lane, queued.lane, "one video, one worker");
        }
        lanes.entry(queued.lane).or_default().extend(stages);
    }
    assert!(lanes.len() <= report.workers);
    for (lane, mut spans) in lanes {
        spans.sort_by(|a, b| a.start.total_cmp(&b.start));
        for pair in spans.windows(2) {
            assert!(pair[0].end <= pair[1].start + 1e-6, "lane {lane}: {pair:?}");
        }
    }
}

#[test]
fn pools_work_on_as_many_videos_as_they_have_workers() {
    let place = Place::new();
    let videos = place.clips(6);
    for way in AT_ONCE {
        for workers in [3, 2].into_iter().take(few(1)) {
            let text = workers.to_string();
            let options = ["-j", &text, "--delay", "400ms", "--delay-kind", "wait"];
            let report = place.run(way, &options, &videos).success();
            check_times(&report);
            assert_eq!(report.workers, workers, "{way}");
            assert_eq!(report.peak_in_flight(), workers, "{way}");
            assert_eq!(delays_at_once(&report), workers, "{way}");
        }
    }
}

#[test]
fn work_overlaps_too_where_workers_share_the_cores() {
    let place = Place::new();
    let videos = place.clips(4);
    for way in AT_ONCE {
        let options = ["-j", "2", "--delay", "300ms"];
        let report = place.run(way, &options, &videos).success();
        check_times(&report);
        assert_eq!(report.peak_in_flight(), 2, "{way}");
        assert!(delays_at_once(&report) <= 2, "{way}");
        // A machine of one core runs one thread at a time, but in turns.
        if report.cores > 1 {
            assert_eq!(delays_at_once(&report), 2, "{way}");
        }
    }
}

#[test]
fn single_and_blocking_async_do_one_after_the_other() {
    let place = Place::new();
    let videos = place.clips(4);
    for way in ["single", "async --blocking"] {
        for kind in ["wait", "cpu"] {
            let options = ["--delay", "100ms", "--delay-kind", kind];
            let report = place.run(way, &options, &videos).success();
            check_times(&report);
            assert_eq!(report.peak_in_flight(), 1, "{way} {kind}");
            let mut flights: Vec<_> = report.videos.iter().map(VideoReport::in_flight).collect();
            flights.sort_by(|a, b| a.partial_cmp(b).unwrap());
            for pair in flights.windows(2) {
                let ((_, end), (start, _)) = (pair[0].unwrap(), pair[1].unwrap());
                assert!(end <= start, "{way} {kind}");
            }
        }
    }
}

#[test]
fn async_takes_all_videos_at_once_unless_told_otherwise() {
    let place = Place::new();
    let videos = place.clips(7);
    let options = ["--delay", "1s", "--delay-kind", "wait"];
    let report = place.run("async", &options, &videos).success();
    check_times(&report);
    assert_eq!((report.workers, report.peak_in_flight()), (7, 7));
    assert_eq!(delays_at_once(&report), 7);
}

#[test]
fn more_workers_than_videos_do_no_harm() {
    let place = Place::new();
    let videos = place.clips(2);
    for way in AT_ONCE {
        let options = ["-j", "9", "--delay", "300ms", "--delay-kind", "wait"];
        let report = place.run(way, &options, &videos).success();
        check_times(&report);
        // Those that were started: nobody ever sees the other seven.
        assert_eq!((report.workers, report.peak_in_flight()), (2, 2), "{way}");
    }
}

#[test]
fn the_pipeline_starts_with_the_delay_only_if_there_is_one() {
    let place = Place::new();
    let videos = place.clips(2);
    for way in WAYS {
        let report = place.run(way, &[], &videos).success();
        for video in &report.videos {
            // A delay of nothing takes nothing, if it is recorded at all.
            assert!(video.seconds_in(Stage::Delay) < 0.1, "{way}");
            for stage in [Stage::Extract, Stage::Resize, Stage::Save] {
                assert!(video.spans.iter().any(|s| s.stage == stage), "{way}");
            }
        }
    }
}

#[test]
fn all_models_measure_the_same_stages_and_leave_no_gaps() {
    let place = Place::new();
    let videos = place.clips(6);
    let mut stages_of_single = None;
    for way in WAYS {
        for kind in ["cpu", "wait"].into_iter().take(few(1)) {
            let mut options = vec!["--delay", "20ms", "--delay-kind", kind];
            if way != "single" {
                // With more, async lets videos wait for a core, and that is no stage.
                options.extend(["-j", "1"]);
            }
            let report = place.run(way, &options, &videos).success();
            let mut gaps: BTreeMap<usize, f64> = BTreeMap::new();
            for video in &report.videos {
                let stages: Vec<Stage> = video.spans.iter().map(|span| span.stage).collect();
                let expected = stages_of_single.get_or_insert_with(|| stages.clone());
                assert_eq!(stages, *expected, "{way} {kind}");
                for (after, pair) in video.spans.windows(2).enumerate() {
                    let shortest = gaps.entry(after).or_insert(f64::INFINITY);
                    *shortest = shortest.min(pair[1].start - pair[0].end);
                }
            }
            // After each span, the shortest gap of all videos: a busy machine can take the core away at any moment,
            // but what a model does there without measuring it takes its time in every video.
            assert!(
                gaps.values().all(|gap| *gap < 0.001),
                "{way} {kind}: {gaps:?}"
            );
        }
    }
}
