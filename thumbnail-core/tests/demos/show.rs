//! What goes to stdout, what to stderr, and what into files.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;
use thumbnail_core::measure::report::{Model, SCHEMA};

use crate::tools::{Ended, Place, WAYS, entries, program};

#[test]
fn results_go_to_stdout_and_progress_to_stderr() {
    let place = Place::new();
    let videos = [place.clip("one.mp4"), place.clip("two.mkv")];
    for way in WAYS {
        let ended = Ended::of(&mut place.command(way, &["--delay", "50ms"], &videos));
        assert_eq!(ended.code, Some(0), "{way}");
        let (stdout, stderr) = (&ended.stdout, &ended.stderr);
        let model = way.split(' ').next().unwrap();
        assert!(stdout.starts_with(&format!("{model}: ")), "{stdout}");
        for part in [
            "one.mp4",
            "two.mkv",
            "Profile of the stages",
            "Timeline",
            "queued",
        ] {
            assert!(stdout.contains(part), "{way}, {part}: {stdout}");
        }
        let closing = |l: &str| {
            l.starts_with("2 videos in ") && l.ends_with(" videos in progress on average")
        };
        assert!(stdout.lines().any(closing), "{stdout}");
        // A pipe is no terminal: no colours, no cursor movements.
        assert!(
            !stdout.contains('\x1b') && !stderr.contains('\x1b'),
            "{way}"
        );
        // A line for each start and each end.
        assert_eq!(stderr.lines().count(), 4, "{way}: {stderr}");
        let last = stderr.lines().last().unwrap();
        assert!(
            last.starts_with("[2/2] ") && last.contains("3 frames in "),
            "{last}"
        );
    }
}

#[test]
fn quiet_prints_nothing_on_success() {
    let place = Place::new();
    let videos = [place.clip("one.mp4")];
    for way in WAYS {
        for quiet in ["--quiet", "-q"] {
            let ended = Ended::of(&mut place.command(way, &[quiet], &videos));
            let said = (ended.stdout.as_str(), ended.stderr.as_str());
            assert_eq!((ended.code, said), (Some(0), ("", "")), "{way}");
        }
    }
}

#[test]
fn the_report_on_stdout_is_alone_there() {
    let place = Place::new();
    let videos = [place.clip("one.mp4")];
    for way in WAYS {
        let report = place.run(way, &["--delay", "1ms"], &videos).success();
        assert_eq!(report.schema, SCHEMA);
        assert_eq!(report.model.name(), way.split(' ').next().unwrap());
        assert_eq!(report.model == Model::Single, way == "single");
        assert!((report.delay.duration.as_secs_f64() - 0.001).abs() < 1e-9);
        assert!(report.ffmpeg.is_some_and(|v| !v.is_empty()), "{way}");
        assert!(report.cores >= 1 && report.wall_seconds > 0.0);
    }
}

