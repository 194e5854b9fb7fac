//! Predicts the wall time of each model by [simulating](crate::simulate) it, and computes the scaling curves.

use thumbnail_core::measure::span::Stage;
use thumbnail_core::settings::DelayKind;

use crate::comparison::{Costs, MeasuredPoint, Row, RowId, Scaling, StageCost, VideoCost};
use crate::simulate::{Batch, Phase, Setup, makespan};

/// The numbers of cores on the curves.
const CORES: [usize; 13] = [1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64];
/// The numbers of videos for which there are curves.
const VIDEOS: [usize; 14] = [1, 2, 4, 6, 8, 10, 16, 20, 32, 64, 100, 200, 500, 1000];
/// The numbers of workers for which there are curves.
const WORKERS: [usize; 11] = [1, 2, 4, 8, 16, 32, 64, 100, 200, 500, 1000];

/// Index in [`Setup::permits`] of the async model's permits for its blocking pool.
const POOL: usize = 0;
/// Index in [`Setup::permits`] of the async model's permits for ffmpeg processes.
const FFMPEG: usize = 1;

/// The predicted wall time of `row` with these costs, in seconds.
#[must_use]
pub fn predict(row: RowId, kind: DelayKind, costs: &Costs, cores: usize, workers: usize) -> f64 {
    let videos: Vec<(usize, &VideoCost)> = costs.videos.iter().map(|video| (1, video)).collect();
    wall(row, kind, costs, cores, workers, &videos)
}

fn wall(
    row: RowId,
    kind: DelayKind,
    costs: &Costs,
    cores: usize,
    workers: usize,
    videos: &[(usize, &VideoCost)],
) -> f64 {
    let batches = videos.iter().map(|&(count, video)| Batch {
        count,
        steps: video
            .stages
            .iter()
            .map(|stage| step(row, kind, stage))
            .collect(),
    });
    let batches: Vec<Batch> = batches.collect();
    costs.program_seconds + makespan(&setup(row, costs, cores, workers), &batches)
}

/// The concurrency models: how many workers there are, and what is bounded.
fn setup(row: RowId, costs: &Costs, cores: usize, workers: usize) -> Setup {
    let setup = Setup {
        cores,
        workers: workers.max(1),
        worker_start: None,
        permits: [usize::MAX; 2],
    };
    match row {
        // A blocking call keeps the one thread that all tasks share, so the tasks run one after another.
        RowId::Single | RowId::AsyncBlocking => Setup {
            workers: 1,
            ..setup
        },
        RowId::Threads | RowId::ThreadsMany => setup,
        RowId::Process => Setup {
            worker_start: Some(Phase::new(costs.worker_start_seconds, 1.0)),
            ..setup
        },
        // There may be any number of tasks, but blocking-pool threads and ffmpeg processes are bounded.
        RowId::Async => Setup {
            permits: [cores; 2],
            ..setup
        },
    }
}

fn step(row: RowId, kind: DelayKind, stage: &StageCost) -> Phase {
    let mut step = Phase::new(stage.seconds, stage.cores);
    if row == RowId::Async {
        let own_work = match stage.stage {
            Stage::Delay => kind == DelayKind::Cpu,
            Stage::Resize | Stage::Save => true,
            Stage::Queued | Stage::Extract => false,
        };
        // ffmpeg decodes frames while earlier ones are resized and saved, so it runs through all three stages.
        let ffmpeg = matches!(stage.stage, Stage::Extract | Stage::Resize | Stage::Save);
        step.holds[POOL] = own_work;
        step.holds[FFMPEG] = ffmpeg;
    }
    step
}

/// The number of workers of a row; `asked` is `--workers`, if it was given.
#[must_use]
pub fn workers_of(row: RowId, asked: Option<usize>, cores: usize, videos: usize) -> usize {
    match row {
        RowId::Single => 1,
        RowId::Threads | RowId::Process => asked.unwrap_or(cores),
        RowId::ThreadsMany => videos,
        RowId::Async | RowId::AsyncBlocking => asked.unwrap_or(videos),
    }
}

/// The scaling curves, and the measured `rows` as points. `workers` is `--workers`, if it was given.
#[must_use]
pub fn scaling(
    kind: DelayKind,
    costs: &Costs,
    rows: &[Row],
    own_cores: usize,
    workers: Option<usize>,
) -> Scaling {
    let own_videos = costs.videos.len();
    let (cores, videos) = (with_own(&CORES, own_cores), with_own(&VIDEOS, own_videos));
    let cell = |row, workers, cores, videos| {
        let workers = workers_of(row, workers, cores, videos);
        let seconds = wall(row, kind, costs, cores, workers, &[(videos, &costs.mean)]);
        // Rounded to milliseconds: the prediction is not more precise, and the file stays small.
        (seconds * 1e3).round() / 1e3
    };
    let line = |row, workers, cores| {
        let cells = videos.iter().map(|&v| cell(row, workers, cores, v));
        cells.collect::<Vec<f64>>()
    };
    let grid =
        |row, workers| -> Vec<Vec<f64>> { cores.iter().map(|&c| line(row, workers, c)).collect() };
    let with_workers = |row| WORKERS.map(|workers| grid(row, Some(workers))).into();
    let measured = |row: &Row| MeasuredPoint {
        row: row.id,
        cores: own_cores,
        videos: own_videos,
        seconds: row.wall.median,
        speed_up: 1.0 / row.ratio,
    };
    Scaling {
        seconds: (RowId::with_delay(kind).into_iter())
            .map(|row| (row, grid(row, workers)))
            .collect(),
        workers: WORKERS.into(),
        with_workers: [RowId::Threads, RowId::Process, RowId::Async]
            .map(|row| (row, with_workers(row)))
            .into(),
        measured: rows.iter().map(measured).collect(),
        cores,
        videos,
    }
}

