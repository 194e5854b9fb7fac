//! The solutions of this lesson's exercises.

#[path = "../../thumbnail-core/tests/support/solution.rs"]
mod solution;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam::channel::{self, RecvTimeoutError};
use solution::Place;
use thumbnail_core::measure::report::{Model, Status};
use thumbnail_core::pipeline::generate_thumbnails;

#[test]
fn a_channel_that_holds_nothing_is_enough() {
    let place = Place::with_clips(5);
    let report = place.run(Model::Threads, 2, &[], |run| {
        let (submit, submitted) = channel::bounded(0);
        let (done, results) = channel::unbounded();
        thread::scope(|scope| {
            for lane in 0..run.workers() {
                let (submitted, done) = (submitted.clone(), done.clone());
                scope.spawn(move || {
                    for video in submitted {
                        let _ = done.send((video, generate_thumbnails(&run.pick_up(video, lane))));
                    }
                });
            }
            drop(done);
            for video in run.videos() {
                let _ = submit.send(video);
            }
            drop(submit);
            for (video, report) in results {
                run.finished(video, report);
            }
        });
    });
    assert!(report.videos.iter().all(|v| v.status == Status::Success));
    assert_eq!(report.peak_in_flight, 2);
}

#[test]
fn results_end_when_the_last_sender_is_gone_and_not_before() {
    let (done, results) = channel::unbounded();
    thread::scope(|scope| {
        for lane in 0..2 {
            let done = done.clone();
            scope.spawn(move || done.send(lane));
        }
    });
    // The workers have ended.
    assert_eq!(results.try_iter().count(), 2);
    let moment = Duration::from_millis(100);
    assert_eq!(
        results.recv_timeout(moment),
        Err(RecvTimeoutError::Timeout),
        "whoever waits here holds what it waits for"
    );
    drop(done);
    assert_eq!(
        results.recv_timeout(moment),
        Err(RecvTimeoutError::Disconnected)
    );
}

#[test]
fn submitting_does_not_run_ahead_of_the_workers() {
    let place = Place::with_clips(8);
    let (sent, picked_up, furthest) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let options = ["--delay", "20ms", "--delay-kind", "wait"];
    let report = place.run(Model::Threads, 2, &options, |run| {
        let (submit, submitted) = channel::bounded(run.workers());
        let (done, results) = channel::bounded(1);
        let picked_up = &picked_up;
        thread::scope(|scope| {
            for lane in 0..run.workers() {
                let (submitted, done) = (submitted.clone(), done.clone());
                scope.spawn(move || {
                    for video in submitted {
                        picked_up.fetch_add(1, Ordering::SeqCst);
                        let _ = done.send((video, generate_thumbnails(&run.pick_up(video, lane))));
                    }
                });
            }
            drop(done);
            // A thread of its own: the main thread is busy waiting for room in the first channel.
            scope.spawn(move || {
                for (video, report) in results {
                    run.finished(video, report);
                }
            });
            for video in run.videos() {
                let _ = submit.send(video);
                let ahead = sent.fetch_add(1, Ordering::SeqCst) + 1;
                let ahead = ahead.saturating_sub(picked_up.load(Ordering::SeqCst));
                furthest.fetch_max(ahead, Ordering::SeqCst);
            }
            drop(submit);
        });
    });
    assert!(report.videos.iter().all(|v| v.status == Status::Success));
    // In the channel, or with a worker that has taken it and not counted it yet.
    let furthest = furthest.into_inner();
    assert!(furthest <= 2 * report.workers, "{furthest} ahead");
}
