//! What a run shows to its user: progress while it goes on; then the table, the profile, the timeline and
//! the closing line; and the trace, for a trace viewer.
//!
//! Everything is drawn from the [report](crate::measure::report) and nothing else, so a report that was
//! saved with `--json` gives the same pictures.

pub mod closing;
pub mod grid;
pub mod json;
mod lanes;
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
use crate::measure::report::{Model, RunReport, VideoReport};
use crate::measure::span::Stage;
use crate::settings::DelayKind;

/// Prints everything a run shows when it is over.
///
/// # Errors
/// Those of `out`, such as a broken pipe.
pub fn print(report: &RunReport, out: &mut impl io::Write, style: Style) -> io::Result<()> {
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
    // If no stage began, both would be empty.
    let began = |video: &VideoReport| video.spans.iter().any(|s| s.stage != Stage::Queued);
    if videos.iter().any(began) {
        let profile = profile::profile(videos, style);
        writeln!(out, "{}{profile}", title("Profile of the stages"))?;
        let timeline = timeline::timeline(videos, report.wall_seconds, style);
        writeln!(out, "{}{timeline}", title("Timeline"))?;
    }
    write!(out, "{}", title(&closing::closing(report)))?;
    if let Some(contention) = closing::contention(report) {
        write!(out, "{}", title(&contention))?;
    }
    if let Some(whereabouts) = closing::whereabouts(report) {
        writeln!(out, "{whereabouts}")?;
    }
    Ok(())
}

/// `threads: 2 workers on 2 cores, 1 s of CPU work before each video`: what the run was, so that a
/// picture of it can stand alone.
fn headline(report: &RunReport) -> String {
    let cores = count(report.cores, "core");
    let workers = match report.model {
        Model::Async => format!("{} on 1 thread, {cores}", count(report.workers, "task")),
        _ => format!("{} on {cores}", count(report.workers, "worker")),
    };
    let seconds = report.delay.duration.as_secs_f64();
    let delay = match report.delay.kind {
        _ if seconds <= 0.0 => "no delay".to_owned(),
        DelayKind::Cpu => format!("{seconds} s of CPU work before each video"),
        DelayKind::Wait => format!("{seconds} s of waiting before each video"),
    };
    format!("{}: {workers}, {delay}", report.model.name())
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
