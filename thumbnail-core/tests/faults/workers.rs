//! Worker processes that die or talk nonsense, and panics wherever they can be. (Workers killed
//! during the delay, and all at once, are in `demos/workers.rs`.)

use std::fs;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use thumbnail_core::measure::report::{RunReport, Status};

use crate::processes::{Mark, script, signal, until};
use crate::support::few;
use crate::tools::{Ended, Place, WAYS, entries, error};

const WORKER: &str = "demo-process";

/// Starts `process` with two workers on five videos.
fn start(place: &Place, options: &[&str], ffmpeg: Option<&str>) -> (Child, Mark) {
    let videos = place.clips(5);
    let all = [&["-j", "2", "--json", "-"], options].concat();
    let mut run = place.command("process", &all, &videos);
    if let Some(text) = ffmpeg {
        let program = place.path("ffmpeg");
        script(&program, text);
        run.env("FFMPEG", program);
    }
    let mark = Mark::on(&mut run);
    let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    (run.unwrap(), mark)
}

fn expect_one_failure(ended: &Ended, says: &str) -> RunReport {
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let report = ended.report();
    let failed = report
        .videos
        .iter()
        .filter(|v| v.status() == Status::Failed);
    let failed: Vec<_> = failed.map(error).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains(says), "{failed:?}");
    report
}

/// The worker that works on `v1.mp4`: it started what has that name on its command line.
fn worker_of_v1(mark: &Mark, parent: u32) -> Option<u32> {
    let workers = mark.called(WORKER, parent);
    mark.alive().into_iter().find_map(|(pid, _)| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let its_parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
        let named = String::from_utf8_lossy(&arguments).contains("v1.mp4");
        (named && workers.contains(&its_parent)).then_some(its_parent)
    })
}

#[test]
fn a_worker_killed_in_any_stage_costs_its_video_only() {
    for stage in ["delay", "extract", "resize", "save"] {
        let place = Place::new();
        let videos = place.clips(5);
        let mut run = place.command("process", &["-j", "2", "--json", "-"], &videos);
        let mark = Mark::on(&mut run);
        let ended = Ended::of(run.env("THUMBNAIL_FORCE", format!("kill {stage} v1")));
        mark.wait_for_the_last();
        let report = expect_one_failure(&ended, "SIGKILL");
        assert_eq!(report.videos[1].status(), Status::Failed, "{stage}");
        // What the worker had begun to save is gone, too.
        let out = entries(&place.out("process"));
        assert_eq!(out, ["v0", "v2", "v3", "v4"], "{stage}");
    }
}

#[test]
fn a_worker_killed_in_the_middle_of_a_video_takes_its_ffmpeg_along() {
    // While it waits for the first frame, and while it has saved one.
    let first = "sleep 600; exit";
    for hang in [first, "ffmpeg \"$@\" | head -c 8000; sleep 600; exit"] {
        let place = Place::new();
        let text = format!("case \"$*\" in *v1.mp4*) {hang};; esac; exec ffmpeg \"$@\"");
        let (run, mark) = start(&place, &[], Some(&text));
        let out = place.out("process");
        until("all others are done, and this one is begun", || {
            let now = entries(&out);
            let done = now.iter().filter(|e| e.starts_with('v')).count();
            done == 4 && (hang == first || now.iter().any(|e| e.starts_with('.')))
        });
        until("it is known who works on it", || {
            worker_of_v1(&mark, run.id()).is_some()
        });
        let worker = worker_of_v1(&mark, run.id()).unwrap();
        signal("KILL", &worker.to_string());
        let ended = Ended::from(run.wait_with_output().unwrap());
        mark.wait_for_the_last();
        expect_one_failure(&ended, "SIGKILL");
        assert_eq!(entries(&out), ["v0", "v2", "v3", "v4"]);
    }
}

/// Has one of the workers say something on its pipe that it would never say.
fn say(mark: &Mark, parent: u32, words: &str) -> u32 {
    until("both workers run", || {
        mark.called(WORKER, parent).len() == 2
    });
    let worker = mark.called(WORKER, parent)[0];
    fs::write(format!("/proc/{worker}/fd/1"), words).unwrap();
    worker
}

