//! The solutions of this lesson's exercises.

#[path = "../../thumbnail-core/tests/support/solution.rs"]
mod solution;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam::channel::{self, Receiver, RecvTimeoutError, Sender};
use solution::Clips;
use thumbnail_core::generate_thumbnails;
use thumbnail_core::measure::report::{Model, Status};
use thumbnail_core::program::run::Run;
use thumbnail_core::video::Video;

/// The model over another `channel`; it tells of each video that was sent, and that is picked up.
fn pool<'a>(
    run: &'a Run,
    channel: (Sender<&'a Video>, Receiver<&'a Video>),
    sent: &(dyn Fn() + Sync),
    picked_up: &(dyn Fn() + Sync),
) {
    let (submit, submitted) = channel;
    thread::scope(|scope| {
        for lane in 0..run.lanes() {
            let submitted = submitted.clone();
            scope.spawn(move || {
                for video in submitted {
                    picked_up();
                    let report = generate_thumbnails(&run.pick_up(video, lane));
                    run.finished(video, report);
                }
            });
        }
        for video in run.videos() {
            submit.send(video).unwrap();
            sent();
        }
        drop(submit);
    });
}

#[test]
fn a_channel_that_holds_nothing_is_enough() {
    let clips = Clips::make(5);
    let report = clips.run(Model::Threads, 2, &[], |run| {
        pool(run, channel::bounded(0), &|| (), &|| ());
    });
    assert!(report.videos.iter().all(|v| v.status() == Status::Success));
    assert_eq!(report.peak_in_flight(), 2);
}

#[test]
fn a_channel_ends_when_the_last_sender_is_gone_and_not_before() {
    let (submit, submitted) = channel::unbounded();
    submit.send("v0.mp4").unwrap();
    assert_eq!(submitted.recv(), Ok("v0.mp4"));
    let moment = Duration::from_millis(100);
    assert_eq!(
        submitted.recv_timeout(moment),
        Err(RecvTimeoutError::Timeout),
        "the workers wait here for as long as somebody could still send"
    );
    drop(submit);
    assert_eq!(
        submitted.recv_timeout(moment),
        Err(RecvTimeoutError::Disconnected)
    );
}

#[test]
fn submitting_does_not_run_ahead_of_the_workers() {
    let clips = Clips::make(8);
    let (sent, picked_up, furthest) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let options = ["--delay", "20ms", "--delay-kind", "wait"];
    let report = clips.run(Model::Threads, 2, &options, |run| {
        let count_sent = || {
            let ahead = sent.fetch_add(1, Ordering::SeqCst) + 1;
            let ahead = ahead.saturating_sub(picked_up.load(Ordering::SeqCst));
            furthest.fetch_max(ahead, Ordering::SeqCst);
        };
        let count_picked_up = || {
            picked_up.fetch_add(1, Ordering::SeqCst);
        };
        let bounded = channel::bounded(run.workers());
        pool(run, bounded, &count_sent, &count_picked_up);
    });
    assert!(report.videos.iter().all(|v| v.status() == Status::Success));
    // In the channel, or with a worker that has taken it and not counted it yet.
    let furthest = furthest.into_inner();
    assert!(furthest <= 2 * report.workers, "{furthest} ahead");
}
