//! The tables, for the terminal, Markdown and the page.

use thumbnail_core::program::show::Style;
use thumbnail_core::program::show::grid::figures;

use crate::comparison::{Comparison, MeasuredRun, Row, Scenario};
use crate::sentences::words::{count, mebibytes, seconds, times_faster};
use crate::stats::median;

/// The cell for a figure that is not known.
const NONE: &str = "–";

/// How a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Columns aligned with spaces.
    Terminal(Style),
    /// GitHub-flavoured Markdown.
    Markdown,
}

/// A table's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// The columns' headings.
    pub head: Vec<&'static str>,
    /// In each line, the first cell is its name, the others are figures.
    pub lines: Vec<Vec<String>>,
}

/// Wall times, measured and predicted, and how many times faster than `single` each row is; the Python
/// original's factor where one was published.
#[must_use]
pub fn times(scenario: &Scenario) -> Cells {
    let python = scenario.rows.iter().any(|row| row.python.is_some());
    let mut head = vec![
        "model",
        "workers",
        "median",
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

/// What the runs used: the median of CPU time, and the maximum of everything else. *Own* figures are those of
/// the program without ffmpeg, in which the models differ.
#[must_use]
pub fn resources(scenario: &Scenario) -> Cells {
    let head = vec![
        "model",
        "CPU time",
        "memory",
        "own memory",
        "own threads",
        "in flight",
    ];
    let line = |row: &Row| {
        let cpu: Option<Vec<f64>> = row.runs.iter().map(MeasuredRun::cpu_seconds).collect();
        let cpu = cpu.as_deref().and_then(median);
        let peak =
            |figure: fn(&MeasuredRun) -> Option<u64>| row.runs.iter().filter_map(figure).max();
        let number = |peak: Option<u64>| peak.map_or(NONE.to_owned(), |peak| peak.to_string());
        vec![
            row.id.label().to_owned(),
            cpu.map_or(NONE.to_owned(), seconds),
            peak(|run| run.peak_memory_bytes).map_or(NONE.to_owned(), mebibytes),
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

/// The machine, the programs and the command, as pairs of name and value.
#[must_use]
pub fn header(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let machine = &comparison.machine;
    let unknown = || NONE.to_owned();
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(unknown);
    let cpu = format!(
        "{}, {}",
        or_unknown(&machine.cpu),
        count(machine.cores, "core")
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

/// A table as text.
#[must_use]
pub fn draw(cells: &Cells, look: Look) -> String {
    match look {
        Look::Terminal(style) => figures(&cells.head, &cells.lines, style),
        Look::Markdown => {
            let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
            let head: Vec<String> = cells.head.iter().map(|&name| name.to_owned()).collect();
            // The first column is aligned left, the figures right.
            let rule = "|---|".to_owned() + &"---:|".repeat(head.len() - 1) + "\n";
            let lines = cells.lines.iter().map(|cells| line(cells));
            line(&head) + &rule + &lines.collect::<String>()
        }
    }
}
