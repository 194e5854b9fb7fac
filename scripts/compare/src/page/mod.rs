//! `report.html`: the whole report as one page that needs no network.
//!
//! The markup is `templates/report.html`, which escapes whatever is put into it; style and scripts
//! lie beside it and become part of the page.

mod bars;
mod data;
#[cfg(test)]
mod tests;
mod thumbnails;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use askama::Template;
use thumbnail_core::measure::span::Stage;

use self::bars::Bars;
use self::thumbnails::Strip;
use crate::comparison::{Comparison, RowId, Scenario};
use crate::palette;
use crate::sentences::words::seconds;
use crate::sentences::{heading, remarks_of};
use crate::tables::{Cells, header, resources_cells, times_cells};

/// The style sheet.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../templates/report.css"),
    include_str!("../../templates/pictures.css")
);
/// In the order in which they need each other.
const SCRIPTS: [&str; 4] = [
    include_str!("../../templates/report.js"),
    include_str!("../../templates/spans.js"),
    include_str!("../../templates/player.js"),
    include_str!("../../templates/curves.js"),
];

/// What the template is filled with.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    comparison: &'a Comparison,
    style: &'static str,
    colours: String,
    scripts: [&'static str; 4],
    data: String,
    header: Vec<(&'static str, String)>,
    remarks: Vec<String>,
    sections: Vec<Section>,
    /// Do the Python original's figures stand beside any row?
    python: bool,
    rows: [RowId; 6],
    stages: [Stage; 5],
    /// From the report's directory to the project's, if it lies in there.
    to_project: Option<String>,
    strips: Vec<Strip>,
}

/// One kind of delay.
struct Section {
    heading: String,
    bars: Bars,
    times: Cells,
    resources: Cells,
    costs: String,
}

/// The page. `report` is where the report's files are while it is made, `place` where they are
/// going to be.
///
/// # Errors
/// When the page cannot be put together.
pub fn render(comparison: &Comparison, report: &Path, place: &Path) -> Result<String> {
    let sections: Vec<Section> = comparison.scenarios.iter().map(section).collect();
    let page = Page {
        comparison,
        style: STYLE,
        colours: colours(),
        scripts: SCRIPTS,
        data: data::json(comparison)?,
        header: header(comparison),
        remarks: remarks_of(comparison),
        python: sections.iter().any(|section| section.bars.has_python()),
        sections,
        rows: RowId::ALL,
        stages: Stage::ALL,
        to_project: to_project(place),
        strips: thumbnails::strips(comparison, report),
    };
    Ok(page.render()?)
}

fn section(scenario: &Scenario) -> Section {
    let costs = &scenario.costs;
    let stages = costs.mean.stages.iter().map(|cost| {
        format!(
            "{} {} on {:.2} cores",
            cost.stage.name(),
            seconds(cost.seconds),
            cost.cores
        )
    });
    Section {
        heading: heading(scenario),
        bars: bars::bars(scenario),
        times: times_cells(scenario),
        resources: resources_cells(scenario),
        costs: format!(
            "{}; starting a program and ending it {}, starting a worker process {}",
            stages.collect::<Vec<_>>().join(", "),
            seconds(costs.program_seconds),
            seconds(costs.worker_start_seconds),
        ),
    }
}

/// The way from a report at `place` up to the project, where the lessons and the sources are. Elsewhere
/// there is nothing to link to, and a way there would tell where on this machine the project is.
#[must_use]
pub fn to_project(place: &Path) -> Option<String> {
    let mut above = place.ancestors();
    let steps = above.position(|dir| dir.join("demo-single/README.md").is_file())?;
    Some("../".repeat(steps))
}

/// The palette for the style sheet, so that pages and pictures share one.
fn colours() -> String {
    let mut text = ":root {".to_owned();
    for stage in Stage::ALL {
        let _ = write!(text, " --{}: {};", stage.name(), palette::stage(stage));
    }
    let _ = write!(
        text,
        " --asleep: {}; --no-core: {};",
        palette::ASLEEP,
        palette::NO_CORE
    );
    for row in RowId::ALL {
        let pen = palette::pen(row);
        let _ = write!(
            text,
            " --{}: light-dark({}, {});",
            row.key(),
            pen.colour,
            pen.on_dark
        );
    }
    text + " }"
}
