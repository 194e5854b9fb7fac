//! Builds the parts of a [`Comparison`](crate::comparison::Comparison) from the runs.

use std::path::Path;

use anyhow::{Context, Result};
use thumbnail_core::measure::report::RunReport;
use thumbnail_core::program::show::text;
use thumbnail_core::settings::{Delay, DelayKind};

use crate::comparison::{
    Costs, FrameThumbnails, Machine, MeasuredRun, Prediction, Row, RowId, Scenario, VideoThumbnails,
};
use crate::costs::{StartCosts, costs};
use crate::predict::{predict, scaling};
use crate::python;
use crate::sentences::remarks::remark;
use crate::session::Rows;
use crate::stats::summary;

/// What all rows of a scenario have in common.
struct Common<'a> {
    costs: &'a Costs,
    machine: &'a Machine,
    kind: DelayKind,
    single: &'a [(MeasuredRun, RunReport)],
    scratch: &'a Path,
}

/// All rows with one kind of delay. `scratch` is the directory to which the runs wrote their thumbnails. It
/// is removed from the paths in the report.
///
/// # Errors
/// When a row has no runs.
pub fn scenario(
    rows: &Rows,
    starts: StartCosts,
    machine: &Machine,
    workers: Option<usize>,
    scratch: &Path,
) -> Result<Scenario> {
    let single = rows.get(&RowId::Single).context("single was not run")?;
    let costs = costs(single, starts).context("single was not run")?;
    let delay: Delay = single[0].1.delay;
    let common = Common {
        costs: &costs,
        machine,
        kind: delay.kind,
        single,
        scratch,
    };
    let rows = rows.iter().map(|(&id, runs)| row(id, runs, &common));
    let rows = rows
        .collect::<Option<Vec<Row>>>()
        .context("a program was not run")?;
    Ok(Scenario {
        delay,
        scaling: scaling(delay.kind, &costs, &rows, machine.cores, workers),
        costs,
        rows,
    })
}

fn row(id: RowId, runs: &[(MeasuredRun, RunReport)], common: &Common) -> Option<Row> {
    let walls = |runs: &[(MeasuredRun, RunReport)]| {
        let walls: Vec<f64> = runs.iter().map(|(run, _)| run.wall_seconds).collect();
        summary(&walls)
    };
    let (wall, single) = (walls(runs)?, walls(common.single)?);
    let from_median = |run: &MeasuredRun| (run.wall_seconds - wall.median).abs();
    let kept = runs
        .iter()
        .min_by(|(a, _), (b, _)| from_median(a).total_cmp(&from_median(b)))?;

    let workers = kept.1.workers;
    let predicted = |row, workers| {
        predict(
            row,
            common.kind,
            common.costs,
            common.machine.cores,
            workers,
        )
    };
    let seconds = predicted(id, workers);
    Some(Row {
        id,
        workers,
        runs: runs.iter().map(|(run, _)| run.clone()).collect(),
        wall,
        ratio: wall.median / single.median,
        prediction: Prediction {
            seconds,
            ratio: seconds / predicted(RowId::Single, 1),
            measured_over_predicted: wall.median / seconds,
            remark: remark(id, runs, common.single, seconds, common.machine.load_before),
        },
        python: (common.kind == DelayKind::Cpu).then(|| python::figure(id)),
        kept: without_paths(&kept.1, common.scratch.join(id.key()).as_path()),
    })
}

/// A run's report without this machine's paths, so that it can be passed on: videos have the names that
/// tables show, and files are relative to the comparison's report.
fn without_paths(report: &RunReport, out: &Path) -> RunReport {
    let mut report = report.clone();
    let names = text::names(&report.videos);
    for (video, name) in report.videos.iter_mut().zip(names) {
        video.source = name;
        for file in video
            .frames
            .iter_mut()
            .flat_map(|frame| frame.files.values_mut())
        {
            *file = relative(file, out);
        }
    }
    report
}

/// The place in the comparison's report of the file that a demo wrote to `path` below `out`. With `/` on
/// every system, because the page links to it.
fn relative(path: &str, out: &Path) -> String {
    let below = Path::new(path).strip_prefix(out).unwrap_or(Path::new(path));
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    format!("thumbnails/{}", parts.join("/"))
}

/// The thumbnails of a run that wrote to `out`, with their paths in the comparison's report.
#[must_use]
pub fn thumbnails(report: &RunReport, out: &Path) -> Vec<VideoThumbnails> {
    let videos = without_paths(report, out)
        .videos
        .into_iter()
        .map(|video| VideoThumbnails {
            video: video.source,
            frames: video
                .frames
                .into_iter()
                .map(|frame| FrameThumbnails {
                    timestamp_seconds: frame.timestamp_seconds,
                    files: frame.files,
                })
                .collect(),
        });
    videos.collect()
}
