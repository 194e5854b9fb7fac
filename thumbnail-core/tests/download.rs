//! The downloader against an HTTP server on loopback. Linux only: the stand-in for ffmpeg is a shell
//! script.
#![cfg(target_os = "linux")]

mod server;
mod support;

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
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
        sha256: None,
        stall: Duration::from_secs(20),
        max_bytes: download::MAX_ARCHIVE_BYTES,
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
    assert_eq!(ffmpeg, download::installed_path(cache.path()));
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
            assert_eq!(one.join().unwrap(), download::installed_path(cache.path()));
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
    let error = fails(&Archive {
        stall: Duration::from_secs(1),
        ..source(serve(Answer::Nothing))
    });
    assert!(
        error.to_string().ends_with("nothing came for 1 s"),
        "{error}"
    );
}

#[test]
fn a_server_that_stops_in_mid_body_is_given_up() {
    let error = fails(&Archive {
        stall: Duration::from_secs(1),
        ..source(serve(Answer::Stop(archive(WORKS))))
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

/// A directory for `PATH` with nothing in it but what a download takes.
fn tools(dir: &Path) -> PathBuf {
    let tools = dir.join("tools");
    if fs::create_dir(&tools).is_ok() {
        for tool in ["curl", "tar", "xz", "sh"] {
            symlink(which::which(tool).unwrap(), tools.join(tool)).unwrap();
        }
    }
    tools
}

/// Starts in `dir`, as its cache directory, a machine without ffmpeg, with this archive.
fn without_ffmpeg(program: &Path, dir: &TempDir, url: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", tools(dir.path()))
        .env("THUMBNAIL_CACHE", cache_in(dir))
        .env("FFMPEG_DOWNLOAD_URL", url);
    command
}

fn cache_in(dir: &TempDir) -> PathBuf {
    dir.path().join("cache")
}

/// Runs `find` on a machine without ffmpeg, with this archive and further variables.
fn find_with(dir: &TempDir, url: &str, variables: &[(&str, &str)]) -> Output {
    without_ffmpeg(&std::env::current_exe().unwrap(), dir, url)
        .args([
            "--exact",
            "find_in_this_environment",
            "--ignored",
            "--nocapture",
        ])
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    hmac_sha256::Hash::hash(bytes)
        .map(|byte| format!("{byte:02x}"))
        .concat()
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
    let dir = tempfile::tempdir().unwrap();
    let archive = archive(WORKS);
    let sum = sha256(&archive);
    let sum = [("FFMPEG_DOWNLOAD_SHA256", &*sum)];
    let url = serve(Answer::Whole(archive));
    let found = format!(
        "found={}",
        download::installed_path(&cache_in(&dir)).display()
    );

    let output = find_with(&dir, &url, &sum);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        String::from_utf8_lossy(&output.stdout).contains(&found),
        "{stderr}"
    );
    assert!(
        stderr.contains(&format!("Fetching one from {url}")),
        "{stderr}"
    );

    let output = find_with(&dir, &server::closed(), &sum);
    assert!(String::from_utf8_lossy(&output.stdout).contains(&found));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("Fetching"));
}

#[test]
fn plain_http_without_a_checksum_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let url = serve(Answer::Whole(archive(WORKS)));
    let refused = error_lines(&find_with(&dir, &url, &[]));
    assert!(
        refused[0].contains("FFMPEG_DOWNLOAD_SHA256"),
        "{}",
        refused[0]
    );
    assert!(!cache_in(&dir).exists());
}

#[test]
fn another_archive_than_expected_is_refused() {
    let archive = archive(WORKS);
    let sha256 = sha256(&archive);
    let expected = Archive {
        sha256: Some(sha256.clone()),
        ..source(serve(Answer::Whole(archive)))
    };
    let cache = tempfile::tempdir().unwrap();
    download::fetch(&expected, cache.path(), true).unwrap();

    let error = fails(&Archive {
        url: serve(Answer::Whole(b"forged".to_vec())),
        ..expected
    });
    assert!(
        matches!(&error, DownloadError::Checksum { expected, .. } if *expected == sha256),
        "{error}"
    );
}

#[test]
fn what_is_too_large_is_refused_packed_and_unpacked() {
    let max_bytes = 1000;
    let error = fails(&Archive {
        max_bytes,
        ..source(serve(Answer::WithoutLength(vec![b'x'; 1001])))
    });
    assert!(matches!(error, DownloadError::TooLarge { .. }), "{error}");

    let bomb = archive(&format!("{WORKS}{}", "#".repeat(1_000_000)));
    assert!(bomb.len() < 1000);
    let error = fails(&Archive {
        max_bytes,
        ..source(serve(Answer::Whole(bomb)))
    });
    assert!(
        error.to_string().ends_with("its ffmpeg is too large"),
        "{error}"
    );
}

