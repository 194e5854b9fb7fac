//! Whatever goes wrong, there is a clear message, an exit code, no half-written report, and nothing
//! left running.

#![cfg(unix)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use common::{DEMOS, compare, demos, left_over, two_clips};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

/// Fails with exit code 1, having said all of `words`, and leaves nothing.
#[track_caller]
fn fails(home: &Path, output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is missing in: {said}");
    }
    assert!(output.stdout.is_empty(), "no figures are shown");
    assert!(!home.join("my report").exists());
    assert!(
        !left_over(home)
            .iter()
            .any(|name| name.starts_with(".compare-"))
    );
}

/// Demos of which `name` is replaced by a shell script; there, `$real` is the real one.
fn with_script(home: &Path, name: &str, script: &str) -> std::path::PathBuf {
    let directory = home.join("programs");
    fs::create_dir(&directory).expect("can create");
    for demo in DEMOS {
        let (real, here) = (demos().join(demo), directory.join(demo));
        if demo == name {
            let text = format!("#!/bin/sh\nreal='{}'\n{script}\n", real.display());
            fs::write(&here, text).expect("can write");
            fs::set_permissions(&here, fs::Permissions::from_mode(0o755)).expect("can change");
        } else {
            symlink(real, here).expect("can link");
        }
    }
    directory
}

#[test]
fn a_missing_video() {
    let home = two_clips();
    let output = compare(home.path())
        .args(["a b.mp4", "gone.mp4"])
        .output()
        .expect("runs");
    fails(
        home.path(),
        &output,
        &["demo-single failed (exit code 1)", "gone.mp4"],
    );
}

#[test]
fn a_demo_that_fails() {
    let home = two_clips();
    let script = "echo 'no more threads' >&2; exit 9";
    let programs = with_script(home.path(), "demo-threads", script);
    let mut command = compare(home.path());
    let output = command
        .arg("a b.mp4")
        .arg("--programs")
        .arg(programs)
        .output()
        .expect("runs");
    fails(
        home.path(),
        &output,
        &["demo-threads failed (exit code 9)", "no more threads"],
    );
}

#[test]
fn a_model_whose_files_differ() {
    let home = two_clips();
    // One more byte in one file of what it made: the directory follows --out.
    let script = r#"
        "$real" "$@" || exit
        while [ "$1" != --out ]; do shift; done
        echo >> "$2/a b/0/original.png""#;
    let programs = with_script(home.path(), "demo-process", script);
    let mut command = compare(home.path());
    let output = command
        .arg("a b.mp4")
        .arg("--programs")
        .arg(programs)
        .output()
        .expect("runs");
    let words = ["process and single made different files: a b/0/original.png"];
    fails(home.path(), &output, &words);
}

#[test]
fn a_demo_that_is_not_there() {
    let home = two_clips();
    let output = compare(home.path())
        .args(["--programs", "."])
        .output()
        .expect("runs");
    fails(
        home.path(),
        &output,
        &["there is no ./demo-single", "scripts/compare.sh"],
    );
}

#[test]
fn a_directory_that_cannot_be_written() {
    let home = two_clips();
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command
        .current_dir(home.path())
        .args(["--out", "a b.mp4/report"]);
    fails(
        home.path(),
        &command.output().expect("runs"),
        &["cannot write the report to a b.mp4/report"],
    );
}

#[test]
fn an_earlier_report_that_may_not_be_removed() {
    let home = two_clips();
    let report = home.path().join("my report");
    fs::create_dir_all(report.join("thumbnails")).expect("can create");
    fs::write(report.join(".made-by-compare"), "directory thumbnails").expect("can write");
    let set = |mode| fs::set_permissions(&report, fs::Permissions::from_mode(mode));
    set(0o555).expect("can change");
    let mut compare = compare(home.path());
    compare.arg("a b.mp4");
    // Root may write everywhere.
    let user = ["--bounding-set=-dac_override", "--inh-caps=-dac_override"];
    let mut by_user = Command::new("setpriv");
    by_user
        .args(user)
        .arg(compare.get_program())
        .args(compare.get_args());
    let is_root = rustix::process::geteuid().is_root();
    let command = if is_root {
        by_user.current_dir(home.path())
    } else {
        &mut compare
    };
    let output = command.output().expect("runs");
    set(0o755).expect("can change");
    assert_eq!(left_over(home.path()), ["my report"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let named = format!("may not change {}", report.display());
    assert!(said.contains(&named), "{said}");
    assert!(report.join("thumbnails").exists());
}

/// Starts a comparison in a process group of its own, and waits until a demo is in its delay.
fn in_the_middle(home: &Path) -> Child {
    let mut command = compare(home);
    command
        .args(["--delay=60s", "a b.mp4"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.process_group(0).spawn().expect("starts");
    let stderr = child.stderr.take().expect("is piped");
    let mut lines = BufReader::new(stderr).lines();
    let started = lines.any(|line| line.is_ok_and(|line| line.contains("cpu delay, single")));
    assert!(started, "the rounds never began");
    // Its stderr stays open for what it says at its end.
    std::thread::spawn(move || lines.count());
    child
}

fn ended(home: &Path, mut child: Child, code: i32) {
    let group = Pid::from_child(&child);
    assert_eq!(child.wait().expect("ends").code(), Some(code));
    assert!(
        test_kill_process_group(group).is_err(),
        "something of it is still running"
    );
    assert!(left_over(home).is_empty(), "{:?}", left_over(home));
}

#[test]
fn ctrl_c_midway() {
    let home = two_clips();
    let child = in_the_middle(home.path());
    // What a terminal does: every process of the group gets the signal.
    kill_process_group(Pid::from_child(&child), Signal::INT).expect("can signal");
    ended(home.path(), child, 130);
}

#[test]
fn a_request_to_terminate_takes_the_demo_along() {
    let home = two_clips();
    let child = in_the_middle(home.path());
    kill_process(Pid::from_child(&child), Signal::TERM).expect("can signal");
    ended(home.path(), child, 143);
}
