//! The solutions of this lesson's exercises.

#[path = "../../thumbnail-core/tests/support/solution.rs"]
mod solution;

use std::thread;

use solution::{Clips, overlap, stretch};
use thumbnail_core::generate_thumbnails;
use thumbnail_core::measure::report::{Model, Status};
use thumbnail_core::measure::span::Stage;

#[test]
fn backwards_the_table_keeps_its_order() {
    let clips = Clips::make(2);
    let report = clips.run(Model::Single, 1, &[], |run| {
        for video in run.videos().iter().rev() {
            let report = generate_thumbnails(&run.pick_up(video, 0));
            run.finished(video, report);
        }
    });
    let [first, second] = report.videos.as_slice() else {
        panic!("{report:?}")
    };
    assert!(first.source.ends_with("v0.mp4") && second.source.ends_with("v1.mp4"));
    let (queued, done) = (stretch(first, Stage::Queued), stretch(second, Stage::Save));
    assert!(queued.1 >= done.1, "the first one waits for the second");
}

#[test]
fn a_failure_that_is_not_filed_loses_its_cause() {
    let mut clips = Clips::make(1);
    std::fs::write(clips.path("notes.mp4"), "no video").unwrap();
    clips.videos.insert(0, clips.path("notes.mp4"));
    let report = clips.run(Model::Single, 1, &[], |run| {
        for video in run.videos() {
            let report = generate_thumbnails(&run.pick_up(video, 0));
            if report.status() == Status::Failed {
                continue;
            }
            run.finished(video, report);
        }
    });
    let error = report.videos[0].error.as_deref().unwrap_or_default();
    assert!(error.contains("its task ended early"), "{error}");
    assert_eq!(report.videos[1].status(), Status::Success);
}

#[test]
fn two_threads_that_share_the_list_in_advance() {
    const WORKERS: usize = 2;
    let clips = Clips::make(3);
    let report = clips.run(Model::Threads, WORKERS, &[], |run| {
        thread::scope(|scope| {
            for lane in 0..WORKERS {
                scope.spawn(move || {
                    for video in run.videos().iter().skip(lane).step_by(WORKERS) {
                        let report = generate_thumbnails(&run.pick_up(video, lane));
                        run.finished(video, report);
                    }
                });
            }
        });
    });
    let lanes: Vec<usize> = report.videos.iter().map(|v| v.spans[0].lane).collect();
    assert_eq!(lanes, [0, 1, 0]);
    let delays: Vec<_> = (report.videos.iter().map(|v| stretch(v, Stage::Delay))).collect();
    assert!(overlap(delays[0], delays[1]), "side by side");
    assert!(!overlap(delays[0], delays[2]), "one after the other");
}
