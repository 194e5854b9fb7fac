//! What a run shows to people: the table, the profile, the timeline and the closing line; the
//! progress before that; and the trace, for a viewer made for it.
//!
//! Everything is drawn from the [report](crate::measure::report) and nothing else, so a report that was
//! saved with `--json` gives the same pictures.

pub mod closing;
mod grid;
pub mod json;
mod paint;
pub mod profile;
pub mod progress;
mod style;
pub mod table;
pub mod text;
pub mod timeline;
pub mod trace;

use std::io;

pub use self::style::Style;

use self::paint::{Tone, paint};
use self::text::{count, wrap};
use crate::measure::report::RunReport;
use crate::settings::DelayKind;

/// Prints everything a run shows when it is over.
///
/// # Errors
/// Whatever `out` gives: a closed pipe, for one.
pub fn report(report: &RunReport, out: &mut impl io::Write, style: Style) -> io::Result<()> {
    let title = |text: &str| -> String {
        let lines = wrap(text, style.width);
        lines
            .iter()
            .map(|line| paint(line, Tone::Heading, style.colour) + "\n")
            .collect()
    };
    let videos = &report.videos;
    writeln!(
        out,
        "{}{}",
        title(&headline(report)),
        table::table(videos, style)
    )?;
    writeln!(
        out,
        "{}{}",
        title("Profile of the stages"),
        profile::profile(videos, style)
    )?;
    let timeline = timeline::timeline(videos, report.wall_seconds, style);
    writeln!(out, "{}{timeline}", title("Timeline"))?;
    write!(out, "{}", title(&closing::closing(report)))?;
    if let Some(whereabouts) = closing::whereabouts(report) {
        writeln!(out, "{whereabouts}")?;
    }
    Ok(())
}

/// `threads: 2 workers on 2 cores, a delay of 2 s (cpu) before each video`: what the run was, so
/// that a picture of it can stand alone.
fn headline(report: &RunReport) -> String {
    let workers = count(report.workers, "worker");
    let cores = count(report.cores, "core");
    let seconds = report.delay.duration.as_secs_f64();
    let delay = match report.delay.kind {
        _ if seconds <= 0.0 => "no delay".to_owned(),
        DelayKind::Cpu => format!("{seconds} s of CPU work before each video"),
        DelayKind::Wait => format!("{seconds} s of waiting before each video"),
    };
    format!("{}: {workers} on {cores}, {delay}", report.model.name())
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
