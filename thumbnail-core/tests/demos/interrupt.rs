//! Ctrl-C and SIGTERM: the run winds down, says so, and leaves nothing half done.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use thumbnail_core::measure::report::{RunReport, Status};

use crate::processes::{HANGS, Mark, handles_signals, script, signal, until};
use crate::tools::{Ended, Place, WAYS, entries, error, started_by};

struct Running {
    child: Child,
    mark: Mark,
}

impl Running {
    /// Starts a run as a terminal does, in a process group of its own.
    fn start(mut command: Command) -> Self {
        let mark = Mark::on(&mut command);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.process_group(0).spawn().unwrap();
        Self { child, mark }
    }

    /// Sends a signal to the program alone, and waits until all is over.
    fn end(self, with: &str) -> Ended {
        signal(with, &self.child.id().to_string());
        self.over()
    }

    /// Sends Ctrl-C, which reaches the workers too.
    fn ctrl_c(self) -> Ended {
        signal("INT", &format!("-{}", self.child.id()));
        self.over()
    }

    fn over(self) -> Ended {
        let ended = Ended::from(self.child.wait_with_output().unwrap());
        self.mark.wait_for_the_last();
        ended
    }
}

fn assert_interrupted(report: &RunReport, way: &str) {
    for video in &report.videos {
        assert_eq!(video.status(), Status::Failed, "{way}");
        assert!(
            error(video).contains("interrupted"),
            "{way}: {}",
            error(video)
        );
    }
}

#[test]
fn signals_end_a_delay_at_once_with_their_exit_code() {
    let place = Place::new();
    let videos = place.clips(3);
    for way in WAYS {
        for kind in ["wait", "cpu"] {
            for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 143)] {
                // Longer than the test may take.
                let options = ["--json", "-", "--delay", "10m", "--delay-kind", kind];
                let run = place.command(way, &options, &videos);
                // These tests may have been started by `nohup`.
                let run = Running::start(started_by(&["env", "--default-signal=HUP"], &run));
                until("the handlers are there", || handles_signals(run.child.id()));
                let ended = run.end(name);
                assert_eq!(
                    ended.code,
                    Some(code),
                    "{way} {kind} {name}: {}",
                    ended.stderr
                );
                assert_interrupted(&ended.report(), way);
                assert_eq!(entries(&place.out(way)), [""; 0], "{way}");
            }
        }
    }
}

#[test]
fn ctrl_c_in_a_terminal_reaches_all_and_is_called_what_it_is() {
    let place = Place::new();
    let videos = place.clips(3);
    let slow = place.path("ffmpeg");
    script(&slow, HANGS);
    for way in WAYS {
        let mut command = place.command(way, &["--json", "-"], &videos);
        command.env("FFMPEG", &slow);
        let run = Running::start(command);
        until("ffmpeg runs", || {
            !run.mark.called(&name_of("sleep"), 0).is_empty()
        });
        let ended = run.ctrl_c();
        assert_eq!(ended.code, Some(130), "{way}: {}", ended.stderr);
        assert_interrupted(&ended.report(), way);
        let odd = ended
            .stderr
            .lines()
            .find(|l| !l.contains("started on lane") && !l.contains("failed: interrupted"));
        assert_eq!(odd, None, "{way}");
        let said = ended.stderr.matches("failed: interrupted").count();
        assert_eq!(said, 1, "{way}: {}", ended.stderr);
    }
}

#[test]
fn an_ffmpeg_that_hangs_before_the_sample_clips_are_made_ends_with_the_run() {
    let place = Place::new();
    let hangs = place.path("ffmpeg");
    script(&hangs, HANGS);
    let mut command = place.command("single", &[], &[] as &[&str]);
    command.env("FFMPEG", &hangs);
    command.env("THUMBNAIL_CACHE", place.path("cache"));
    let run = Running::start(command);
    until("ffmpeg runs", || {
        !run.mark.called(&name_of("sleep"), 0).is_empty()
    });
    let ended = run.end("TERM");
    assert_eq!(ended.code, Some(143), "{}", ended.stderr);
    assert_eq!(entries(&place.out("single")), [""; 0]);
}

#[test]
fn a_report_that_nobody_reads_holds_no_run_up() {
    let place = Place::new();
    let videos = place.clips(1);
    let pipe = place.path("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for way in WAYS {
        let json = ["--json", pipe.to_str().unwrap()];
        let run = Running::start(place.command(way, &json, &videos));
        until("the video is done", || entries(&place.out(way)) == ["v0"]);
        let ended = run.end("INT");
        assert_eq!(ended.code, Some(130), "{way}: {}", ended.stderr);
        assert_eq!(entries(&place.out(way)), ["v0"], "{way}");
    }

    // The signal comes first, and the report of what was interrupted has no reader either.
    let long = ["--json", pipe.to_str().unwrap(), "--delay", "60s"];
    let run = Running::start(place.command("single", &long, &videos));
    until("the handlers are there", || handles_signals(run.child.id()));
    let ended = run.end("INT");
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
}

/// What `/proc` calls a program: `sleep` may be a part of busybox or coreutils.
fn name_of(program: &str) -> String {
    let path = which::which(program).unwrap().canonicalize().unwrap();
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn finished_videos_stay_and_half_made_ones_go() {
    let place = Place::new();
    let videos = place.clips(2);
    // Writes the first frame of the second video, and then hangs: its directory has been begun.
    let half = place.path("ffmpeg");
    script(
        &half,
        "case \"$*\" in *v1.mp4*) ffmpeg \"$@\" | head -c 8000; exec sleep 600;; *) exec ffmpeg \"$@\";; esac",
    );
    for way in WAYS {
        for name in ["INT", "TERM"] {
            let mut command = place.command(way, &["--json", "-"], &videos);
            command.env("FFMPEG", &half);
            let run = Running::start(command);
            let out = place.out(way);
            until("one is finished and one begun", || {
                let now = entries(&out);
                now.contains(&"v0".into()) && now.iter().any(|e| e.starts_with(".unfinished-"))
            });
            let ended = run.end(name);
            let code = if name == "INT" { 130 } else { 143 };
            assert_eq!(ended.code, Some(code), "{way}: {}", ended.stderr);
            let report = ended.report();
            assert_eq!(report.videos[0].status(), Status::Success, "{way}");
            assert!(error(&report.videos[1]).contains("interrupted"), "{way}");
            assert!(
                ended.stderr.contains("v1.mp4: failed: interrupted"),
                "{}",
                ended.stderr
            );
            assert_eq!(entries(&out), ["v0"], "{way}");
            std::fs::remove_dir_all(&out).unwrap();
        }
    }
}
