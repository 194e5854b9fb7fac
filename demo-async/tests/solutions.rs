//! The solutions of this lesson's exercises.

#[path = "../../thumbnail-core/tests/support/solution.rs"]
mod solution;

// The demo's own stages, with what they stand on.
#[allow(dead_code)]
#[path = "../src/ffmpeg.rs"]
mod ffmpeg;
#[allow(dead_code)]
#[path = "../src/stages.rs"]
mod stages;

use std::sync::Arc;
use std::time::Duration;

use solution::{Clips, overlap, stretch};
use thumbnail_core::measure::report::{Model, Status};
use thumbnail_core::measure::span::Stage;
use thumbnail_core::program::run::Run;
use thumbnail_core::settings::DelayKind;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A task for each video, with `cores` permits; `kind` gives each its delay.
async fn tasks(run: &Arc<Run>, cores: usize, kind: fn(usize) -> DelayKind) {
    let cores = Arc::new(Semaphore::new(cores));
    let mut tasks = JoinSet::new();
    for video in run.videos().to_vec() {
        let (run, cores) = (Arc::clone(run), Arc::clone(&cores));
        tasks.spawn(async move {
            let mut job = run.pick_up(&video, video.index);
            job.settings.delay.kind = kind(video.index);
            let report = stages::generate_thumbnails(&job, &cores).await;
            run.finished(&video, report);
        });
    }
    while tasks.join_next().await.is_some() {}
}

#[test]
fn with_one_core_the_delays_overlap_and_nothing_else_does() {
    let clips = Clips::make(3);
    let report = clips.run(Model::Async, 3, &[], |run| {
        one_thread().block_on(tasks(run, 1, |_| DelayKind::Wait));
    });
    assert!(report.videos.iter().all(|v| v.status() == Status::Success));
    for (n, one) in report.videos.iter().enumerate() {
        for other in &report.videos[n + 1..] {
            let both = |stage| overlap(stretch(one, stage), stretch(other, stage));
            assert!(both(Stage::Delay));
            assert!(!both(Stage::Extract));
        }
    }
}

#[test]
fn a_heartbeat_shows_who_blocks_the_thread() {
    const BLOCKED: Duration = Duration::from_millis(300);
    let beats = |blocking: bool| {
        one_thread().block_on(async move {
            let beats = Arc::new(Semaphore::new(0));
            let counter = Arc::clone(&beats);
            tokio::spawn(async move {
                loop {
                    sleep(BLOCKED / 30).await;
                    counter.add_permits(1);
                }
            });
            // The heartbeat has started to sleep.
            tokio::task::yield_now().await;
            if blocking {
                std::thread::sleep(BLOCKED);
            } else {
                sleep(BLOCKED).await;
            }
            beats.available_permits()
        })
    };
    assert_eq!(beats(true), 0, "nobody else ran");
    assert!(beats(false) > 0);
}

#[test]
fn every_second_video_waits_and_the_others_work() {
    let kind = |index| match index % 2 {
        0 => DelayKind::Wait,
        _ => DelayKind::Cpu,
    };
    let clips = Clips::make(4);
    let report = clips.run(Model::Async, 4, &[], |run| {
        one_thread().block_on(tasks(run, 2, kind));
    });
    assert!(report.videos.iter().all(|v| v.status() == Status::Success));
    let delays: Vec<_> = (report.videos.iter().map(|v| stretch(v, Stage::Delay))).collect();
    for (index, video) in report.videos.iter().enumerate() {
        let delay = video.spans.iter().find(|s| s.stage == Stage::Delay);
        let cpu = delay.unwrap().cpu_seconds;
        assert_eq!(cpu > 0.1, kind(index) == DelayKind::Cpu, "{cpu} s of work");
    }
    assert!(overlap(delays[0], delays[2]), "two wait at once");
    assert!(
        overlap(delays[0], delays[1]),
        "one works while another waits"
    );
}
