//! The solutions of this lesson's exercises: what a worker is from its parent's side.

#[path = "../../thumbnail-core/tests/support/solution.rs"]
mod solution;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use solution::Clips;
use thumbnail_core::Job;
use thumbnail_core::measure::report::{Status, VideoReport};
use thumbnail_core::measure::span::Clock;
use thumbnail_core::program::setup::find::{IfMissing, find};
use thumbnail_core::settings::Settings;
use thumbnail_core::settings::{Delay, DelayKind};
use thumbnail_core::video::{Source, Video};

const PROGRAM: &str = env!("CARGO_BIN_EXE_demo-process");

fn jobs(clips: &Clips, kind: DelayKind, delay: Duration) -> Vec<String> {
    let mut settings = Settings::new(find(IfMissing::Refuse).unwrap(), clips.path("out"));
    settings.delay = Delay {
        kind,
        duration: delay,
    };
    let clock = Clock::start();
    Video::list(clips.videos.iter().cloned().map(Source::File))
        .into_iter()
        .map(|video| {
            let settings = settings.clone();
            let job = Job {
                video,
                settings,
                clock,
                lane: 0,
            };
            serde_json::to_string(&job).unwrap()
        })
        .collect()
}

fn start(command: &mut Command) -> Child {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Has the worker do the jobs; `None` for each that it died over.
fn ask(worker: &mut Child, jobs: &[String]) -> Vec<Option<String>> {
    let mut stdin = worker.stdin.take().unwrap();
    let mut stdout = BufReader::new(worker.stdout.take().unwrap());
    let ask = |job: &String| {
        writeln!(stdin, "{job}").ok()?;
        // Before the report come the names of the stages.
        let mut lines = stdout.by_ref().lines().map_while(Result::ok);
        lines.find(|line| line.starts_with('{'))
    };
    jobs.iter().map(ask).collect()
}

fn succeeded(reply: Option<&String>) -> bool {
    let report: VideoReport = serde_json::from_str(reply.unwrap()).unwrap();
    report.status() == Status::Success
}

#[test]
fn one_worker_for_all_videos_or_a_fresh_one_for_each() {
    let clips = Clips::make(3);
    let jobs = jobs(&clips, DelayKind::Wait, Duration::ZERO);
    let mut worker = start(Command::new(PROGRAM).arg("--worker"));
    let together = ask(&mut worker, &jobs);
    assert!(worker.wait().unwrap().success());
    assert!(together.iter().all(|reply| succeeded(reply.as_ref())));
    for job in jobs.chunks(1) {
        let mut worker = start(Command::new(PROGRAM).arg("--worker"));
        assert!(succeeded(ask(&mut worker, job)[0].as_ref()));
        assert!(worker.wait().unwrap().success());
    }
}

#[test]
fn what_passes_over_the_pipe() {
    let clips = Clips::make(1);
    let jobs = jobs(&clips, DelayKind::Wait, Duration::ZERO);
    let mut worker = start(Command::new(PROGRAM).arg("--worker"));
    let replies = ask(&mut worker, &jobs);
    worker.wait().unwrap();
    let reply = replies[0].as_ref().unwrap();
    println!("job: {} bytes: {}", jobs[0].len(), jobs[0]);
    println!("report: {} bytes", reply.len());
    assert!(succeeded(Some(reply)));
}

#[test]
fn a_worker_that_talks_on_stdout_gives_no_report() {
    assert!(serde_json::from_str::<VideoReport>("starting\n").is_err());
}

// Windows sets such limits in another way.
#[cfg(unix)]
#[test]
fn a_limit_of_cpu_seconds_ends_work_and_spares_waiting() {
    use std::os::unix::process::ExitStatusExt;

    let clips = Clips::make(1);
    let limited = || {
        let mut shell = Command::new("sh");
        let script = r#"ulimit -t 1; exec "$0" --worker"#;
        start(shell.args(["-c", script, PROGRAM]))
    };
    let mut worker = limited();
    let long = Duration::from_secs(60);
    assert_eq!(
        ask(&mut worker, &jobs(&clips, DelayKind::Cpu, long)),
        [None]
    );
    let signal = worker.wait().unwrap().signal();
    assert!(signal.is_some(), "the kernel ends it");

    let mut worker = limited();
    let wait = Duration::from_millis(1500);
    let replies = ask(&mut worker, &jobs(&clips, DelayKind::Wait, wait));
    assert!(succeeded(replies[0].as_ref()), "waiting uses no CPU time");
    worker.wait().unwrap();
}
