//! `scripts/compare.sh`: how fast each model is, and why.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use compare::assemble::{scenario, thumbnails};
use compare::check;
use compare::cli::Cli;
use compare::comparison::{ComparedOptions, Comparison, RowId, SCHEMA};
use compare::demos::Demos;
use compare::machine::machine;
use compare::markdown::markdown;
use compare::measure::SAMPLING;
use compare::publish::Unpublished;
use compare::sentences::findings::findings;
use compare::sentences::method::method;
use compare::sentences::warnings::warnings;
use compare::session::{Session, WARMUPS};
use compare::terminal::terminal;
use compare::trace::trace;
use compare::{lessons, page, picture, python};
use thumbnail_core::cancel;
use thumbnail_core::program::run;
use thumbnail_core::program::show::json::Harmless;
use thumbnail_core::program::show::text::escaped;
use thumbnail_core::program::show::{self, Style};
use thumbnail_core::program::signals;
use thumbnail_core::program::wildcards;
use thumbnail_core::video::Source;

fn main() -> ExitCode {
    let mut cli = Cli::parse();
    cli.videos = wildcards::expand(cli.videos);
    signals::install();
    run::exit(compare_all(&cli).or_else(|error| {
        let code = cancel::exit_code_asked_for().ok_or(error)?;
        eprintln!("interrupted: there is no new report");
        Ok(ExitCode::from(code))
    }))
}

fn compare_all(cli: &Cli) -> Result<ExitCode> {
    let (programs, place) = places(cli)?;
    let unpublished = Unpublished::new(&place)?;
    let demos = Demos::find(programs, unpublished.scratch())?;
    let comparison = measure(cli, &demos, &unpublished)?;

    let mut json = Vec::new();
    serde_json::to_writer_pretty(Harmless(&mut json), &comparison)?;
    unpublished.write("report.json", &json)?;
    unpublished.write("report.md", markdown(&comparison).as_bytes())?;
    unpublished.write("trace.json", &serde_json::to_vec(&trace(&comparison)?)?)?;
    unpublished.write("timeline.svg", picture::timeline(&comparison).as_bytes())?;
    unpublished.write("waiting.svg", picture::waiting(&comparison).as_bytes())?;
    let page = page::render(
        &comparison,
        &unpublished.report_dir(),
        unpublished.destination(),
    )?;
    unpublished.write("report.html", page.as_bytes())?;
    let to_project = page::to_project(unpublished.destination());
    for (name, lesson) in lessons::files(to_project.as_deref()) {
        unpublished.write(&name, lesson.as_bytes())?;
    }
    cancel::check()?;
    let place = unpublished.publish()?;

    let mut stdout = std::io::stdout().lock();
    // Writing fails if the reader has closed the pipe (`| head`). The report is published by then.
    let _ = write!(stdout, "{}", terminal(&comparison, Style::for_stdout()));
    let _ = writeln!(stdout, "\nOpen {}", place.join("report.html").display());
    if cli.check_prediction {
        return Ok(check::predictions(&comparison));
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs everything and builds the comparison. It fails if a program made other files than `single`, so
/// times are only ever reported for programs that did the same work.
fn measure(cli: &Cli, demos: &Demos, unpublished: &Unpublished) -> Result<Comparison> {
    let reference = unpublished.report_dir().join("thumbnails");
    let (session, first) = Session::start(cli, demos, reference)?;
    let thumbnails = thumbnails(&first.1, &demos.thumbnails(RowId::Single));
    let videos = show::text::names(&first.1.videos);
    let starts = session.start_costs()?;
    let machine = machine(first.1.ffmpeg.clone());
    let rounds = session.rounds(first, starts)?;

    let workers = cli.workers.map(NonZeroUsize::get);
    let scratch = unpublished.scratch();
    let scenarios = rounds
        .iter()
        .map(|rows| scenario(rows, starts, &machine, workers, &scratch));
    let mut comparison = Comparison {
        schema: SCHEMA,
        scenarios: scenarios.collect::<Result<_>>()?,
        machine,
        options: ComparedOptions {
            command: command(std::env::args_os().skip(1)),
            runs: usize::try_from(cli.runs)?,
            warmups: WARMUPS,
            workers,
            videos,
            forwarded: cli.pipeline.arguments(),
            sampling_seconds: SAMPLING.as_secs_f64(),
        },
        findings: Vec::new(),
        warnings: Vec::new(),
        method: Vec::new(),
        python: python::published(),
        thumbnails,
    };
    comparison.findings = findings(&comparison);
    comparison.warnings = warnings(&comparison);
    comparison.method = method(&comparison);
    Ok(comparison)
}

/// The directory of the demos, by default that of this program (`target/release`), and the report's, by
/// default `compare` one level up (`target/compare`).
fn places(cli: &Cli) -> Result<(PathBuf, PathBuf)> {
    let own = std::env::current_exe().context("cannot find out where this program is")?;
    let beside = own.parent().context("this program is in no directory")?;
    let programs = cli.programs.clone().unwrap_or(beside.to_owned());
    let place = match (&cli.out, beside.parent()) {
        (Some(out), _) => out.clone(),
        (None, Some(target)) => target.join("compare"),
        (None, None) => PathBuf::from("compare"),
    };
    Ok((programs, place))
}

/// The command line that repeats this comparison.
fn command(arguments: impl Iterator<Item = OsString>) -> String {
    // An address is shown without user name, password and query.
    let shown = arguments.map(|argument| Source::parse(argument).to_string());
    let typed = shown.map(|argument| typed(&argument));
    std::iter::once("scripts/compare.sh".to_owned())
        .chain(typed)
        .collect::<Vec<_>>()
        .join(" ")
}

/// An argument quoted for a shell. One with control characters, which could act on a terminal that shows
/// it, is written with escapes in bash's `$'…'`.
fn typed(argument: &str) -> String {
    let steers = |c: char| !escaped(c.encode_utf8(&mut [0; 4])).starts_with(c);
    if !argument.contains(steers) {
        // Only a NUL cannot be quoted, and no argument holds one.
        return shlex::try_quote(argument).map_or_else(|_| argument.into(), Cow::into_owned);
    }
    let escaped = argument.chars().map(|c| match c {
        '\'' | '\\' => format!("\\{c}"),
        // Byte by byte: bash 3.2, which macOS has, knows no `\u` and no `\U`.
        c if steers(c) => c
            .encode_utf8(&mut [0; 4])
            .as_bytes()
            .escape_ascii()
            .to_string(),
        c => c.into(),
    });
    format!("$'{}'", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn the_command_that_repeats_a_comparison_shows_no_secret_of_an_address() {
        let typed = [
            "--runs",
            "3",
            "my clip.mp4",
            "http://me:s3cret@h/a.mp4?t=s3cret",
        ];
        assert_eq!(
            command(typed.map(Into::into).into_iter()),
            "scripts/compare.sh --runs 3 'my clip.mp4' 'http://h/a.mp4?…'"
        );
    }
}