#[test]
fn links_in_an_archive_are_neither_followed_nor_made() {
    let dir = tempfile::tempdir().unwrap();
    let outside = dir.path().join("outside");
    fs::write(&outside, WORKS).unwrap();
    fs::set_permissions(&outside, fs::Permissions::from_mode(0o600)).unwrap();
    let pack = |ffmpeg: &str| {
        let status = Command::new("tar")
            .args(["-cJf", "archive.tar.xz", ffmpeg, "x/link"])
            .current_dir(dir.path())
            .status();
        assert!(status.unwrap().success());
        fs::read(dir.path().join("archive.tar.xz")).unwrap()
    };
    fs::create_dir_all(dir.path().join("x/bin")).unwrap();
    fs::create_dir_all(dir.path().join("y/bin")).unwrap();
    symlink(&outside, dir.path().join("x/bin/ffmpeg")).unwrap();
    symlink(&outside, dir.path().join("x/link")).unwrap();
    fs::write(dir.path().join("y/bin/ffmpeg"), WORKS).unwrap();

    let error = fails(&source(serve(Answer::Whole(pack("x/bin/ffmpeg")))));
    assert!(matches!(error, DownloadError::Unpack { .. }), "{error}");

    let cache = tempfile::tempdir().unwrap();
    let url = serve(Answer::Whole(pack("y/bin/ffmpeg")));
    download::fetch(&source(url), cache.path(), true).unwrap();
    assert_eq!(names_in(&cache.path().join("ffmpeg")), ["ffmpeg"]);
    let mode = fs::metadata(&outside).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the file outside of the archive");
}

#[test]
fn a_zip_archive_is_unpacked_too() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, contents) in [("x/README", "of ffmpeg"), ("x/ffmpeg-linux-v9.0", WORKS)] {
        zip.start_file(name, options).unwrap();
        zip.write_all(contents.as_bytes()).unwrap();
    }
    let zip = zip.finish().unwrap().into_inner();
    let cache = tempfile::tempdir().unwrap();
    download::fetch(&source(serve(Answer::Whole(zip))), cache.path(), true).unwrap();
    assert_eq!(names_in(&cache.path().join("ffmpeg")), ["ffmpeg"]);
}

#[test]
fn it_comes_through_a_proxy_where_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let archive = archive(WORKS);
    let sum = sha256(&archive);
    // A proxy is asked for the whole address; this one has the same answer to everything.
    let proxy = serve(Answer::Whole(archive));
    let url = "http://ffmpeg.invalid/archive.tar.xz";
    let variables = [("FFMPEG_DOWNLOAD_SHA256", &*sum), ("http_proxy", &*proxy)];
    let output = find_with(&dir, url, &variables);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("found="),
        "{output:?}"
    );
}

#[test]
fn no_secret_of_the_address_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let url = server::closed().replace("http://", "http://me:s3cret@") + "?token=s3cret";
    let output = find_with(&dir, &url, &[("FFMPEG_DOWNLOAD_SHA256", "00")]);
    let said = format!("{output:?}");
    assert!(
        said.contains("archive.tar.xz") && !said.contains("s3cret"),
        "{said}"
    );
}

#[test]
fn a_signal_ends_a_download_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let url = serve(Answer::Stop(archive(WORKS)));
    let demo = support::demo("single");
    for signal in ["INT", "TERM"] {
        let mut demo = without_ffmpeg(Path::new(demo.get_program()), &dir, &url)
            .env("FFMPEG_DOWNLOAD_SHA256", "00")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(demo.stderr.take().unwrap());
        said.read_line(&mut String::new()).unwrap(); // That it fetches one.
        while names_in(&cache_in(&dir)).is_empty() {}
        let kill = Command::new("kill")
            .args([format!("-{signal}"), demo.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        let code = demo.wait().unwrap().code();
        assert_eq!(code, Some(if signal == "INT" { 130 } else { 143 }));
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap(); // Ends when nobody holds the pipe: curl is gone.
        assert!(rest.contains("interrupted"), "{rest}");
        assert_eq!(names_in(&cache_in(&dir)), [""; 0]);
    }
}

#[test]
fn without_network_the_error_ends_with_three_lines_of_help() {
    let dir = tempfile::tempdir().unwrap();
    let closed = |variables| error_lines(&find_with(&dir, &server::closed(), variables));
    let failed = closed(&[("FFMPEG_DOWNLOAD_SHA256", "00")]);
    assert_eq!(failed.len(), 4, "{failed:#?}");
    assert!(failed[0].contains("connect"), "the cause: {}", failed[0]);
    assert!(failed[1].contains("scripts/ensure-ffmpeg.sh"));
    assert!(failed[2].contains(" install ") || failed[2].contains(" add "));
    assert!(failed[3].contains("FFMPEG="));

    let refused = closed(&[("TEST_REFUSES", "")]);
    assert!(refused[0].contains("--no-download"), "{}", refused[0]);
    assert_eq!(refused[1..], failed[1..]);
    assert_eq!(names_in(&cache_in(&dir)), [""; 0]);
}

#[test]
fn without_curl_the_error_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let variables = [("FFMPEG_DOWNLOAD_SHA256", "00"), ("PATH", "/nowhere")];
    let failed = error_lines(&find_with(&dir, &server::closed(), &variables));
    assert!(failed[0].contains("takes curl"), "{}", failed[0]);
}

#[test]
fn a_wrong_variable_is_an_error_and_nothing_is_fetched() {
    let dir = tempfile::tempdir().unwrap();
    let url = serve(Answer::Whole(archive(WORKS)));
    let error = error_lines(&find_with(&dir, &url, &[("FFMPEG", "/no/ffmpeg")]));
    assert_eq!(error.len(), 1, "{error:#?}");
    assert!(
        error[0].contains("FFMPEG is set to '/no/ffmpeg'"),
        "{}",
        error[0]
    );
    assert!(!cache_in(&dir).exists());
}
