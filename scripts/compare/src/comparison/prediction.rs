//! What was predicted, and from what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thumbnail_core::measure::span::Stage;

use super::RowId;

/// What the model of a run says about a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Wall time from start to end of the program, in seconds.
    pub seconds: f64,
    /// Divided by the prediction for `single`.
    pub ratio: f64,
    /// Median measured wall time divided by the prediction: above 1 the program was slower.
    pub measured_over_predicted: f64,
    /// Where the two part by more than a tenth: by how much, and why as far as the figures tell.
    pub remark: Option<String>,
}

/// What the predictions were computed from, measured in runs of `demo-single` and in runs that
/// have next to nothing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Each video's stages, in argument order.
    pub videos: Vec<VideoCost>,
    /// The mean video, of which the scaling curves assume any number.
    pub mean: VideoCost,
    /// From the program's start to the first submission and from the last result to its end.
    pub program_seconds: f64,
    /// From starting a worker process to its being ready, in seconds of one core.
    pub worker_start_seconds: f64,
}

/// What one video takes when it has the machine to itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoCost {
    /// In pipeline order; the frames' shares are added up.
    pub stages: Vec<StageCost>,
}

/// What one stage takes when it has the machine to itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StageCost {
    /// Which.
    pub stage: Stage,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Cores that it keeps busy meanwhile: 0 for waiting, 1 for one thread's work.
    pub cores: f64,
}

/// Predicted wall times for other machines and other numbers of videos. **A prediction**, made of
/// the mean video; only [`Scaling::measured`] was measured.
///
/// `seconds` is with each row's default number of workers: as many as cores; one of the threads' rows
/// and `async` have as many as videos.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The grid's numbers of cores, ascending: the stops of a slider. The machine's own is there.
    pub cores: Vec<usize>,
    /// The grid's numbers of videos, ascending. The measured number is there.
    pub videos: Vec<usize>,
    /// For each row: `seconds[row][c][v]` is its predicted wall time with `cores[c]` cores and
    /// `videos[v]` videos. The speed-up over `single` is
    /// `seconds["single"][c][v] / seconds[row][c][v]`.
    pub seconds: BTreeMap<RowId, Vec<Vec<f64>>>,
    /// Other numbers of workers, ascending.
    #[serde(default)]
    pub workers: Vec<usize>,
    /// For the rows whose number of workers can be chosen: `with_workers[row][w][c][v]` is as
    /// `seconds[row][c][v]`, with `workers[w]` workers.
    #[serde(default)]
    pub with_workers: BTreeMap<RowId, Vec<Vec<Vec<f64>>>>,
    /// What was measured, to be drawn on the curves.
    pub measured: Vec<MeasuredPoint>,
}

impl Scaling {
    /// The predicted speed-up of `row` over `single`; `None` off the grid.
    #[must_use]
    pub fn speed_up(&self, row: RowId, cores: usize, videos: usize) -> Option<f64> {
        let c = self.cores.iter().position(|&n| n == cores)?;
        let v = self.videos.iter().position(|&n| n == videos)?;
        let at = |row: RowId| Some(*self.seconds.get(&row)?.get(c)?.get(v)?);
        Some(at(RowId::Single)? / at(row)?)
    }
}

/// One measurement, to be drawn on the curves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeasuredPoint {
    /// Which.
    pub row: RowId,
    /// The machine's cores.
    pub cores: usize,
    /// How many videos.
    pub videos: usize,
    /// Median wall time in seconds.
    pub seconds: f64,
    /// The median of `single` divided by it.
    pub speed_up: f64,
}
