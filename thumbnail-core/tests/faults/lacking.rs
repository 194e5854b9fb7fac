//! An ffmpeg that is too old, or was built without what is needed: that is no fault of any video, and it is said
//! once for the run.

use crate::fake;
use crate::processes::script;
use crate::tools::{Ended, Place, WAYS, entries, error};

/// What such builds say before they end, and what of it is to be repeated.
const WORDS: [(&str, &str); 10] = [
    // 3.1, whose messages have no level.
    (
        "Invalid loglevel \"level+info\". Possible levels are numbers or:\n\"quiet\"\n\"info\"\n\"trace\"",
        "Invalid loglevel",
    ),
    // 3.4 knows that level.
    (
        "[error] Unrecognized option 'filter_complex_threads'.\n[fatal] Error splitting the argument list: Option not found",
        "Unrecognized option 'filter_complex_threads'",
    ),
    (
        "[AVFilterGraph @ 0x55] [error] No such filter: 'showinfo'\n[fatal] Error initializing complex filters: Invalid argument",
        "No such filter: 'showinfo'",
    ),
    // As 8 says it.
    (
        "[AVFilterGraph @ 0x55] [error] No such filter: 'bench'\n[fc#0 @ 0x55] [error] Error configuring filter graph: Filter not found\n[fatal] Error opening output file -.\n[fatal] Error opening output files: Filter not found",
        "No such filter: 'bench'",
    ),
    (
        "[NULL @ 0x55] [error] Requested output format 'image2pipe' is not known.\n[fatal] Error opening output file -.",
        "Requested output format 'image2pipe'",
    ),
    ("[fatal] Unknown encoder 'pam'", "Unknown encoder 'pam'"),
    // Up to 6.0.
    (
        "[error] Decoder (codec av1) not found for input stream #0:0",
        "Decoder (codec av1) not found",
    ),
    // From 6.1 on.
    (
        "[vist#0:0/av1 @ 0x55] [error] Decoding requested, but no decoder found for: av1",
        "no decoder found for: av1",
    ),
    // That of 7.1, where no library decodes AV1.
    (
        "[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'a.mp4':\n[av1 @ 0x55] [error] Your platform doesn't support hardware accelerated AV1 decoding.\n[av1 @ 0x55] [error] Failed to get pixel format.\n[vist#0:0/av1 @ 0x55] [error] Decode error rate 1 exceeds maximum 0.666667",
        "hardware accelerated AV1 decoding",
    ),
    // Of an address, where it cannot speak the protocol.
    (
        "[error] https://host/a.mp4: Protocol not found",
        "Protocol not found",
    ),
];

/// How often `text` stands in `where_`.
fn count(text: &str, where_: &str) -> usize {
    where_.matches(text).count()
}

#[test]
fn an_ffmpeg_that_is_too_old_or_lacks_something_is_told_once_for_the_run() {
    let place = Place::new();
    let videos = place.clips(3);
    for (n, (words, reason)) in WORDS.into_iter().enumerate() {
        let words = place.file(&format!("words-{n}"), format!("{words}\n"));
        let ffmpeg = place.path(format!("ffmpeg-{n}"));
        script(&ffmpeg, &format!("cat '{}' >&2; exit 1", words.display()));
        // The first of them in every way, of the others one in each.
        let ways = match n {
            0..3 => &WAYS[..],
            _ => &WAYS[n % WAYS.len()..][..1],
        };
        for way in ways {
            let json = place.path("report.json");
            let _ = std::fs::remove_file(&json);
            let options = ["--json", json.to_str().unwrap()];
            let mut run = fake::with(&ffmpeg, place.command(way, &options, &videos));
            // Nothing is cut off or wrapped.
            let ended = Ended::of(run.env("COLUMNS", "1000"));
            assert_eq!(ended.code, Some(1), "{way} {reason}: {}", ended.stderr);
            let said = format!("{}{}", ended.stdout, ended.stderr);
            let remedy = "set FFMPEG to a complete build of version 4.1 or newer";
            // On stderr while it runs, and under the table.
            for part in [&ended.stdout, &ended.stderr] {
                let part: String = part.split_whitespace().collect::<Vec<_>>().join(" ");
                assert_eq!(count(reason, &part), 1, "{way}: {said}");
                assert_eq!(count(remedy, &part), 1, "{way}: {said}");
            }
            for name in ["v0", "v1", "v2"] {
                let line = format!("{name}.mp4: failed\n");
                assert_eq!(count(&line, &ended.stderr), 1, "{way}: {said}");
            }
            assert!(!said.contains("damaged"), "{way}: {said}");
            let report = std::fs::read_to_string(&json).unwrap();
            let report: thumbnail_core::measure::report::RunReport =
                serde_json::from_str(&report).unwrap();
            for video in &report.videos {
                let error = error(video);
                assert!(
                    error.contains(reason) && error.contains(remedy),
                    "{way}: {error}"
                );
            }
            assert_eq!(entries(&place.out(way)), [""; 0], "{way}");
        }
    }
}

#[test]
fn an_ffmpeg_that_crashes_over_an_address_says_what_static_builds_do() {
    let place = Place::new();
    let ffmpeg = place.path("ffmpeg");
    script(&ffmpeg, "kill -s SEGV $$");
    let urls = ["http://localhost:9/a.mp4", "http://127.0.0.1:9/a.mp4"];
    for way in WAYS {
        let mut run = fake::with(&ffmpeg, place.command(way, &["--json", "-"], &urls));
        let report = Ended::of(&mut run).report();
        let [by_name, by_number] = [0, 1].map(|n| error(&report.videos[n]));
        let reason = "SIGSEGV), as static builds do that look up the name of a server)";
        assert!(by_name.contains(reason), "{way}: {by_name}");
        assert!(by_number.contains("SIGSEGV)"), "{way}: {by_number}");
        assert!(!by_number.contains("static"), "{way}: {by_number}");
        for error in [by_name, by_number] {
            assert!(error.contains("FFMPEG"), "{way}: {error}");
        }
    }
}

#[test]
fn a_redirect_to_https_without_an_https_in_ffmpeg_is_told_of_that_video_and_shows_no_secret() {
    let place = Place::new();
    let words = "[warning] https protocol not found, recompile FFmpeg with openssl, gnutls or securetransport enabled.";
    let ffmpeg = place.path("ffmpeg");
    script(
        &ffmpeg,
        &format!(
            "for word; do case $word in http*) url=$word ;; esac; done\n\
             printf '%s\\n[error] %s: Protocol not found\\n' '{words}' \"$url\" >&2\n\
             exit 1"
        ),
    );
    let urls = ["http", "https"].map(|s| format!("{s}://me:s3cret@host/{s}.mp4?token=s3cret"));
    for way in WAYS {
        let json = place.path("report.json");
        let options = ["--json", json.to_str().unwrap()];
        let ended = Ended::of(&mut fake::with(
            &ffmpeg,
            place.command(way, &options, &urls),
        ));
        let report = std::fs::read_to_string(&json).unwrap();
        for text in [&ended.stdout, &ended.stderr, &report] {
            assert!(!text.contains("s3cret"), "{way}: {text}");
        }
        let report: thumbnail_core::measure::report::RunReport =
            serde_json::from_str(&report).unwrap();
        let [plain, secure] = [0, 1].map(|n| error(&report.videos[n]));
        assert!(
            plain.contains("the server redirects to an https:// address"),
            "{way}: {plain}"
        );
        // That address itself needs an ffmpeg with https.
        assert!(secure.contains("built without"), "{way}: {secure}");
    }
}
