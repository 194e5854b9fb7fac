//! The downloader against an HTTP server on loopback. Linux only: elsewhere ffmpeg-sidecar unpacks
//! ZIP archives, and the stand-in for ffmpeg is a shell script.
#![cfg(target_os = "linux")]

mod server;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use server::{Answer, serve};
use tempfile::TempDir;
use thumbnail_core::program::setup::download::{self, Archive, DownloadError};
use thumbnail_core::program::setup::find::{self, IfMissing};

const WORKS: &str = "#!/bin/sh\necho ffmpeg version 0\n";

/// An archive packed as ffmpeg-sidecar expects it, with this script in ffmpeg's place.
fn archive(script: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("x/bin")).unwrap();
    fs::write(dir.path().join("x/bin/ffmpeg"), script).unwrap();
    let status = Command::new("tar")
        .args(["-cJf", "archive.tar.xz", "x"])
        .current_dir(dir.path())
        .status()
        .unwrap();
    assert!(status.success());
    fs::read(dir.path().join("archive.tar.xz")).unwrap()
}

fn source(url: String) -> Archive {
    // Long enough for a busy machine where an answer is expected; the tests that wait for the
    // stall use a shorter one.
    Archive {
        url,
        stall: Duration::from_secs(20),
    }
}

fn names_in(dir: &Path) -> Vec<OsString> {
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect()
}

/// Fetches into a new cache directory, expects an error, and that nothing is left there.
fn fails(source: &Archive) -> DownloadError {
    let cache = tempfile::tempdir().unwrap();
    let error = download::fetch(source, cache.path(), true).unwrap_err();
    assert_eq!(names_in(cache.path()), [""; 0], "after: {error}");
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
    assert!(error.to_string().contains(&source.url), "{error}");
    error
}

#[test]
fn a_good_archive_is_fetched_into_place() {
    let cache = tempfile::tempdir().unwrap();
    let url = serve(Answer::Whole(archive(WORKS)));
    let ffmpeg = download::fetch(&source(url), cache.path(), true).unwrap();
    assert_eq!(ffmpeg, download::place(cache.path()));
    let output = Command::new(ffmpeg).output().unwrap();
    assert_eq!(output.stdout, b"ffmpeg version 0\n");
    assert_eq!(names_in(cache.path()), ["ffmpeg"]);
    assert_eq!(names_in(&cache.path().join("ffmpeg")), ["ffmpeg"]);
}

#[test]
fn an_archive_without_announced_length_is_fetched() {
    let cache = tempfile::tempdir().unwrap();
    let url = serve(Answer::WithoutLength(archive(WORKS)));
    download::fetch(&source(url), cache.path(), true).unwrap();
}

#[test]
fn two_at_once_share_one_copy() {
    let cache = tempfile::tempdir().unwrap();
    let source = source(serve(Answer::Whole(archive(WORKS))));
    thread::scope(|scope| {
        let fetch = || download::fetch(&source, cache.path(), true).unwrap();
        let both = [scope.spawn(fetch), scope.spawn(fetch)];
        for one in both {
            assert_eq!(one.join().unwrap(), download::place(cache.path()));
        }
    });
    assert_eq!(names_in(cache.path()), ["ffmpeg"]);
}

#[test]
fn a_connection_cut_in_mid_body_is_an_error() {
    let error = fails(&source(serve(Answer::Cut(archive(WORKS)))));
    assert!(matches!(error, DownloadError::Cut { .. }), "{error}");
}

