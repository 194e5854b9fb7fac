//! One bad input among good ones fails alone, and says why.

use std::fs;
use std::path::PathBuf;

use thumbnail_core::measure::report::Status;

use crate::support::ffmpeg;
use crate::tools::{Ended, Place, WAYS, entries, error};

/// Bad inputs, each with words that its error has to hold.
fn bad_inputs(place: &Place) -> Vec<(PathBuf, &'static str)> {
    let whole = |name: &str, options: &str| {
        let path = place.path(name);
        let big = "-f lavfi -i testsrc=s=320x180:r=25:d=2 -c:v mpeg4";
        ffmpeg(&format!("{big} {options}"), &path);
        fs::read(path).unwrap()
    };
    let index_last = whole("whole.mp4", "");
    let index_first = whole("first.mp4", "-movflags +faststart");
    let part = |name: &str, bytes: &[u8]| place.file(name, bytes);
    fs::create_dir(place.path("directory.mp4")).unwrap();
    let mp3 = place.path("sound.mp3");
    ffmpeg("-f lavfi -i sine=d=1", &mp3);
    let mut bad = vec![
        (place.path("missing.mp4"), "no such file"),
        (part("empty.mp4", b""), "empty"),
        (part("text.mp4", b"This is no video.\n"), "not a video"),
        (
            part("cut.mp4", &index_last[..index_last.len() / 2]),
            "cut short",
        ),
        (
            part("cut-first.mp4", &index_first[..index_first.len() / 4]),
            "fetch or copy it again",
        ),
        (part("headless.mp4", &index_last[400..]), "cut short"),
        (place.path("directory.mp4"), "not a regular file"),
        (mp3, "no video stream"),
    ];
    if cfg!(unix) {
        let fifo = place.path("fifo.mp4");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        bad.push((fifo, "not a regular file"));
    }
    bad.extend(unreadable(place));
    bad
}

#[cfg(unix)]
fn unreadable(place: &Place) -> Option<(PathBuf, &'static str)> {
    use std::os::unix::fs::PermissionsExt;
    let path = place.file("locked.mp4", "x");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        eprintln!("an unreadable file is not tried: this user may read everything");
        return None;
    }
    Some((path, "cannot be read"))
}

#[cfg(not(unix))]
fn unreadable(_: &Place) -> Option<(PathBuf, &'static str)> {
    None
}

#[test]
fn bad_inputs_fail_alone_and_say_why() {
    let place = Place::new();
    let bad = bad_inputs(&place);
    let mut videos = vec![place.clip("good.mp4")];
    videos.extend(bad.iter().map(|(path, _)| path.clone()));
    videos.push(place.clip("good-too.mkv"));
    for way in WAYS {
        let ended = place.run(way, &[], &videos);
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        let report = ended.report();
        // In argument order, whatever the order in which they ended.
        let sources = report.videos.iter().map(|v| PathBuf::from(&v.source));
        assert!(sources.eq(videos.iter().cloned()), "{way}");
        for ((path, reason), video) in bad.iter().zip(&report.videos[1..]) {
            let error = error(video);
            assert!(error.contains(reason), "{way} {}: {error}", video.source);
            assert!(video.frames.is_empty() && video.out_dir().is_none());
            let name = path.file_name().unwrap().to_string_lossy();
            let on_stderr = |line: &str| line.contains(&*name) && line.contains(reason);
            assert!(
                ended.stderr.lines().any(on_stderr),
                "{way} {name}: {}",
                ended.stderr
            );
        }
        for good in [&report.videos[0], report.videos.last().unwrap()] {
            assert_eq!(good.status(), Status::Success, "{way}");
            assert_eq!(good.frames.len(), 3, "{way}");
        }
        assert_eq!(entries(&place.out(way)), ["good", "good-too"], "{way}");
    }
}

#[test]
fn a_file_that_is_cut_short_gives_the_frames_it_has_and_says_so_in_one_line() {
    let place = Place::new();
    let cut = |name: &str, options: &str| {
        let whole = place.path(format!("whole-{name}"));
        let big = "-f lavfi -i testsrc=s=320x180:r=25:d=2 -c:v mpeg4 -g 5";
        ffmpeg(&format!("{big} {options}"), &whole);
        let bytes = fs::read(whole).unwrap();
        place.file(name, &bytes[..=bytes.len() * 2 / 3])
    };
    let videos = [
        cut("a.mkv", ""),
        cut("b.ts", ""),
        cut("c.mp4", "-movflags +frag_keyframe+empty_moov"),
    ];
    for way in WAYS {
        let ended = place.run(way, &["--quiet"], &videos);
        let report = ended.success();
        for (path, video) in videos.iter().zip(&report.videos) {
            let name = path.file_name().unwrap().to_string_lossy();
            let cut_off = video.plan.as_ref().unwrap().cut_off.as_deref().unwrap();
            let lines = ended.stderr.lines().filter(|line| line.starts_with(&*name));
            let lines: Vec<_> = lines.collect();
            assert_eq!(lines.len(), 1, "{way}: {}", ended.stderr);
            assert!(lines[0].contains("cut short") && lines[0].contains(cut_off));
            assert_eq!(video.frames.len(), 3, "{way} {name}");
        }
    }
    let whole = place.run("single", &["--quiet"], &[place.path("whole-b.ts")]);
    assert_eq!(
        whole.success().videos[0].plan.as_ref().unwrap().cut_off,
        None
    );
    assert_eq!(whole.stderr, "");
}

#[test]
fn what_is_missing_fails_before_any_delay_and_nothing_is_drawn_of_it() {
    let place = Place::new();
    let videos = [place.path("missing.mp4"), place.path("gone.mp4")];
    for way in WAYS {
        // Longer than the test may take.
        let ended = Ended::of(&mut place.command(way, &["--delay", "10m"], &videos));
        assert_eq!(ended.code, Some(1), "{way}");
        for part in ["Profile", "Timeline"] {
            assert!(!ended.stdout.contains(part), "{way}: {}", ended.stdout);
        }
        assert!(
            ended.stdout.contains("2 videos (2 failed)"),
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn quiet_runs_still_name_what_failed() {
    let place = Place::new();
    let videos = [place.clip("good.mp4"), place.path("missing.mp4")];
    for way in WAYS {
        let ended = Ended::of(&mut place.command(way, &["--quiet"], &videos));
        assert_eq!(ended.code, Some(1), "{way}");
        assert_eq!(ended.stdout, "", "{way}");
        let lines: Vec<_> = ended.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "{way}: {lines:?}");
        assert!(
            lines[0].starts_with("missing.mp4: failed: no such file"),
            "{lines:?}"
        );
    }
}
