//! An invented comparison, for tests and for work on the page without measuring.
//!
//! Its figures are what a machine with two cores would take by the formulas of the lessons. The name of its
//! CPU says that they are invented.

// Counts of frames and cores are far below 2^52.
#![allow(clippy::cast_precision_loss)]

use std::collections::BTreeMap;

use thumbnail_core::measure::report::{FrameReport, RunReport, VideoReport};
use thumbnail_core::measure::span::{Span, Stage};
use thumbnail_core::settings::{Delay, DelayKind};

use crate::comparison::{
    ComparedOptions, Comparison, Costs, FrameThumbnails, Machine, MeasuredPoint, MeasuredRun,
    Prediction, Row, RowId, SCHEMA, Scaling, Scenario, StageCost, Summary, VideoCost,
    VideoThumbnails,
};
use crate::python;

const CORES: usize = 2;
const VIDEOS: [&str; 2] = ["sample-1.mp4", "sample-2.mp4"];
const FRAMES: usize = 5;
/// The stages of one frame: wall seconds, and CPU seconds of the program itself.
const FRAME: [(Stage, f64, f64); 3] = [
    (Stage::Extract, 0.060, 0.004),
    (Stage::Resize, 0.004, 0.004),
    (Stage::Save, 0.020, 0.018),
];
const PROGRAM_SECONDS: f64 = 0.02;
const WORKER_START_SECONDS: f64 = 0.01;

/// A comparison of two videos with both kinds of delay, one second each.
#[must_use]
pub fn comparison() -> Comparison {
    Comparison {
        schema: SCHEMA,
        machine: Machine {
            started: "2026-01-01T12:00:00Z".into(),
            cpu: Some("Example CPU (invented figures)".into()),
            cores: CORES,
            memory_bytes: Some(8 << 30),
            os: Some("Example OS 1.0".into()),
            rustc: Some("rustc 1.90.0".into()),
            ffmpeg: Some("5.1.9".into()),
            commit: Some("0123abc".into()),
            build: "release".into(),
            load_before: Some(0.12),
        },
        options: ComparedOptions {
            command: "scripts/compare.sh --runs 3".into(),
            runs: 3,
            warmups: 1,
            workers: None,
            videos: VIDEOS.map(String::from).into(),
            forwarded: vec!["--delay=1s".into()],
            sampling_seconds: 0.005,
        },
        findings: vec![
            "With the CPU delay, threads and process overlapped the work.".into(),
            "With the waiting delay, async needed no second thread to overlap the waits.".into(),
            "One blocking call inside the task made async as slow as single.".into(),
        ],
        warnings: vec!["Only 3 runs: use --runs 10 for a spread that means something.".into()],
        method: vec!["Wall time is taken from outside, from start to end of a program.".into()],
        scenarios: vec![scenario(DelayKind::Cpu), scenario(DelayKind::Wait)],
        python: python::published(),
        thumbnails: VIDEOS.iter().map(|video| thumbnails(video)).collect(),
    }
}

fn scenario(kind: DelayKind) -> Scenario {
    let single = wall(RowId::Single, kind);
    let ids = RowId::with_delay(kind);
    let rows: Vec<Row> = ids.iter().map(|&id| row(id, kind, single)).collect();
    let measured = |row: &Row| MeasuredPoint {
        row: row.id,
        cores: CORES,
        videos: VIDEOS.len(),
        seconds: row.wall.median,
        speed_up: 1.0 / row.ratio,
    };
    let video = video_cost(kind);
    Scenario {
        delay: delay(kind),
        costs: Costs {
            videos: vec![video.clone(), video.clone()],
            mean: video,
            program_seconds: PROGRAM_SECONDS,
            worker_start_seconds: WORKER_START_SECONDS,
        },
        scaling: Scaling {
            cores: vec![1, 2, 4, 8, 16, 32, 64],
            videos: vec![1, 2, 5, 10, 100, 1000],
            seconds: ids.iter().map(|&id| (id, grid(id, kind))).collect(),
            workers: vec![1, 1000],
            with_workers: [(
                RowId::Threads,
                vec![grid(RowId::Single, kind), grid(RowId::ThreadsMany, kind)],
            )]
            .into(),
            measured: rows.iter().map(measured).collect(),
        },
        rows,
    }
}

fn delay(kind: DelayKind) -> Delay {
    Delay {
        kind,
        duration: std::time::Duration::from_secs(1),
    }
}

fn overlaps(id: RowId, kind: DelayKind) -> bool {
    match id {
        RowId::Single | RowId::AsyncBlocking => false,
        RowId::Threads | RowId::Process => true,
        RowId::ThreadsMany | RowId::Async => kind == DelayKind::Wait,
    }
}

fn video_seconds() -> f64 {
    1.0 + FRAMES as f64 * FRAME.iter().map(|(_, wall, _)| wall).sum::<f64>()
}

fn wall(id: RowId, kind: DelayKind) -> f64 {
    let rounds = if overlaps(id, kind) { 1.0 } else { 2.0 };
    rounds * video_seconds()
}

