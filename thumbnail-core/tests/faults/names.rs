//! Names and messages that try to steer the terminal: shown harmlessly everywhere.

use std::fs;

use crate::fake::{self, Fault};
use crate::tools::{Ended, Place, WAYS};

/// What must reach no terminal: escape, bell, backspace, carriage return, C1 controls, direction
/// overrides.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

const HOSTILE: [&str; 5] = [
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31m",
    "two\nlines\r\tand a tab",
    "\u{202e}4pm.exe",
    "\u{9b}31m\u{8}\u{8}\u{8}",
    "<script>alert(1)</script>&amp;\"'",
];

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn names_that_steer_terminals_are_shown_harmlessly() {
    let place = Place::new();
    let clip = place.clip("plain.mp4");
    let mut names = Vec::new();
    for (n, name) in HOSTILE.iter().enumerate() {
        // A slash is no part of a name.
        let name = format!("{n}{}.mp4", name.replace('/', "|"));
        fs::copy(&clip, place.path(&name)).unwrap();
        names.push(name.clone());
        // The same for one that fails.
        names.push(format!("missing {name}"));
    }
    // 4 KB is longer than a file name can be, but not than an argument.
    names.push("long".repeat(1024) + ".mp4");
    names.push(format!("{}/x.mp4", "\u{1b}[7m".repeat(700)));
    for way in WAYS {
        let (json, trace) = (place.path("r.json"), place.path("t.json"));
        let options = [
            "--json",
            json.to_str().unwrap(),
            "--trace",
            trace.to_str().unwrap(),
        ];
        let ended = Ended::of(&mut place.command(way, &options, &names));
        assert_eq!(ended.code, Some(1), "{way}");
        for (what, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
            let found = text.chars().find(|c| steers(*c));
            assert_eq!(found, None, "{way} {what}: {text}");
        }
        for file in [&json, &trace] {
            let text = fs::read_to_string(file).unwrap();
            let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
            // Whole in what machines read, and harmless where somebody prints that.
            let found = text.chars().find(|c| steers(*c));
            assert_eq!(found, None, "{way}");
            if file == &json {
                let sources = parsed["videos"].as_array().unwrap().iter();
                assert!(
                    sources
                        .map(|v| v["source"].as_str().unwrap())
                        .eq(names.iter().map(String::as_str))
                );
            }
        }
    }
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn what_ffmpeg_says_is_shown_harmlessly() {
    let faults = [
        Fault {
            video: "steers",
            does: r"printf '[error] \033]0;owned\007\033[2J \302\233 \342\200\256 evil\n' >&2; exit 1",
            says: "evil",
        },
        Fault {
            video: "endless",
            does: "printf '[error] ' >&2; head -c 10000000 /dev/zero | tr '\\0' x >&2; exit 1",
            says: "xxxxxxxx",
        },
        Fault {
            video: "invalid",
            does: r"printf '[error] caf\351 \377\376 end\n' >&2; exit 1",
            says: "end",
        },
    ];
    let place = Place::new();
    let videos = fake::videos(&place, &faults);
    let ffmpeg = place.path("ffmpeg");
    fake::write(&ffmpeg, &faults);
    for way in WAYS {
        let json = Ended::of(&mut fake::with(
            &ffmpeg,
            place.command(way, &["--json", "-"], &videos),
        ));
        let report = fake::expect(way, &json, &faults);
        for video in &report.videos {
            assert!(video.error.as_ref().is_none_or(|e| e.len() < 5000), "{way}");
        }
        let shown = Ended::of(&mut fake::with(&ffmpeg, place.command(way, &[], &videos)));
        for text in [&shown.stdout, &shown.stderr, &json.stderr] {
            assert_eq!(text.chars().find(|c| steers(*c)), None, "{way}: {text}");
        }
    }
}
