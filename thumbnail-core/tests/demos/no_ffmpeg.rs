//! Without an ffmpeg, or with a broken one.

use std::path::Path;

use crate::tools::{Ended, Place, WAYS, entries};

#[test]
fn without_ffmpeg_three_lines_say_how_to_get_it() {
    let place = Place::new();
    let videos = [place.clip("one.mp4")];
    for way in WAYS {
        let mut run = place.command(way, &[], &videos);
        run.env("PATH", place.path("nothing here"))
            .env("THUMBNAIL_CACHE", place.path("cache"))
            .env_remove("FFMPEG");
        let ended = Ended::of(&mut run);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{way}");
        let lines: Vec<_> = ended.stderr.lines().collect();
        assert_eq!(lines.len(), 4, "{way}: {lines:#?}");
        assert!(
            lines[0].contains("there is no ffmpeg"),
            "{way}: {}",
            lines[0]
        );
        let hints = if cfg!(windows) {
            ["winget", "choco", "FFMPEG"]
        } else {
            ["ensure-ffmpeg.sh", "install", "FFMPEG="]
        };
        for (line, hint) in lines[1..].iter().zip(hints) {
            assert!(line.contains(hint), "{way}: {line}");
        }
        assert_eq!(entries(&place.out(way)), [""; 0], "{way}");
    }
}

#[test]
fn a_variable_that_names_no_program_is_named() {
    let place = Place::new();
    let videos = [place.clip("one.mp4")];
    let text = place.file("notes.txt", "no program");
    for way in WAYS {
        for value in [
            Path::new("/no/such/ffmpeg"),
            &text,
            Path::new("no-such-program"),
        ] {
            // Windows learns only by starting it what a file is.
            if cfg!(windows) && value == text {
                continue;
            }
            let mut run = place.command(way, &[], &videos);
            let ended = Ended::of(run.env("FFMPEG", value));
            assert_eq!(ended.code, Some(1), "{way}");
            let expected = format!("FFMPEG is set to '{}'", value.display());
            assert!(ended.stderr.contains(&expected), "{way}: {}", ended.stderr);
        }
    }
}

#[test]
#[cfg(unix)]
fn a_program_that_is_no_ffmpeg_fails_each_video_and_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let videos = [place.clip("one.mp4"), place.clip("two.mkv")];
    let garbage = place.file("garbage", [0x7f, b'E', b'L', b'F', 0, 0, 0, 0]);
    std::fs::set_permissions(&garbage, PermissionsExt::from_mode(0o755)).unwrap();
    for way in WAYS {
        for value in [Path::new("false"), Path::new("true"), &garbage] {
            let mut run = place.command(way, &["--json", "-"], &videos);
            let ended = Ended::of(run.env("FFMPEG", value));
            assert_eq!(ended.code, Some(1), "{way}");
            for video in ended.report().videos {
                let error = crate::tools::error(&video).to_owned();
                assert!(
                    error.contains("FFMPEG"),
                    "{way} {}: {error}",
                    value.display()
                );
            }
        }
    }
}
