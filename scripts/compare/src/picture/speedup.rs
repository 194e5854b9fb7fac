//! `speedup.svg`: the predicted speed-up over cores, with the measured points on it.

use std::fmt::Write as _;

use svg::node::element::{Group, Path};

use super::{FAINT_INK, GRID, INK, WIDTH, centred, group, label, line, page, px, right_aligned};
use crate::comparison::{Comparison, RowId, Scenario};
use crate::palette::{self, DRAWING_ORDER, Pen};
use crate::terminal::heading;
use crate::words::count;

/// Beside the measured number of videos, curves for about this many show where the models part.
const MANY_VIDEOS: usize = 100;
const TOP: f64 = 150.0;
const PANEL_HEIGHT: f64 = 400.0;
/// Around a panel's plot: left, right, above, below.
const MARGIN: [f64; 4] = [72.0, 24.0, 44.0, 66.0];
/// Measured points that coincide stand side by side.
const POINT_DISTANCE: f64 = 14.0;

/// The whole picture: a column for each delay, a line for each number of videos.
#[must_use]
pub fn speedup(comparison: &Comparison) -> String {
    let scenarios = &comparison.scenarios;
    let measured = comparison.options.videos.len();
    let lines = numbers_of_videos(scenarios, measured);
    let width = WIDTH / precise(scenarios.len().max(1));

    let title = "How many times faster than single? A prediction for 1 to 64 cores";
    let mut picture = page(title, TOP + PANEL_HEIGHT * precise(lines.len())).add(legend());
    for (at, &videos) in lines.iter().enumerate() {
        let most = axis_end(scenarios, videos);
        for (column, scenario) in scenarios.iter().enumerate() {
            let corner = [width * precise(column), TOP + PANEL_HEIGHT * precise(at)];
            let panel = Panel {
                scenario,
                videos,
                corner,
                width,
                most,
            };
            picture = picture.add(panel.draw());
        }
    }
    picture.to_string()
}

/// The measured number, and another one where the curves have room to part.
fn numbers_of_videos(scenarios: &[Scenario], measured: usize) -> Vec<usize> {
    let on_grid = scenarios.first().map_or(&[][..], |s| &s.scaling.videos);
    let many = on_grid
        .iter()
        .copied()
        .min_by_key(|n| n.abs_diff(MANY_VIDEOS));
    let mut numbers: Vec<usize> = std::iter::once(measured).chain(many).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Where the axis of all panels with so many videos ends: the power of two above every speed-up.
fn axis_end(scenarios: &[Scenario], videos: usize) -> f64 {
    /// Lower than this, small differences would look like large ones.
    const LEAST: f64 = 4.0;
    let predicted = scenarios.iter().flat_map(|scenario| {
        let scaling = &scenario.scaling;
        let rows = RowId::ALL.into_iter();
        rows.flat_map(move |row| {
            let cores = scaling.cores.iter();
            cores.filter_map(move |&cores| scaling.speed_up(row, cores, videos))
        })
    });
    let measured = scenarios.iter().flat_map(|s| &s.scaling.measured);
    let measured = measured.map(|point| point.speed_up);
    let most = predicted.chain(measured).fold(LEAST, f64::max);
    most.log2().ceil().exp2()
}

/// The curves of one delay and one number of videos.
struct Panel<'a> {
    scenario: &'a Scenario,
    videos: usize,
    /// `[x, y]` of its upper left corner.
    corner: [f64; 2],
    width: f64,
    /// Where the axis of the speed-up ends.
    most: f64,
}

