//! Worker processes that die, and a parent that does.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use thumbnail_core::measure::report::Status;
use thumbnail_core::measure::span::Stage;

use crate::processes::{Mark, signal, until};
use crate::tools::{Ended, Place, entries, error};

const WORKER: &str = "demo-process";

#[test]
fn a_killed_worker_costs_its_video_only_and_is_replaced() {
    let place = Place::new();
    let videos = place.clips(5);
    let delay = ["--delay", "2s", "--delay-kind", "wait"];
    let mut options = vec!["-j", "2", "--json", "-"];
    options.extend(delay);
    let mut run = place.command("process", &options, &videos);
    let mark = Mark::on(&mut run);
    let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let run = run.unwrap();
    let parent = run.id();
    let workers = || mark.called(WORKER, parent);
    until("both workers run", || workers().len() == 2);
    let (killed, other) = (workers()[0], workers()[1]);
    thread::sleep(Duration::from_secs(1)); // So that it is in its delay.
    signal("KILL", &killed.to_string());
    until("a fresh worker has taken its place", || {
        let now = workers();
        now.len() == 2 && !now.contains(&killed) && now.contains(&other)
    });
    let ended = Ended::from(run.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(1));
    let report = ended.report();
    let (failed, fine): (Vec<_>, Vec<_>) =
        (report.videos.iter()).partition(|v| v.status() == Status::Failed);
    assert_eq!((failed.len(), fine.len()), (1, 4));
    let error = error(failed[0]);
    assert!(
        error.contains("worker process") && error.contains("SIGKILL"),
        "{error}"
    );
    assert!(ended.stderr.contains("SIGKILL"), "{}", ended.stderr);
    assert_eq!(entries(&place.out("process")).len(), 4);
    // Its row ends with its death: the stage in which it died is there, and no later one.
    let spans: Vec<_> = failed[0].spans.iter().map(|s| s.stage).collect();
    assert_eq!(spans, [Stage::Queued, Stage::Delay]);
    // Both lanes went on.
    assert_eq!(report.peak_in_flight(), 2);
    mark.wait_for_the_last();
}

#[test]
fn every_worker_can_die_and_the_run_ends() {
    let place = Place::new();
    let videos = place.clips(3);
    let options = [
        "-j",
        "3",
        "--delay",
        "1m",
        "--delay-kind",
        "wait",
        "--json",
        "-",
    ];
    let mut run = place.command("process", &options, &videos);
    let mark = Mark::on(&mut run);
    let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let run = run.unwrap();
    let parent = run.id();
    until("all workers run", || mark.called(WORKER, parent).len() == 3);
    for worker in mark.called(WORKER, parent) {
        signal("ABRT", &worker.to_string());
    }
    let ended = Ended::from(run.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(1));
    for video in &ended.report().videos {
        assert!(error(video).contains("SIGABRT"), "{}", error(video));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_worker_is_replaced_by_the_same_program_when_its_file_is_gone() {
    let place = Place::new();
    let videos = place.clips(2);
    let options = [
        "-j",
        "1",
        "--delay",
        "2s",
        "--delay-kind",
        "wait",
        "--json",
        "-",
    ];
    let command = place.command("process", &options, &videos);
    let program = place.path(WORKER);
    std::fs::copy(command.get_program(), &program).unwrap();
    let mut run = Command::new(&program);
    run.args(command.get_args());
    let mark = Mark::on(&mut run);
    let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let run = run.unwrap();
    let workers = || mark.called(WORKER, run.id());
    until("the worker runs", || workers().len() == 1);
    let worker = workers()[0];
    std::fs::remove_file(&program).unwrap();
    signal("KILL", &worker.to_string());
    let ended = Ended::from(run.wait_with_output().unwrap());
    let report = ended.report();
    assert!(error(&report.videos[0]).contains("SIGKILL"));
    assert_eq!(report.videos[1].status(), Status::Success);
}

#[test]
fn workers_go_when_their_parent_is_killed() {
    let place = Place::new();
    let videos = place.clips(2);
    for kind in ["wait", "cpu"] {
        let options = ["-j", "2", "--delay", "1m", "--delay-kind", kind];
        let mut run = place.command("process", &options, &videos);
        let mark = Mark::on(&mut run);
        let run = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut run = run.unwrap();
        until("both workers run", || {
            mark.called(WORKER, run.id()).len() == 2
        });
        run.kill().unwrap();
        mark.wait_for_the_last();
        // The workers share its stderr, and have nothing to say to the user.
        let said = Ended::from(run.wait_with_output().unwrap()).stderr;
        let odd = said.lines().find(|l| !l.contains("started on lane"));
        assert_eq!(odd, None, "{kind}");
        assert_eq!(entries(&place.out("process")), [""; 0], "{kind}");
    }
}
