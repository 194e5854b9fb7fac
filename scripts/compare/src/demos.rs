//! The demo programs: finds them, and runs one of them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use thumbnail_core::cancel;
use thumbnail_core::measure::report::RunReport;
use thumbnail_core::program::signals::SIGINT_EXIT;
use thumbnail_core::settings::DelayKind;

use crate::comparison::{MeasuredRun, RowId};
use crate::measure::{self, Stop};
use crate::sentences::words::kind_name;

/// The demo programs, and a directory for what they write.
#[derive(Debug)]
pub struct Demos {
    programs: PathBuf,
    scratch: PathBuf,
}

/// One run that a demo is asked for.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The program and its mode.
    pub row: RowId,
    /// Whether the delay works or waits.
    pub kind: DelayKind,
    /// How long the delay is.
    pub delay: Duration,
    /// Videos in flight at once; `None` leaves it to the program.
    pub workers: Option<usize>,
    /// Any other options.
    pub options: Vec<String>,
    /// The videos; with none, the program takes its sample clips.
    pub videos: Vec<OsString>,
}

impl Invocation {
    /// All arguments except for those that say where the results go.
    fn arguments(&self) -> Vec<OsString> {
        let kind = kind_name(self.kind);
        let delay = humantime::format_duration(self.delay)
            .to_string()
            .replace(' ', "");
        let mut arguments = vec![format!("--delay={delay}"), format!("--delay-kind={kind}")];
        if let Some(workers) = self.workers.filter(|_| self.row != RowId::Single) {
            arguments.push(format!("--workers={workers}"));
        }
        if self.row == RowId::AsyncBlocking {
            arguments.push("--blocking".to_owned());
        }
        arguments.extend(self.options.iter().cloned());
        let mut arguments: Vec<OsString> = arguments.into_iter().map(OsString::from).collect();
        // A video's name may begin with a dash.
        arguments.push("--".into());
        arguments.extend(self.videos.iter().cloned());
        arguments
    }
}

impl Demos {
    /// The programs in `programs`, which write below `scratch`.
    ///
    /// # Errors
    /// When one is not there.
    pub fn find(programs: PathBuf, scratch: PathBuf) -> Result<Self> {
        let demos = Self { programs, scratch };
        for row in RowId::ALL {
            let program = demos.program(row);
            if !program.is_file() {
                bail!(
                    "there is no {}.\nBuild the demos first: scripts/compare.sh does, or cargo build --release",
                    program.display()
                );
            }
        }
        Ok(demos)
    }

    fn program(&self, row: RowId) -> PathBuf {
        let name = format!("{}{}", row.program(), std::env::consts::EXE_SUFFIX);
        self.programs.join(name)
    }

    /// Where the thumbnails of `row`'s last run are.
    #[must_use]
    pub fn thumbnails(&self, row: RowId) -> PathBuf {
        self.scratch.join(row.key())
    }

    /// One run, from starting the program to its end.
    ///
    /// # Errors
    /// When the program cannot be started, fails on a video, or is interrupted.
    pub fn run(&self, invocation: &Invocation) -> Result<(MeasuredRun, RunReport)> {
        let name = program_name(invocation.row);
        let (out, json) = (
            self.thumbnails(invocation.row),
            self.scratch.join("run.json"),
        );
        let log = self.scratch.join("stderr.txt");
        // Every run starts without thumbnails, so that none has to replace some, and without the report of
        // the run before, which would be taken for its own.
        clear(&out)?;
        clear(&json)?;
        let mut command = Command::new(self.program(invocation.row));
        command
            .arg("--quiet")
            .arg("--json")
            .arg(&json)
            .arg("--out")
            .arg(&out);
        command.args(invocation.arguments());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&log).context("cannot write a temporary file")?);

        cancel::check()?;
        let measured = measure::run(&mut command, stop_asked_for)
            .with_context(|| format!("cannot run {name}"))?;
        cancel::check()?;
        if !measured.status.success() {
            let said = fs::read(&log).unwrap_or_default();
            let videos = fs::read(&json).unwrap_or_default();
            return Err(failure(&name, measured.status, &said, &videos));
        }
        let text = fs::read(&json).with_context(|| format!("{name} wrote no run report"))?;
        let report: RunReport = serde_json::from_slice(&text)
            .with_context(|| format!("{name} wrote a run report that cannot be read"))?;
        let run = MeasuredRun {
            wall_seconds: measured.wall_seconds,
            user_seconds: measured.cpu_seconds.map(|(user, _)| user),
            system_seconds: measured.cpu_seconds.map(|(_, system)| system),
            peak_memory_bytes: measured.peaks.map(|peaks| peaks.memory_bytes),
            peak_threads: measured.peaks.map(|peaks| peaks.threads),
            peak_processes: measured.peaks.map(|peaks| peaks.processes),
            own_memory_bytes: measured.peaks.map(|peaks| peaks.own_memory_bytes),
            own_threads: measured.peaks.map(|peaks| peaks.own_threads),
            peak_in_flight: report.peak_in_flight(),
        };
        Ok((run, report))
    }
}

/// The name for messages: `demo-async --blocking`.
fn program_name(row: RowId) -> String {
    match row {
        RowId::AsyncBlocking => format!("{} --blocking", row.program()),
        _ => row.program().to_owned(),
    }
}

fn clear(path: &Path) -> Result<()> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("cannot clear {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn stop_asked_for() -> Option<Stop> {
    cancel::exit_code_asked_for().map(|code| match code {
        SIGINT_EXIT => Stop::CtrlC,
        _ => Stop::Terminate,
    })
}

/// The error for a program that failed: what it wrote to stderr or, if that is nothing, the errors of the
/// videos in its run report.
fn failure(name: &str, status: ExitStatus, said: &[u8], report: &[u8]) -> anyhow::Error {
    let mut said = String::from_utf8_lossy(said).trim().to_owned();
    if said.is_empty() {
        let report: Option<RunReport> = serde_json::from_slice(report).ok();
        let videos = report.map(|report| report.videos).unwrap_or_default();
        let errors = videos
            .into_iter()
            .filter_map(|v| Some(format!("{}: {}", v.source, v.error?)));
        said = errors.collect::<Vec<_>>().join("\n");
    }
    let end = match status.code() {
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    };
    anyhow!("{name} failed ({end}), so there is nothing to compare.\n{said}")
}