impl Panel<'_> {
    fn draw(&self) -> Group {
        let [x, y] = self.corner;
        let title = format!(
            "{}, {}",
            heading(self.scenario),
            count(self.videos, "video")
        );
        let title = label(x + MARGIN[0], y + 26.0, &title)
            .set("font-size", 17)
            .set("font-weight", 700);
        let mut panel = group("panel").add(title).add(self.grid());
        let drawn = |row: &RowId| self.scenario.scaling.seconds.contains_key(row);
        for row in DRAWING_ORDER.into_iter().filter(drawn) {
            panel = panel.add(self.curve(row));
        }
        panel.add(self.points())
    }

    /// The plot's `[left, right, top, bottom]`.
    fn plot(&self) -> [f64; 4] {
        let [x, y] = self.corner;
        [
            x + MARGIN[0],
            x + self.width - MARGIN[1],
            y + MARGIN[2],
            y + PANEL_HEIGHT - MARGIN[3],
        ]
    }

    /// Both axes are logarithmic: twice as many cores are the same step everywhere, and
    /// half the time is as far down as twice the time is up.
    fn x(&self, cores: usize) -> f64 {
        let [left, right, ..] = self.plot();
        let cores_at_the_end = self.scenario.scaling.cores.last().copied().unwrap_or(1);
        left + precise(cores).log2() / precise(cores_at_the_end).log2().max(1.0) * (right - left)
    }

    fn y(&self, speed_up: f64) -> f64 {
        /// The axis begins below 1: some models may be slower than single.
        const LOWEST: f64 = 0.5;
        let [.., top, bottom] = self.plot();
        let part = (speed_up.max(LOWEST) / LOWEST).log2() / (self.most / LOWEST).log2();
        bottom - part * (bottom - top)
    }

    fn grid(&self) -> Group {
        let [left, right, top, bottom] = self.plot();
        let mut grid = group("grid").set("font-size", 13).set("fill", FAINT_INK);
        let powers = || (0..16).map(|power| 1_usize << power);
        let last = self.scenario.scaling.cores.last().copied().unwrap_or(1);
        for cores in powers().take_while(|&cores| cores <= last) {
            let x = self.x(cores);
            grid = grid.add(line([x, top], [x, bottom], GRID));
            grid = grid.add(centred(x, bottom + 18.0, &cores.to_string()));
        }
        let speed_ups = std::iter::once(0.5).chain(powers().map(precise));
        for speed_up in speed_ups.take_while(|&speed_up| speed_up <= self.most) {
            let y = self.y(speed_up);
            // At 1 a model is as fast as single.
            let shade = if (1.0..2.0).contains(&speed_up) {
                FAINT_INK
            } else {
                GRID
            };
            grid = grid.add(line([left, y], [right, y], shade));
            grid = grid.add(right_aligned(left - 8.0, y + 5.0, &format!("{speed_up}×")));
        }
        let middle = f64::midpoint(left, right);
        grid.add(centred(
            middle,
            bottom + 38.0,
            "cores (predicted; as many workers as cores by default)",
        ))
    }

    fn curve(&self, row: RowId) -> Path {
        let scaling = &self.scenario.scaling;
        let mut data = String::new();
        for &cores in &scaling.cores {
            let Some(speed_up) = scaling.speed_up(row, cores, self.videos) else {
                continue;
            };
            let letter = if data.is_empty() { 'M' } else { 'L' };
            let (x, y) = (px(self.x(cores)), px(self.y(speed_up)));
            let _ = write!(data, "{letter}{x} {y}");
        }
        stroke(palette::pen(row), &data)
    }

    /// What was measured, where this panel has as many videos.
    fn points(&self) -> Group {
        let of_panel = self.scenario.scaling.measured.iter();
        let points: Vec<_> = of_panel
            .filter(|point| point.videos == self.videos)
            .collect();
        let mut group = group("measured");
        for (at, point) in points.iter().enumerate() {
            let aside = precise(at) - (precise(points.len()) - 1.0) / 2.0;
            let x = self.x(point.cores) + aside * POINT_DISTANCE;
            group = group.add(marker(point.row, [x, self.y(point.speed_up)]));
        }
        group
    }
}

fn stroke(pen: Pen, data: &str) -> Path {
    Path::new()
        .set("d", data)
        .set("fill", "none")
        .set("stroke", pen.colour)
        .set("stroke-width", pen.width)
        .set("stroke-dasharray", pen.dash)
        .set("stroke-linejoin", "round")
}

/// A measured point; its white rim keeps it apart from the curves.
fn marker(row: RowId, [x, y]: [f64; 2]) -> Path {
    let pen = palette::pen(row);
    Path::new()
        .set("class", "point")
        .set("d", pen.marker)
        .set("transform", format!("translate({} {})", px(x), px(y)))
        .set("fill", pen.colour)
        .set("stroke", "#FFFFFF")
        .set("stroke-width", 1.5)
}

fn legend() -> Group {
    let mut legend = group("legend");
    let mut x = 32.0;
    for row in RowId::ALL {
        let y = 80.0;
        let sample = format!("M{} {y}H{}", px(x), px(x + 46.0));
        legend = legend
            .add(stroke(palette::pen(row), &sample))
            .add(marker(row, [x + 23.0, y]))
            .add(label(x + 56.0, y + 5.0, row.label()));
        x += 56.0 + precise(row.label().len()) * 8.5 + 34.0;
    }
    let words = "Lines: prediction. Marks: measured on this machine (marks at the same number of cores \
                 stand side by side). Both axes are logarithmic.";
    legend.add(label(32.0, 116.0, words).set("fill", INK))
}

// Numbers of cores, videos and letters are far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn precise(count: usize) -> f64 {
    count as f64
}
