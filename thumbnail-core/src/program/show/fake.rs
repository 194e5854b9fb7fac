//! Invented reports of videos and runs, for the tests.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::measure::report::{Failure, FrameReport, Model, RunReport, SCHEMA, VideoReport};
use crate::measure::span::{Span, Stage};
use crate::settings::{Delay, DelayKind};

/// A video that `lane` picks up at `start`, with five frames of round durations: 2 s of delay, then
/// for each frame 80 ms of extract, 15 ms of resize and 45 ms of save: 2.7 s.
pub fn video(source: &str, lane: usize, start: f64) -> VideoReport {
    let mut spans = vec![span(Stage::Queued, lane, 0.0, start)];
    let mut now = start;
    let mut next = |stage, seconds| {
        spans.push(span(stage, lane, now, now + seconds));
        now += seconds;
    };
    next(Stage::Delay, 2.0);
    for _ in 0..5 {
        next(Stage::Extract, 0.08);
        next(Stage::Resize, 0.015);
        next(Stage::Save, 0.045);
    }
    let frame = |position| FrameReport {
        position,
        timestamp_seconds: 0.0,
        files: BTreeMap::from([(
            "original".to_owned(),
            format!("thumbnails/threads/{source}/{position}/original.png"),
        )]),
    };
    VideoReport {
        source: source.to_owned(),
        error: None,
        cause: None,
        failure: None,
        frames: (0..5).map(frame).collect(),
        contact_sheet: None,
        plan: None,
        spans,
    }
}

/// A video that fails while its first frame is extracted.
pub fn failure(source: &str, lane: usize, start: f64, error: &str) -> VideoReport {
    let mut video = video(source, lane, start);
    video.error = Some(error.to_owned());
    video.failure = Some(Failure::Video);
    video.frames.clear();
    video.spans.truncate(3);
    video
}

/// A video that nobody picked up.
pub fn left_over(source: &str) -> VideoReport {
    let mut video = failure(
        source,
        0,
        0.0,
        "interrupted before it was finished: run the command again",
    );
    video.failure = Some(Failure::Interrupted);
    video.spans.clear();
    video
}

/// `number` videos on `lanes` lanes, each taking the next one as it gets free.
pub fn many(number: usize, lanes: usize) -> Vec<VideoReport> {
    let mut free = vec![0.0; lanes];
    let next = |index: usize| {
        let lane = index % lanes;
        let video = video(&format!("clip-{index:02}.mp4"), lane, free[lane]);
        free[lane] = video.in_flight().map_or(0.0, |(_, end)| end);
        video
    };
    (0..number).map(next).collect()
}

pub fn run(model: Model, videos: Vec<VideoReport>) -> RunReport {
    let ends = videos
        .iter()
        .filter_map(VideoReport::in_flight)
        .map(|(_, end)| end);
    RunReport {
        schema: SCHEMA,
        model,
        workers: 2,
        delay: Delay {
            kind: DelayKind::Cpu,
            duration: Duration::from_secs(2),
        },
        wall_seconds: ends.fold(0.0, f64::max),
        cores: 2,
        ffmpeg: None,
        videos,
    }
}

fn span(stage: Stage, lane: usize, start: f64, end: f64) -> Span {
    let busy = matches!(stage, Stage::Delay | Stage::Resize | Stage::Save);
    let cpu_seconds = if busy { end - start } else { 0.0 };
    Span {
        stage,
        lane,
        start,
        end,
        cpu_seconds,
    }
}