/// The grid with our own number, still ascending.
fn with_own(grid: &[usize], own: usize) -> Vec<usize> {
    let mut all = grid.to_vec();
    if let Err(place) = all.binary_search(&own) {
        all.insert(place, own);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{predict, scaling};
    use crate::comparison::{Costs, RowId, Scaling};
    use crate::example;
    use thumbnail_core::settings::DelayKind::{self, Cpu, Wait};

    fn costs(kind: DelayKind) -> Costs {
        let at = usize::from(kind == Wait);
        example::comparison().scenarios[at].costs.clone()
    }

    /// The example's video: 1 s of delay, then 0.42 s that keep 0.95 of a core busy.
    const VIDEO: f64 = 1.42;
    const PROGRAM: f64 = 0.02;

    #[track_caller]
    fn takes(row: RowId, kind: DelayKind, cores: usize, workers: usize, seconds: f64) {
        let got = predict(row, kind, &costs(kind), cores, workers);
        assert!((got - seconds).abs() < 1e-6, "{got} instead of {seconds}");
    }

    #[test]
    fn one_after_the_other_takes_the_sum() {
        for kind in [Cpu, Wait] {
            takes(RowId::Single, kind, 2, 1, 2.0 * VIDEO + PROGRAM);
            takes(RowId::AsyncBlocking, kind, 2, 2, 2.0 * VIDEO + PROGRAM);
        }
    }

    #[test]
    fn two_workers_on_two_cores_take_one_video() {
        for kind in [Cpu, Wait] {
            takes(RowId::Threads, kind, 2, 2, VIDEO + PROGRAM);
            takes(RowId::Process, kind, 2, 2, VIDEO + PROGRAM + 0.01);
            takes(RowId::Async, kind, 2, 2, VIDEO + PROGRAM);
        }
    }

    #[test]
    fn on_one_core_work_does_not_overlap_but_waits_do() {
        let work = 2.0 * (1.0 + 0.42 * 0.95);
        takes(RowId::Threads, Cpu, 1, 2, work + PROGRAM);
        takes(
            RowId::Threads,
            Wait,
            1,
            2,
            1.0 + 2.0 * 0.42 * 0.95 + PROGRAM,
        );
        // One ffmpeg at a time, as there is one core.
        takes(RowId::Async, Wait, 1, 2, 1.0 + 2.0 * 0.42 + PROGRAM);
    }

    #[test]
    fn curves_cover_1_to_64_cores_and_1_to_1000_videos_and_our_own() {
        let comparison = example::comparison();
        let rows = &comparison.scenarios[0].rows;
        let curves = scaling(Cpu, &costs(Cpu), rows, 18, None);
        assert_eq!(
            curves.cores.first().zip(curves.cores.last()),
            Some((&1, &64))
        );
        assert_eq!(
            curves.videos.first().zip(curves.videos.last()),
            Some((&1, &1000))
        );
        assert!(curves.cores.contains(&18) && curves.videos.contains(&2));
        assert!(curves.seconds.values().all(|grid| {
            grid.len() == curves.cores.len()
                && grid.iter().all(|line| line.len() == curves.videos.len())
        }));
        assert_eq!(curves.measured.len(), 5);
    }

    fn speed_up(curves: &Scaling, row: RowId, cores: usize, videos: usize) -> f64 {
        let c = curves.cores.binary_search(&cores).expect("on the grid");
        let v = curves.videos.binary_search(&videos).expect("on the grid");
        curves.seconds[&RowId::Single][c][v] / curves.seconds[&row][c][v]
    }

    #[test]
    fn curves_say_what_the_formulas_say() {
        let curves = scaling(Cpu, &costs(Cpu), &[], 2, None);
        let speed_up = |row, cores| speed_up(&curves, row, cores, 1000);
        assert!((speed_up(RowId::Single, 64) - 1.0).abs() < 1e-9);
        assert!((speed_up(RowId::AsyncBlocking, 64) - 1.0).abs() < 1e-9);
        // 1000 videos in 16 rounds of 64; the program's start keeps it from being exact.
        assert!((speed_up(RowId::Threads, 64) - 1000.0 / 16.0).abs() < 0.1);
        let waits = scaling(Wait, &costs(Wait), &[], 2, None);
        let speed_up = |row, cores| self::speed_up(&waits, row, cores, 100);
        assert!(speed_up(RowId::Async, 2) > speed_up(RowId::Threads, 2) * 1.5);
        let same = speed_up(RowId::ThreadsMany, 2) / speed_up(RowId::Async, 2);
        assert!(
            (same - 1.0).abs() < 0.1,
            "waiting needs many workers: {same}"
        );
    }
}