const LONG: [&str; 4] = ["--delay", "2s", "--delay-kind", "wait"];

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn a_worker_that_sends_garbage_costs_its_video_only() {
    let report_of_another =
        r#"{"source":"x","status":"failed","error":null,"out_dir":null,"frames":[],"spans":[]}"#;
    for words in ["\u{1b}[2Jgarbage", report_of_another] {
        let place = Place::new();
        let (run, mark) = start(&place, &LONG, None);
        say(&mark, run.id(), &format!("{words}\n"));
        let ended = Ended::from(run.wait_with_output().unwrap());
        mark.wait_for_the_last();
        expect_one_failure(&ended, "sent a reply that is no report");
        assert_eq!(entries(&place.out("process")).len(), 4);
    }
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn half_a_reply_is_not_waited_for() {
    let place = Place::new();
    // The next sign of life ends the line, which is then no report.
    let (run, mark) = start(&place, &LONG, None);
    say(&mark, run.id(), "{\"source\":\"v0");
    let ended = Ended::from(run.wait_with_output().unwrap());
    mark.wait_for_the_last();
    expect_one_failure(&ended, "sent a reply that is no report");
}

#[test]
fn a_stopped_worker_counts_against_the_timeout_and_is_replaced() {
    let place = Place::new();
    let options = ["--timeout", "5s", "--delay", "1s", "--delay-kind", "wait"];
    let (run, mark) = start(&place, &options, None);
    until("both workers run", || {
        mark.called(WORKER, run.id()).len() == 2
    });
    signal("STOP", &mark.called(WORKER, run.id())[0].to_string());
    let ended = Ended::from(run.wait_with_output().unwrap());
    mark.wait_for_the_last();
    expect_one_failure(&ended, "took longer than --timeout allows");
    assert_eq!(entries(&place.out("process")).len(), 4);
}

#[test]
fn ctrl_c_ends_a_run_with_a_stopped_worker() {
    let place = Place::new();
    let (run, mark) = start(&place, &["--delay", "1m", "--delay-kind", "wait"], None);
    until("both workers run", || {
        mark.called(WORKER, run.id()).len() == 2
    });
    signal("STOP", &mark.called(WORKER, run.id())[0].to_string());
    signal("INT", &run.id().to_string());
    let ended = Ended::from(run.wait_with_output().unwrap());
    mark.wait_for_the_last();
    assert_eq!(ended.code, Some(130));
}

#[test]
fn a_pool_in_which_every_worker_dies_ends() {
    let place = Place::new();
    let (run, mark) = start(&place, &LONG, None);
    let (parent, over) = (run.id(), AtomicBool::new(false));
    let (mark, over) = (&mark, &over);
    let ended = thread::scope(|scope| {
        scope.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                for worker in mark.called(WORKER, parent) {
                    let _ = fs::read_to_string(format!("/proc/{worker}/stat"));
                    let kill = format!("kill -s KILL {worker} 2>/dev/null; true");
                    let _ = std::process::Command::new("sh")
                        .args(["-c", &kill])
                        .status();
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        let ended = Ended::from(run.wait_with_output().unwrap());
        over.store(true, Ordering::Relaxed);
        ended
    });
    assert_eq!(ended.code, Some(1));
    for video in &ended.report().videos {
        assert!(error(video).contains("worker process"), "{}", error(video));
    }
    assert_eq!(entries(&place.out("process")), [""; 0]);
}

#[test]
fn a_panic_fails_its_video_only() {
    let place = Place::new();
    let videos = place.clips(4);
    for way in WAYS {
        // `queued` is recorded outside of the stages: before them.
        let stages = ["queued", "extract", "save", "delay", "resize"];
        for stage in stages.into_iter().take(few(3)) {
            let mut options = vec!["--json", "-"];
            if way != "single" {
                // The lane of the one that panicked has to go on.
                options.extend(["-j", "1"]);
            }
            let mut run = place.command(way, &options, &videos);
            run.env("THUMBNAIL_FORCE", format!("panic {stage} v1"));
            let output = run.output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{way} {stage}");
            let report = crate::support::parse(&output);
            for video in &report.videos {
                if video.source.ends_with("v1.mp4") {
                    let error = error(video);
                    assert!(error.contains("THUMBNAIL_FORCE asks for it"), "{error}");
                } else {
                    assert_eq!(video.status(), Status::Success, "{way} {stage}");
                }
            }
            assert_eq!(
                entries(&place.out(way)),
                ["v0", "v2", "v3"],
                "{way} {stage}"
            );
            fs::remove_dir_all(place.out(way)).unwrap();
        }
    }
}
