//! `report.html`: the whole report as one page that needs no network.
//!
//! The template is `templates/report.html`; askama escapes what is inserted into it. The style sheets and
//! scripts in the same directory become part of the page.

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
use crate::tables::{Cells, header, resources, times};

/// The style sheet.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../templates/report.css"),
    include_str!("../../templates/pictures.css")
);
/// The scripts, in an order in which each uses only earlier ones.
const SCRIPTS: [&str; 4] = [
    include_str!("../../templates/report.js"),
    include_str!("../../templates/spans.js"),
    include_str!("../../templates/player.js"),
    include_str!("../../templates/curves.js"),
];

/// The values for the template.
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
    /// Whether any row has a figure of the Python original.
    python: bool,
    rows: [RowId; 6],
    stages: [Stage; 5],
    /// See [`to_project`].
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

/// Renders the page. `report` is the directory in which the report is being made, `place` that in which it
/// will be.
///
/// # Errors
/// When the template cannot be rendered, or the data cannot be written as JSON.
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
        times: times(scenario),
        resources: resources(scenario),
        costs: format!(
            "{}; starting a program and ending it {}, starting a worker process {}",
            stages.collect::<Vec<_>>().join(", "),
            seconds(costs.program_seconds),
            seconds(costs.worker_start_seconds),
        ),
    }
}

/// The relative path from a report at `place` up to the project, for links to the sources: `../../`. `None`
/// if the report is outside of the project: then a link would show where on this machine the project is.
#[must_use]
pub fn to_project(place: &Path) -> Option<String> {
    let mut above = place.ancestors();
    let steps = above.position(|dir| dir.join("demo-single/README.md").is_file())?;
    Some("../".repeat(steps))
}

/// The palette as CSS variables, so that the page has the same colours as the pictures.
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