#[test]
fn a_missing_page_is_an_error() {
    let error = fails(&source(serve(Answer::NotFound)));
    assert!(matches!(error, DownloadError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("404"), "{error}");
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let stall = Duration::from_millis(200);
    let error = fails(&Archive {
        url: serve(Answer::Nothing),
        stall,
    });
    assert!(
        error.to_string().ends_with("nothing came for 0.2 s"),
        "{error}"
    );
}

#[test]
fn a_server_that_stops_in_mid_body_is_given_up() {
    let stall = Duration::from_millis(200);
    let error = fails(&Archive {
        url: serve(Answer::Stop(archive(WORKS))),
        stall,
    });
    assert!(matches!(error, DownloadError::Stalled { .. }), "{error}");
}

#[test]
fn a_closed_port_is_an_error() {
    let error = fails(&source(server::closed()));
    assert!(matches!(error, DownloadError::Refused { .. }), "{error}");
}

#[test]
fn a_page_of_text_is_no_archive() {
    let error = fails(&source(serve(Answer::Whole(
        b"<html>Please log in".to_vec(),
    ))));
    assert!(matches!(error, DownloadError::Unpack { .. }), "{error}");
}

#[test]
fn a_program_that_does_not_run_is_refused() {
    let error = fails(&source(serve(Answer::Whole(archive(
        "#!/bin/sh\nexit 3\n",
    )))));
    assert!(matches!(error, DownloadError::DoesNotRun { .. }), "{error}");
    let error = fails(&source(serve(Answer::Whole(archive("#!/no/such/shell\n")))));
    assert!(matches!(error, DownloadError::DoesNotRun { .. }), "{error}");
}

/// What the tests below run in a process of its own, whose environment they choose.
#[test]
#[ignore = "run by other tests, as a child process"]
fn find_in_this_environment() {
    let refuse = std::env::var_os("TEST_REFUSES").is_some();
    match find::find(if refuse {
        IfMissing::Refuse
    } else {
        IfMissing::Download
    }) {
        Ok(path) => println!("found={}", path.display()),
        Err(error) => println!("error={error}\nend"),
    }
}

/// Runs `find` on a machine without ffmpeg, with this archive and further variables.
fn find_with(cache: &TempDir, url: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "find_in_this_environment",
            "--ignored",
            "--nocapture",
        ])
        .env_clear()
        .env("PATH", "/nowhere")
        .env("THUMBNAIL_CACHE", cache.path())
        .env("FFMPEG_DOWNLOAD_URL", url)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// The lines of the error that the child reports.
fn error_lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = text.split_once("error=").expect("the child finds none");
    rest.lines()
        .take_while(|line| *line != "end")
        .map(str::to_owned)
        .collect()
}

#[test]
fn without_ffmpeg_one_is_fetched_and_found_the_next_time() {
    let cache = tempfile::tempdir().unwrap();
    let url = serve(Answer::Whole(archive(WORKS)));
    let found = format!("found={}", download::place(cache.path()).display());

    let output = find_with(&cache, &url, &[]);
    assert!(String::from_utf8_lossy(&output.stdout).contains(&found));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        stderr.contains(&format!("Fetching one from {url}")),
        "{stderr}"
    );

    let output = find_with(&cache, &server::closed(), &[]);
    assert!(String::from_utf8_lossy(&output.stdout).contains(&found));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("Fetching"));
}

#[test]
fn without_network_the_error_ends_with_three_lines_of_help() {
    let cache = tempfile::tempdir().unwrap();
    let failed = error_lines(&find_with(&cache, &server::closed(), &[]));
    assert_eq!(failed.len(), 4, "{failed:#?}");
    assert!(failed[0].contains("refused"), "the cause: {}", failed[0]);
    assert!(failed[1].contains("scripts/ensure-ffmpeg.sh"));
    assert!(failed[2].contains(" install ") || failed[2].contains(" add "));
    assert!(failed[3].contains("FFMPEG="));

    let refused = error_lines(&find_with(
        &cache,
        &server::closed(),
        &[("TEST_REFUSES", "")],
    ));
    assert!(refused[0].contains("--no-download"), "{}", refused[0]);
    assert_eq!(refused[1..], failed[1..]);
    assert_eq!(names_in(cache.path()), [""; 0]);
}

#[test]
fn a_wrong_variable_is_an_error_and_nothing_is_fetched() {
    let cache = tempfile::tempdir().unwrap();
    let url = serve(Answer::Whole(archive(WORKS)));
    let error = error_lines(&find_with(&cache, &url, &[("FFMPEG", "/no/ffmpeg")]));
    assert_eq!(error.len(), 1, "{error:#?}");
    assert!(
        error[0].contains("FFMPEG is set to '/no/ffmpeg'"),
        "{}",
        error[0]
    );
    assert_eq!(names_in(cache.path()), [""; 0]);
}
