//! What a demo saved, compared with what it should have saved.

use std::path::Path;

use thumbnail_core::measure::report::{FrameReport, Status, VideoReport};

use crate::clip::{Clip, Pixels, decode, source};
use crate::support::report;
#[cfg(unix)]
use crate::support::{demo, ffmpeg_program, parse};

/// Which of `count` frames are wanted, as the Python original has it: `round(k * (count - 1) /
/// (wanted - 1))`, and Python's `round` gives halves to the even number.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
#[allow(clippy::cast_sign_loss)]
pub fn wanted(count: usize, wanted: usize) -> Vec<usize> {
    let last = (count - 1) as f64;
    match wanted {
        _ if count <= wanted => (0..count).collect(),
        1 => vec![(last / 2.0).round_ties_even() as usize],
        _ => (0..wanted)
            .map(|k| (k as f64 * last / (wanted - 1) as f64).round_ties_even() as usize)
            .collect(),
    }
}

/// Runs a demo on a file or a URL, with success.
pub fn run(video: &Path, out: &Path, options: &[&str]) -> VideoReport {
    let report = report("single", out, options, &[video.to_owned()]);
    let video = report.videos.into_iter().next().unwrap();
    assert_eq!(video.status(), Status::Success, "{:?}", video.error);
    video
}

/// The same with an ffmpeg that fails with this `complaint` if its command mentions `what`; and what the demo wrote to
/// stderr.
#[cfg(unix)]
pub fn run_lacking(what: &str, complaint: &str, clip: &Clip, out: &Path) -> (VideoReport, String) {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    let ffmpeg = clip.directory.path().join("ffmpeg");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *{what}*) echo \"[fatal] {complaint}\" >&2; exit 1;; esac\nexec {} \"$@\"\n",
        ffmpeg_program().to_string_lossy()
    );
    fs::write(&ffmpeg, script).unwrap();
    fs::set_permissions(&ffmpeg, fs::Permissions::from_mode(0o755)).unwrap();
    let output = demo("single")
        .env("FFMPEG", &ffmpeg)
        .args(["--delay", "0s", "--sizes", "16", "--json", "-", "--out"])
        .args([out, &clip.path])
        .output()
        .unwrap();
    let saved = parse(&output).videos.remove(0);
    (saved, String::from_utf8(output.stderr).unwrap())
}

/// Panics unless the saved frames are these of all frames.
pub fn expect_frames(name: &str, saved: &VideoReport, all: &[Pixels], expected: &[usize]) {
    let positions: Vec<_> = saved.frames.iter().map(|f| f.position).collect();
    assert_eq!(positions, (0..expected.len()).collect::<Vec<_>>(), "{name}");
    let found = |frame: &FrameReport| {
        let pixels = Pixels::read(&frame.files["original"]);
        let expected = expected[frame.position];
        // The wanted frame may look like another; only if it does not, say which one was saved.
        if all[expected] == pixels {
            Some(expected)
        } else {
            all.iter().position(|p| *p == pixels)
        }
    };
    let found: Vec<_> = saved.frames.iter().map(found).collect();
    let expected: Vec<_> = expected.iter().copied().map(Some).collect();
    assert_eq!(found, expected, "{name}: frames of {}", all.len());
}

/// Panics unless each saved frame says that it is shown `frame / rate` seconds after the first.
#[allow(clippy::cast_precision_loss)]
pub fn expect_times(name: &str, saved: &VideoReport, expected: &[usize], rate: f64) {
    /// GIF counts in hundredths of a second, Matroska in thousandths.
    const ROUNDING: f64 = 0.011;
    for (frame, number) in saved.frames.iter().zip(expected) {
        let (at, told) = (*number as f64 / rate, frame.timestamp_seconds);
        assert!((at - told).abs() < ROUNDING, "{name}: {told} and not {at}");
    }
}

/// Panics unless the five frames of `clip` are those of a plain decode, at the times that `rate`
/// gives them.
pub fn expect_five(name: &str, clip: &Clip, rate: f64) {
    let all = decode(&clip.path);
    let out = tempfile::tempdir().unwrap();
    let saved = run(&clip.path, out.path(), &["--sizes", "16"]);
    let expected = wanted(all.len(), 5);
    expect_frames(name, &saved, &all, &expected);
    expect_times(name, &saved, &expected, rate);
}

/// The same for a clip of `rate` (as ffmpeg writes it) and `seconds` that `arguments` encode.
pub fn expect_encoded(file: &str, arguments: &str, rate: &str, seconds: &str) {
    let name = format!("{file} {arguments} {rate} fps {seconds} s");
    let picture = source("192x108", rate, seconds);
    if let Some(clip) = Clip::make(file, &format!("{picture} {arguments}")) {
        let (num, den) = rate.split_once('/').unwrap_or((rate, "1"));
        let rate = num.parse::<f64>().unwrap() / den.parse::<f64>().unwrap();
        expect_five(&name, &clip, rate);
    }
}
