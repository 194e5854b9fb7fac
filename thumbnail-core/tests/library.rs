//! The library on its own, without a demo around it, does not surprise its user: when
//! `generate_thumbnails` has returned, no thread and no process is left, and no signal is handled.

#![cfg(target_os = "linux")]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use thumbnail_core::measure::report::Status;
use thumbnail_core::measure::span::Clock;
use thumbnail_core::settings::Settings;
use thumbnail_core::video::{Source, Video};
use thumbnail_core::{Job, generate_thumbnails};

/// The threads and the children of this process, and the signals that it handles.
fn left() -> (BTreeSet<String>, BTreeSet<String>, String) {
    let threads: BTreeSet<String> = fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let children =
        |thread: &String| fs::read_to_string(format!("/proc/self/task/{thread}/children"));
    let children: String = threads.iter().filter_map(|t| children(t).ok()).collect();
    let children = children.split_whitespace().map(str::to_owned).collect();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let handled = status.lines().find(|line| line.starts_with("SigCgt"));
    (threads, children, handled.unwrap().to_owned())
}

fn make(ffmpeg: &Path, video: &Path, out: &Path, timeout: Duration) -> Status {
    let mut settings = Settings::new(ffmpeg, out);
    settings.timeout = timeout;
    settings.sizes = vec![16];
    let video = Video::list([Source::File(video.to_owned())]).remove(0);
    let clock = Clock::start();
    let job = Job {
        video,
        settings,
        clock,
        lane: 0,
    };
    generate_thumbnails(&job).status()
}

// One test, so that no other one's threads are counted.
#[test]
fn nothing_is_left_when_the_thumbnails_are_made_or_cannot_be() {
    let dir = tempfile::tempdir().unwrap();
    let (clip, out) = (dir.path().join("v.mkv"), dir.path().join("out"));
    support::ffmpeg("-f lavfi -i testsrc=s=64x36:r=10:d=1 -c:v mpeg4", &clip);
    let hangs = dir.path().join("hangs");
    fs::write(&hangs, "#!/bin/sh\nsleep 600 & wait\n").unwrap();
    fs::set_permissions(&hangs, fs::Permissions::from_mode(0o755)).unwrap();
    let damaged = dir.path().join("damaged.mkv");
    let half = fs::read(&clip).unwrap();
    fs::write(&damaged, &half[..half.len() / 2]).unwrap();

    let real = which::which(support::ffmpeg_program()).unwrap();
    let before = left();
    let minute = Duration::from_secs(60);
    let moment = Duration::from_millis(300);
    for (ffmpeg, video, timeout, expected) in [
        (&real, &clip, minute, Status::Success),
        (&real, &dir.path().join("none.mp4"), minute, Status::Failed),
        (&real, &damaged, minute, Status::Failed),
        (&hangs, &clip, moment, Status::Failed),
    ] {
        let status = make(ffmpeg, video, &out, timeout);
        assert_eq!(left(), before, "{} {}", ffmpeg.display(), video.display());
        if video != &damaged {
            assert_eq!(status, expected, "{} {}", ffmpeg.display(), video.display());
        }
    }
}
