//! Predictions, and the costs that they are computed from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thumbnail_core::measure::span::Stage;

use super::RowId;

/// The prediction for one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Wall time from start to end of the program, in seconds.
    pub seconds: f64,
    /// The predicted wall time divided by that of `single`.
    pub ratio: f64,
    /// Median measured wall time divided by the predicted one: above 1 the program was slower.
    pub measured_over_predicted: f64,
    /// If the two differ by more than a tenth: by how much, and the reasons that the figures show.
    pub remark: Option<String>,
}

/// The costs that predictions are computed from. Measured in runs of `demo-single`, except for the last two
/// fields: those in runs that take one frame without a delay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Each video's stages, in argument order.
    pub videos: Vec<VideoCost>,
    /// The mean video. For the scaling curves all videos cost as much.
    pub mean: VideoCost,
    /// Wall seconds of a program before the first video is submitted and after the last result.
    pub program_seconds: f64,
    /// Seconds of one core until a worker process is ready.
    pub worker_start_seconds: f64,
}

/// What one video costs when it has the machine to itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoCost {
    /// In pipeline order; each is the sum over the video's frames.
    pub stages: Vec<StageCost>,
}

/// What one stage costs when it has the machine to itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StageCost {
    /// The stage.
    pub stage: Stage,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Cores that it keeps busy: 0 for waiting, 1 for the work of one thread.
    pub cores: f64,
}

/// Predicted wall times for other numbers of cores, videos and workers. **All of it is predicted**, from the
/// mean video, except for [`Scaling::measured`].
///
/// In `seconds` each row has the number of workers that `--workers` gave it, or else its default: `threads` and
/// `process` have as many as cores, `threads-many` and `async` as many as videos.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The grid's numbers of cores, ascending. That of the measured machine is one of them.
    pub cores: Vec<usize>,
    /// The grid's numbers of videos, ascending. The measured number is one of them.
    pub videos: Vec<usize>,
    /// For each row: `seconds[row][c][v]` is its predicted wall time with `cores[c]` cores and
    /// `videos[v]` videos. The speed-up over `single` is
    /// `seconds["single"][c][v] / seconds[row][c][v]`.
    pub seconds: BTreeMap<RowId, Vec<Vec<f64>>>,
    /// Other numbers of workers, ascending.
    #[serde(default)]
    pub workers: Vec<usize>,
    /// For the rows whose number of workers can be chosen: `with_workers[row][w][c][v]` is the predicted wall
    /// time with `workers[w]` workers, `cores[c]` cores and `videos[v]` videos.
    #[serde(default)]
    pub with_workers: BTreeMap<RowId, Vec<Vec<Vec<f64>>>>,
    /// The measured rows, to be drawn on the curves.
    pub measured: Vec<MeasuredPoint>,
}

/// The measured point of one row, to be drawn on the curves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeasuredPoint {
    /// The row.
    pub row: RowId,
    /// Cores of the machine.
    pub cores: usize,
    /// Number of videos.
    pub videos: usize,
    /// Median wall time in seconds.
    pub seconds: f64,
    /// The median wall time of `single` divided by that of this row.
    pub speed_up: f64,
}
