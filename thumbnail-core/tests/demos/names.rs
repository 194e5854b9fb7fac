//! Names that trip programs: in `process` they travel through a pipe as JSON, and everywhere to
//! ffmpeg.

use std::ffi::OsString;
use std::fs;

use crate::tools::{Place, WAYS, entries};

/// Whether a file with this name can be made here: file systems differ.
fn possible(place: &Place, clip: &std::path::Path, name: &OsString) -> bool {
    fs::copy(clip, place.path(name)).is_ok()
}

#[test]
fn odd_names_are_opened_and_kept() {
    let place = Place::new();
    let clip = place.clip("plain.mp4");
    let long = "l".repeat(200);
    let stems = [
        "two words",
        "-leading dash",
        "a:b",
        "50%d",
        "%03d",
        "it's \"quoted\"",
        "new\nline",
        "back\\slash",
        "[brackets],{0};&",
        "ünï→漢字",
        &long,
    ];
    let name = |stem: &&str| OsString::from(format!("{stem}.mp4"));
    let stems = stems
        .into_iter()
        .filter(|s| possible(&place, &clip, &name(s)));
    let stems: Vec<_> = stems.collect();
    let names: Vec<_> = stems.iter().map(name).collect();
    // What no directory's name can hold has been made safe.
    let mut expected: Vec<_> = stems.iter().map(|s| s.replace('\\', "_")).collect();
    expected.sort();
    for way in WAYS {
        let report = place.run(way, &["--frames", "1"], &names).success();
        let sources = report.videos.iter().map(|v| OsString::from(&v.source));
        assert!(sources.eq(names.iter().cloned()), "{way}");
        assert_eq!(entries(&place.out(way)), expected, "{way}");
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_is_called_like_an_address_is_a_file() {
    let place = Place::new();
    let clip = place.clip("plain.mp4");
    let names = [
        "http:clip.mp4",
        "https:x",
        "file:x.mp4",
        "pipe:0",
        "concat:a|b",
    ];
    for name in names {
        fs::copy(&clip, place.path(name)).unwrap();
    }
    for way in WAYS {
        place.run(way, &["--frames", "1"], &names).success();
    }
}

#[test]
fn names_that_some_file_system_holds_to_be_one_get_a_directory_each() {
    let place = Place::new();
    let clip = place.clip("plain.mp4");
    let twins = [
        "caf\u{e9}.mp4",
        "cafe\u{301}.mp4",
        "stra\u{df}e.mp4",
        "STRASSE.mp4",
    ];
    // A file system that holds two of them to be one has one of them: the directories differ all the same.
    let names = twins.map(|name| {
        let _ = fs::copy(&clip, place.path(name));
        name
    });
    for way in WAYS {
        place.run(way, &["--frames", "1"], &names).success();
        let expected = ["STRASSE-2", "cafe\u{301}-2", "caf\u{e9}", "stra\u{df}e"];
        let mut found = entries(&place.out(way));
        found.sort();
        let mut expected = expected.map(str::to_owned);
        expected.sort();
        assert_eq!(found, expected, "{way}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn names_need_not_be_utf8() {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let place = Place::new();
    let clip = place.clip("plain.mp4");
    let name = OsString::from_vec(b"caf\xe9.mp4".to_vec());
    fs::copy(&clip, place.path(&name)).unwrap();
    for way in WAYS {
        place.run(way, &[], &[&name]).success();
        // Shown with the sign for what is not text; so is the directory called.
        assert_eq!(entries(&place.out(way)), ["caf\u{fffd}"], "{way}");

        let out = std::ffi::OsStr::from_bytes(b"out\xff").to_owned();
        let status = crate::tools::program(way)
            .current_dir(place.path(""))
            .args(["--quiet", "--delay", "0s", "--frames", "1", "--out"])
            .args([&out, &name])
            .status();
        assert!(status.unwrap().success(), "{way}");
        assert_eq!(entries(&place.path(&out)), ["caf\u{fffd}"], "{way}");
        fs::remove_dir_all(place.path(&out)).unwrap();
    }
}

#[test]
fn videos_that_share_a_stem_get_a_directory_each() {
    let place = Place::new();
    let clip = place.clip("twin.mp4");
    fs::create_dir(place.path("sub")).unwrap();
    place.clip("sub/twin.mkv");
    fs::copy(&clip, place.path("...mp4")).unwrap();
    let names = ["twin.mp4", "sub/twin.mkv", "twin.mp4", "...mp4"];
    for way in WAYS {
        let report = place.run(way, &["-q"], &names).success();
        let dirs = report.videos.iter().filter_map(|v| v.out_dir());
        let dirs: Vec<_> = dirs.map(|d| d.rsplit(['/', '\\']).next()).collect();
        // Windows drops dots at a name's end.
        let dots = if cfg!(windows) { "_" } else { "___" };
        let expected = ["twin", "twin-2", "twin-3", dots].map(Some);
        assert_eq!(dirs, expected, "{way}");
        assert_eq!(entries(&place.out(way)).len(), 4, "{way}");
        // Nothing has landed outside of --out.
        let mut outside = entries(&place.path(""));
        outside.retain(|name| !name.starts_with("out of "));
        assert_eq!(outside, ["...mp4", "sub", "twin.mp4"], "{way}");
    }
}
