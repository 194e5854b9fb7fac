//! The command line: what it takes, what it refuses, and in which words.

use crate::support::MODELS;
use crate::tools::{Ended, WAYS, program};

const FOR_ALL: [&str; 17] = [
    "--at",
    "--contact-sheet",
    "--out",
    "--delay",
    "--delay-kind",
    "--frames",
    "--sizes",
    "--seek",
    "--format",
    "--ffmpeg-threads",
    "--max-pixels",
    "--timeout",
    "--samples",
    "--json",
    "--trace",
    "--quiet",
    "--no-download",
];

#[test]
fn help_lists_what_each_demo_takes() {
    for model in MODELS {
        let ended = Ended::of(program(model).arg("--help"));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let help = ended.stdout;
        let has = |flag: &str| {
            let mut words = help.split(|c: char| c.is_whitespace() || c == ',');
            words.any(|word| word == flag)
        };
        for flag in FOR_ALL {
            assert!(has(flag), "{model}: {flag}");
        }
        assert_eq!(has("--workers") && has("-j"), model != "single", "{model}");
        assert_eq!(has("--blocking"), model == "async", "{model}");
        assert!(!has("--worker"), "{model}: a hidden mode shows");
        let defaults = [
            "1s",
            "cpu",
            "5",
            "640,320,160",
            "exact",
            "png",
            "1",
            "5m",
            "2",
        ];
        for default in defaults {
            assert!(
                help.contains(&format!("[default: {default}]")),
                "{model}: {default}"
            );
        }
        assert!(help.contains("[default: thumbnails/<model>]"), "{model}");
        assert!(help.contains("[VIDEO]..."), "{model}");
    }
}

#[test]
fn every_demo_tells_its_version() {
    for model in MODELS {
        let ended = Ended::of(program(model).arg("--version"));
        let expected = format!("demo-{model} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!((ended.code, ended.stdout), (Some(0), expected));
    }
}

#[test]
fn bad_values_are_refused_with_what_would_be_accepted() {
    let refused: [(&[&str], &str); 22] = [
        (&["--at", "-1"], "1:02:03.5 or 50%"),
        (&["--at", "1,soon"], "1:02:03.5 or 50%"),
        (&["--at", "1:75"], "1:02:03.5 or 50%"),
        (&["--at", "101%"], "100%"),
        (&["--frames", "0"], "1..=1000"),
        (&["--frames", "1001"], "1..=1000"),
        (&["--frames", "many"], "invalid digit"),
        (&["--sizes", "0"], "1..=16384"),
        (&["--sizes", "abc"], "invalid digit"),
        (&["--sizes", "320,,160"], "--sizes"),
        (&["--delay", "banana"], "500ms, 2s or 1m30s"),
        (&["--delay", "-1s"], "500ms, 2s or 1m30s"),
        (&["--delay", "2"], "500ms, 2s or 1m30s"),
        (&["--delay-kind", "gpu"], "cpu, wait"),
        (&["--seek", "x"], "exact, keyframe"),
        (&["--format", "bmp"], "png, jpeg, webp"),
        (&["--max-pixels", "0"], "1..=2147483647"),
        (&["--timeout", "0s"], "30s or 5m"),
        (&["--timeout", "soon"], "500ms, 2s or 1m30s"),
        (&["--ffmpeg-threads", "0"], "1 or more"),
        (&["--samples", "0"], "1..=1000"),
        (&["--no-such-option"], "--help"),
    ];
    for model in MODELS {
        for (arguments, accepted) in refused {
            // Negative values reach the parser only in this form.
            let joined = arguments.join("=");
            let ended = Ended::of(program(model).arg(&joined));
            assert_eq!(ended.code, Some(2), "{model} {joined}: {}", ended.stderr);
            assert_eq!(ended.stdout, "", "{model} {joined}");
            let (flag, stderr) = (arguments[0], &ended.stderr);
            assert!(
                stderr.contains(flag) && stderr.contains(accepted),
                "{stderr}"
            );
        }
    }
}

#[test]
fn only_one_document_goes_to_stdout() {
    for model in MODELS {
        let ended = Ended::of(program(model).args(["--json", "-", "--trace", "-"]));
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{model}");
        assert!(
            ended.stderr.contains("cannot both go to stdout"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn sample_clips_and_videos_exclude_each_other() {
    for model in MODELS {
        let ended = Ended::of(program(model).args(["--samples", "3", "a.mp4"]));
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{model}");
        assert!(
            ended.stderr.contains("cannot be used with"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn workers_are_counted_from_one() {
    for way in WAYS {
        for value in ["0", "-1", "x"] {
            let ended = Ended::of(program(way).arg(format!("--workers={value}")));
            assert_eq!(ended.code, Some(2), "{way} {value}");
            let stderr = ended.stderr;
            assert!(stderr.contains("--workers"), "{stderr}");
            assert!(way == "single" || stderr.contains("1 or more"), "{stderr}");
        }
    }
    assert_eq!(Ended::of(program("single").args(["-j", "2"])).code, Some(2));
    for model in ["single", "threads", "process"] {
        assert_eq!(Ended::of(program(model).arg("--blocking")).code, Some(2));
    }
}
