//! The tables, for the terminal and for Markdown alike.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::comparison::{Comparison, Row, Run, Scenario};
use crate::stats::median;
use crate::words::{mebibytes, seconds, times_faster};

/// Stands where there is no figure.
const NONE: &str = "–";

/// How a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Columns in spaces, at most so wide.
    Terminal(usize),
    /// GitHub's Markdown.
    Markdown,
}

/// A table before it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// The columns' headings.
    pub head: Vec<&'static str>,
    /// The first cell names the line, the others are figures.
    pub lines: Vec<Vec<String>>,
}

/// Wall times: measured, predicted, and how many times faster than single each is, the Python
/// original where there is a figure of it.
#[must_use]
pub fn times(scenario: &Scenario, look: Look) -> String {
    draw(&times_cells(scenario), look)
}

/// What [`times`] draws.
#[must_use]
pub fn times_cells(scenario: &Scenario) -> Cells {
    let python = scenario.rows.iter().any(|row| row.python.is_some());
    let mut head = vec![
        "model",
        "workers",
        "median",
        "± s.d.",
        "min",
        "max",
        "to single",
        "predicted",
        "measured ÷ predicted",
    ];
    if python {
        head.push("Python");
    }
    let line = |row: &Row| {
        let mut line = vec![
            row.id.label().to_owned(),
            row.workers.to_string(),
            seconds(row.wall.median),
            seconds(row.wall.standard_deviation),
            seconds(row.wall.min),
            seconds(row.wall.max),
            times_faster(row.ratio),
            seconds(row.prediction.seconds),
            format!("{:.2}", row.prediction.measured_over_predicted),
        ];
        if python {
            let ratio = row.python.as_ref().map(|python| times_faster(python.ratio));
            line.push(ratio.unwrap_or(NONE.to_owned()));
        }
        line
    };
    Cells {
        head,
        lines: scenario.rows.iter().map(line).collect(),
    }
}

/// What the runs used: the median of CPU time, the highest of everything else. *Own* is without
/// ffmpeg: there the models differ.
#[must_use]
pub fn resources(scenario: &Scenario, look: Look) -> String {
    draw(&resources_cells(scenario), look)
}

/// What [`resources`] draws.
#[must_use]
pub fn resources_cells(scenario: &Scenario) -> Cells {
    let head = vec![
        "model",
        "CPU, user",
        "CPU, system",
        "memory",
        "threads",
        "processes",
        "own memory",
        "own threads",
        "in flight",
    ];
    let line = |row: &Row| {
        let cpu = |figure: fn(&Run) -> Option<f64>| {
            let figures: Option<Vec<f64>> = row.runs.iter().map(figure).collect();
            figures
                .as_deref()
                .and_then(median)
                .map_or(NONE.to_owned(), seconds)
        };
        let peak = |figure: fn(&Run) -> Option<u64>| row.runs.iter().filter_map(figure).max();
        let number = |peak: Option<u64>| peak.map_or(NONE.to_owned(), |peak| peak.to_string());
        vec![
            row.id.label().to_owned(),
            cpu(|run| run.user_seconds),
            cpu(|run| run.system_seconds),
            peak(|run| run.peak_memory_bytes).map_or(NONE.to_owned(), mebibytes),
            number(peak(|run| run.peak_threads)),
            number(peak(|run| run.peak_processes)),
            peak(|run| run.own_memory_bytes).map_or(NONE.to_owned(), mebibytes),
            number(peak(|run| run.own_threads)),
            number(row.runs.iter().map(|run| run.peak_in_flight as u64).max()),
        ]
    };
    Cells {
        head,
        lines: scenario.rows.iter().map(line).collect(),
    }
}

/// Every measured run, in the order in which a program's were made.
#[must_use]
pub fn runs_cells(scenario: &Scenario) -> Cells {
    let or_none = |figure: Option<String>| figure.unwrap_or(NONE.to_owned());
    let line = |row: &Row, at: usize, run: &Run| {
        vec![
            format!("{}, run {}", row.id.label(), at + 1),
            format!("{:.3} s", run.wall_seconds),
            or_none(run.user_seconds.map(|s| format!("{s:.3} s"))),
            or_none(run.system_seconds.map(|s| format!("{s:.3} s"))),
            or_none(run.peak_memory_bytes.map(mebibytes)),
            or_none(run.peak_threads.map(|n| n.to_string())),
            or_none(run.peak_processes.map(|n| n.to_string())),
            run.peak_in_flight.to_string(),
        ]
    };
    let lines_of = |row: &Row| {
        let runs = row.runs.iter().enumerate();
        runs.map(|(at, run)| line(row, at, run)).collect::<Vec<_>>()
    };
    Cells {
        head: vec![
            "run",
            "wall",
            "CPU, user",
            "CPU, system",
            "memory",
            "threads",
            "processes",
            "in flight",
        ],
        lines: scenario.rows.iter().flat_map(lines_of).collect(),
    }
}

/// The machine, the programs and the command: name and value.
#[must_use]
pub fn header(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let machine = &comparison.machine;
    let unknown = || NONE.to_owned();
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(unknown);
    let cpu = format!(
        "{}, {}",
        or_unknown(&machine.cpu),
        crate::words::count(machine.cores, "core")
    );
    vec![
        ("CPU", cpu),
        (
            "memory",
            machine.memory_bytes.map_or_else(unknown, mebibytes),
        ),
        ("system", or_unknown(&machine.os)),
        ("rustc", or_unknown(&machine.rustc)),
        ("ffmpeg", or_unknown(&machine.ffmpeg)),
        ("commit", or_unknown(&machine.commit)),
        ("build", machine.build.clone()),
        ("started", machine.started.clone()),
        ("videos", comparison.options.videos.join(", ")),
        ("command", comparison.options.command.clone()),
    ]
}

fn draw(cells: &Cells, look: Look) -> String {
    let mut table = Table::new();
    match look {
        Look::Terminal(width) => {
            table.load_style(presets::NOTHING);
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        }
        Look::Markdown => {
            table.load_style(presets::ASCII_MARKDOWN);
        }
    }
    table.set_header(&cells.head).add_rows(&cells.lines);
    // All but the first column hold figures.
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}