fn grid(id: RowId, kind: DelayKind) -> Vec<Vec<f64>> {
    let cell = |cores: usize, videos: usize| {
        let at_once = match id {
            RowId::ThreadsMany | RowId::Async if kind == DelayKind::Wait => videos.min(cores * 2),
            _ if overlaps(id, kind) => cores,
            _ => 1,
        };
        videos.div_ceil(at_once) as f64 * video_seconds() + PROGRAM_SECONDS
    };
    let line = |cores| [1, 2, 5, 10, 100, 1000].map(|v| cell(cores, v)).to_vec();
    [1, 2, 4, 8, 16, 32, 64].map(line).to_vec()
}

fn video_cost(kind: DelayKind) -> VideoCost {
    let busy = if kind == DelayKind::Cpu { 1.0 } else { 0.0 };
    let of = |stage, seconds, cores| StageCost {
        stage,
        seconds,
        cores,
    };
    let frames = FRAMES as f64;
    let stages = FRAME.map(|(stage, wall, _)| of(stage, wall * frames, 0.95));
    VideoCost {
        stages: std::iter::once(of(Stage::Delay, 1.0, busy))
            .chain(stages)
            .collect(),
    }
}

fn row(id: RowId, kind: DelayKind, single: f64) -> Row {
    let inside = wall(id, kind);
    let outside = inside + PROGRAM_SECONDS;
    let run = |factor: f64| MeasuredRun {
        wall_seconds: outside * factor,
        user_seconds: Some(2.6),
        system_seconds: Some(0.2),
        peak_memory_bytes: Some(if overlaps(id, kind) {
            190 << 20
        } else {
            96 << 20
        }),
        peak_threads: Some(if overlaps(id, kind) { 9 } else { 4 }),
        peak_processes: Some(if id == RowId::Process { 5 } else { 2 }),
        own_memory_bytes: Some(if id == RowId::Process {
            24 << 20
        } else {
            12 << 20
        }),
        own_threads: Some(if overlaps(id, kind) { 3 } else { 1 }),
        peak_in_flight: if overlaps(id, kind) { 2 } else { 1 },
    };
    Row {
        id,
        workers: if id == RowId::Single { 1 } else { 2 },
        runs: [0.99, 1.0, 1.02].map(run).into(),
        wall: Summary {
            median: outside,
            standard_deviation: outside * 0.015,
            min: outside * 0.99,
            max: outside * 1.02,
        },
        ratio: outside / (single + PROGRAM_SECONDS),
        prediction: Prediction {
            seconds: outside * 0.97,
            ratio: outside / (single + PROGRAM_SECONDS),
            measured_over_predicted: 1.0 / 0.97,
            remark: None,
        },
        python: (kind == DelayKind::Cpu).then(|| python::figure(id)),
        kept: kept(id, kind, inside),
    }
}

fn kept(id: RowId, kind: DelayKind, wall_seconds: f64) -> RunReport {
    let videos = VIDEOS.iter().enumerate().map(|(at, source)| {
        let (lane, start) = if overlaps(id, kind) {
            (at, 0.0)
        } else {
            (0, at as f64 * video_seconds())
        };
        VideoReport {
            source: (*source).into(),
            error: None,
            cause: None,
            failure: None,
            frames: (0..FRAMES).map(frame).collect(),
            contact_sheet: None,
            plan: None,
            spans: spans(kind, lane, start),
        }
    });
    RunReport {
        schema: thumbnail_core::measure::report::SCHEMA,
        model: id.model(),
        workers: if id == RowId::Single { 1 } else { 2 },
        delay: delay(kind),
        wall_seconds,
        cores: CORES,
        ffmpeg: Some("5.1.9".into()),
        videos: videos.collect(),
    }
}

fn frame(position: usize) -> FrameReport {
    FrameReport {
        position,
        timestamp_seconds: position as f64 * 1.25,
        files: BTreeMap::from([(
            "original".into(),
            format!("thumbnails/{position}/original.png"),
        )]),
    }
}

fn spans(kind: DelayKind, lane: usize, start: f64) -> Vec<Span> {
    let delay_cpu = if kind == DelayKind::Cpu { 1.0 } else { 0.0 };
    let frames = std::iter::repeat_n(FRAME, FRAMES).flatten();
    let stages = std::iter::once((Stage::Delay, 1.0, delay_cpu)).chain(frames);
    let mut spans = vec![Span {
        stage: Stage::Queued,
        lane,
        start: 0.0,
        end: start,
        cpu_seconds: 0.0,
    }];
    let mut now = start;
    for (stage, seconds, cpu_seconds) in stages {
        let end = now + seconds;
        spans.push(Span {
            stage,
            lane,
            start: now,
            end,
            cpu_seconds,
        });
        now = end;
    }
    spans
}

fn thumbnails(video: &str) -> VideoThumbnails {
    let stem = video.trim_end_matches(".mp4");
    let files = |position: usize| {
        ["original", "640", "320", "160"]
            .map(|size| {
                (
                    size.to_owned(),
                    format!("thumbnails/{stem}/{position}/{size}.png"),
                )
            })
            .into()
    };
    let frame = |position: usize| FrameThumbnails {
        timestamp_seconds: position as f64 * 1.25,
        files: files(position),
    };
    VideoThumbnails {
        video: video.into(),
        frames: (0..FRAMES).map(frame).collect(),
    }
}