#[test]
fn the_trace_holds_every_span() {
    let place = Place::new();
    let videos = place.clips(3);
    let file = place.path("trace.json");
    for way in WAYS {
        let options = ["--trace", file.to_str().unwrap()];
        let report = place.run(way, &options, &videos).success();
        let text = fs::read_to_string(&file).unwrap();
        let trace: Value = serde_json::from_str(&text).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let of = |phase: &str| events.iter().filter(|e| e["ph"] == phase).count();
        let spans = report.videos.iter().map(|v| v.spans.len()).sum::<usize>();
        // Queued ones are a pair of events, the others one.
        assert_eq!((of("b"), of("e")), (3, 3), "{way}");
        assert_eq!(of("X"), spans - 3, "{way}");
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn reports_that_cannot_be_written_are_an_error_before_any_work() {
    let place = Place::new();
    let videos = [place.clip("one.mp4")];
    fs::create_dir(place.path("directory")).unwrap();
    for way in WAYS {
        for flag in ["--json", "--trace"] {
            for file in ["no/such/dir/report.json", "directory"] {
                // Longer than the test may take.
                let options = ["--delay", "10m", "--delay-kind", "wait", flag, file];
                let ended = Ended::of(&mut place.command(way, &options, &videos));
                assert_eq!((ended.code, &*ended.stdout), (Some(1), ""), "{way}");
                let stderr = &ended.stderr;
                assert!(
                    stderr.contains(&format!("cannot write {file}: ")),
                    "{stderr}"
                );
                assert!(!stderr.contains("backtrace"), "{stderr}");
                assert!(!stderr.contains("started on lane"), "{stderr}");
            }
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_does_not_fit_on_stdout_or_a_device_is_an_error() {
    let place = Place::new();
    let videos = [place.clip("one.mp4")];
    // Always full. As root, a file could take its place.
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for way in WAYS {
        for (options, place_of_error) in [
            (&["--json", "-"][..], "to stdout"),
            (&["--trace", "-"], "to stdout"),
            (&[], "to stdout"),
            (&["--quiet", "--json", "/dev/full"], "/dev/full"),
        ] {
            let mut run = place.command(way, options, &videos);
            let ended = Ended::from(run.stdout(full()).output().unwrap());
            assert_eq!(ended.code, Some(1), "{way} {options:?}");
            let says = format!("error: cannot write {place_of_error}: No space left on device");
            let stderr = &ended.stderr;
            assert!(stderr.contains(&says), "{way} {options:?}: {stderr}");
            assert_eq!(entries(&place.out(way)), ["one"], "{way}");
        }
        place.run(way, &["--trace", "/dev/null"], &videos).success();
    }
    for device in ["/dev/full", "/dev/null"] {
        assert!(
            !std::path::Path::new(device).is_file(),
            "{device} is a plain file now"
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn one_report_that_cannot_be_written_does_not_cost_the_other() {
    let place = Place::new();
    let videos = [place.clip("one.mp4")];
    let options = ["-q", "--json", "/dev/full", "--trace", "trace.json"];
    let ended = Ended::of(&mut place.command("single", &options, &videos));
    assert_eq!(ended.code, Some(1));
    assert!(place.path("trace.json").is_file());
}

#[test]
fn a_reader_that_leaves_early_does_no_harm() {
    let place = Place::new();
    let videos = [place.clip("one.mp4")];
    for way in WAYS {
        for options in [&["--delay", "0s"][..], &["--json", "-"], &["--trace", "-"]] {
            let mut run = place.command(way, options, &videos);
            let mut run = run.stdout(Stdio::piped()).stderr(Stdio::piped());
            // Gone before the first line.
            let mut child = run.spawn().unwrap();
            drop(child.stdout.take());
            let ended = Ended::from(child.wait_with_output().unwrap());
            assert_eq!(ended.code, Some(0), "{way}: {}", ended.stderr);
            run = run.stdout(Stdio::piped());
            let mut child = run.spawn().unwrap();
            let mut line = String::new();
            let mut reader = BufReader::new(child.stdout.take().unwrap());
            reader.read_line(&mut line).unwrap();
            drop(reader);
            let ended = Ended::from(child.wait_with_output().unwrap());
            assert_eq!(ended.code, Some(0), "{way}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_closed_stderr_does_no_harm() {
    let place = Place::new();
    let videos = [place.clip("one.mp4"), place.path("missing.mp4")];
    for way in WAYS {
        let mut run = place.command(way, &[], &videos);
        let mut child = run
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(1), "{way}");
        assert_eq!(entries(&place.out(way)), ["one"], "{way}");
    }
}

#[test]
fn without_arguments_samples_land_in_the_models_own_directory() {
    let place = Place::new();
    let cache = place.path("cache");
    for way in WAYS {
        let mut run = program(way);
        run.current_dir(place.path(""))
            .env("THUMBNAIL_CACHE", &cache)
            .args(["--samples", "1", "--delay", "0s", "--frames", "2"]);
        let ended = Ended::of(&mut run);
        assert_eq!(ended.code, Some(0), "{way}: {}", ended.stderr);
        // The first run makes the clip, and says so.
        assert_eq!(
            ended.stderr.contains("Making 1 sample clip"),
            way == WAYS[0]
        );
        let model = way.split(' ').next().unwrap();
        let dir = place.path("thumbnails").join(model);
        assert_eq!(entries(&dir), ["sample-1"], "{way}");
        let frame = ["160.png", "320.png", "640.png", "original.png"];
        assert_eq!(entries(&dir.join("sample-1/1")), frame, "{way}");
        let shown = std::path::Path::new("thumbnails").join(model);
        let shown = format!("Thumbnails are in {}", shown.display());
        assert!(ended.stdout.contains(&shown));
    }
}
