//! Files that promise too much: pixels, frames, rates, times.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use thumbnail_core::measure::report::{Status, VideoReport};
use thumbnail_core::measure::span::Stage;
use thumbnail_core::program::options::cores;
use thumbnail_core::settings::DEFAULT_MAX_PIXELS;

use crate::processes::{Mark, signal, until};
use crate::support::ffmpeg;
use crate::tools::{AT_ONCE, Ended, Place, WAYS, entries, error};

/// An AVI whose headers are made by hand; one frame of its own follows.
fn with_bytes(place: &Place, name: &str, from: &[u8], changes: &[(usize, &[u8])]) -> PathBuf {
    let mut bytes = from.to_vec();
    for (at, new) in changes {
        bytes[*at..*at + new.len()].copy_from_slice(new);
    }
    place.file(name, bytes)
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|w| w == what).unwrap()
}

/// Large pictures are cheap to claim: a still one of 900 million pixels is a few kilobytes.
fn bombs(place: &Place) -> Vec<(PathBuf, &'static str)> {
    let mp4 = fs::read(place.clip("whole.mp4")).unwrap();
    let avi = fs::read(place.clip("whole.avi")).unwrap();
    let mkv = fs::read(place.clip("whole.mkv")).unwrap();
    let size = |n: u32| n.to_le_bytes();
    let (format, header) = (find(&avi, b"strf"), find(&avi, b"strh"));
    let (stts, mdhd) = (find(&mp4, b"stts"), find(&mp4, b"mdhd"));
    let billion = 1_000_000_000_u32;
    let scale = 1_u32;
    vec![
        (huge_gif(place), "--max-pixels"),
        (huge_png(place), "--max-pixels"),
        (
            with_bytes(
                place,
                "huge.avi",
                &avi,
                &[(format + 12, &size(30_000)), (format + 16, &size(30_000))],
            ),
            "",
        ),
        // dwScale and dwRate of the stream.
        (
            with_bytes(
                place,
                "rate.avi",
                &avi,
                &[(header + 28, &size(scale)), (header + 32, &size(billion))],
            ),
            "",
        ),
        (
            with_bytes(
                place,
                "slow.avi",
                &avi,
                &[(header + 28, &size(u32::MAX)), (header + 32, &size(1))],
            ),
            "",
        ),
        // The count of samples in the first run of frames, and the ticks of each.
        (
            with_bytes(
                place,
                "million.mp4",
                &mp4,
                &[(stts + 12, &1_000_000_u32.to_be_bytes())],
            ),
            "",
        ),
        (
            with_bytes(
                place,
                "ages.mp4",
                &mp4,
                &[(stts + 16, &u32::MAX.to_be_bytes())],
            ),
            "",
        ),
        (
            with_bytes(
                place,
                "negative.mp4",
                &mp4,
                &[(stts + 16, &0x8000_0000_u32.to_be_bytes())],
            ),
            "",
        ),
        (
            with_bytes(
                place,
                "tick.mp4",
                &mp4,
                &[(mdhd + 16, &billion.to_be_bytes())],
            ),
            "",
        ),
        (
            with_bytes(
                place,
                "no-tick.mp4",
                &mp4,
                &[(mdhd + 16, &0_u32.to_be_bytes())],
            ),
            "",
        ),
        // Matroska's duration is a float, in milliseconds.
        (with_duration(place, "nan.mkv", &mkv, f64::NAN), ""),
        (with_duration(place, "eternal.mkv", &mkv, 1e15), ""),
        (
            with_duration(place, "infinite.mkv", &mkv, f64::INFINITY),
            "",
        ),
        (with_duration(place, "backwards.mkv", &mkv, -1e15), ""),
    ]
}

fn with_duration(place: &Place, name: &str, mkv: &[u8], milliseconds: f64) -> PathBuf {
    let at = find(mkv, &[0x44, 0x89, 0x88]);
    with_bytes(place, name, mkv, &[(at + 3, &milliseconds.to_be_bytes())])
}

/// 30000x30000, one frame of one pixel.
fn huge_gif(place: &Place) -> PathBuf {
    let mut gif = b"GIF89a".to_vec();
    gif.extend(30_000_u16.to_le_bytes());
    gif.extend(30_000_u16.to_le_bytes());
    gif.extend([
        0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
    ]);
    place.file("huge.gif", gif)
}

/// A real picture of 16000x16000 pixels, all black: 32 KB. (One of 30000x30000 ffmpeg does not make.)
fn huge_png(place: &Place) -> PathBuf {
    let path = place.path("huge.mov");
    let picture =
        "-f rawvideo -pixel_format monob -video_size 16000x16000 -i /dev/zero -frames:v 1 -c:v png";
    ffmpeg(picture, &path);
    path
}

/// The largest resident memory of a program and what it started, in KB, as `wait4` gives it for
/// those that were waited for.
fn largest_kilobytes(stderr: &str) -> u64 {
    let line = stderr
        .lines()
        .rev()
        .find_map(|l| l.strip_prefix("largest "));
    line.unwrap().trim().parse().unwrap()
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn files_that_promise_too_much_take_little_memory_and_time() {
    let place = Place::new();
    let bombs = bombs(&place);
    let mut videos = vec![place.clip("good.mp4")];
    videos.extend(bombs.iter().map(|(path, _)| path.clone()));
    let python = "import resource,subprocess,sys\nc=subprocess.call(sys.argv[1:])\nprint('largest',resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,file=sys.stderr)\nsys.exit(c)";
    for way in WAYS {
        let options = ["--json", "-", "--timeout", "1m", "-q"];
        let run = place.command(way, &options, &videos);
        let mut measured = std::process::Command::new("python3");
        measured
            .args(["-c", python])
            .arg(run.get_program())
            .args(run.get_args());
        measured.current_dir(place.path("")).stderr(Stdio::piped());
        let ended = Ended::of(&mut measured);
        let report = ended.report();
        assert_eq!(report.videos[0].status(), Status::Success, "{way}");
        for ((_, says), video) in bombs.iter().zip(&report.videos[1..]) {
            if !says.is_empty() {
                assert!(
                    error(video).contains(says),
                    "{way} {}: {}",
                    video.source,
                    error(video)
                );
            }
            if let Some(error) = &video.error {
                assert!(
                    !error.contains("took longer"),
                    "{way} {}: {error}",
                    video.source
                );
                assert!(
                    !error.contains("please report"),
                    "{way} {}: {error}",
                    video.source
                );
            }
            println!(
                "{way} {}: {:?} {:?}",
                video.source,
                video.status(),
                video.error
            );
            for frame in &video.frames {
                assert!(frame.timestamp_seconds.is_finite() && frame.timestamp_seconds >= 0.0);
            }
        }
        // Of any one process; an ffmpeg that does nothing has 50 MB.
        let largest = largest_kilobytes(&ended.stderr);
        println!("{way}: the largest process had {} MB", largest / 1024);
        assert!(largest < 500_000, "{way}: {largest} KB");
    }
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn the_limit_on_pixels_is_an_option() {
    let place = Place::new();
    let videos = [
        place.clip("a.mp4"),
        place.clip("b.mkv"),
        place.path("vp9.webm"),
        place.path("h264.mkv"),
    ];
    let source = "-f lavfi -i testsrc=s=64x36:r=10:d=1 -pix_fmt yuv420p -c:v";
    ffmpeg(&format!("{source} libvpx-vp9 -speed 8"), &videos[2]);
    ffmpeg(&format!("{source} libx264"), &videos[3]);
    for way in WAYS {
        let exact = (64 * 36).to_string();
        place.run(way, &["--max-pixels", &exact], &videos).success();
        let less = (64 * 36 - 1).to_string();
        let report = place.run(way, &["--max-pixels", &less], &videos).report();
        for video in &report.videos {
            let error = error(video);
            assert!(
                error.contains("too large (64x36 pixels)"),
                "{way} {}: {error}",
                video.source
            );
            assert!(error.contains("--max-pixels"), "{way}: {error}");
        }
        assert_eq!(
            entries(&place.out(way)).len(),
            4,
            "{way}: a failure leaves what was there"
        );
    }
    const { assert!(DEFAULT_MAX_PIXELS >= 8192 * 4320) };
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn a_size_that_changes_in_mid_stream_is_followed() {
    let place = Place::new();
    let (small, large, both) = (
        place.path("a.ts"),
        place.path("b.ts"),
        place.path("both.ts"),
    );
    for (path, size, offset) in [(&small, "64x36", 0), (&large, "640x360", 1)] {
        ffmpeg(
            &format!(
                "-f lavfi -i testsrc=s={size}:r=10:d=1 -pix_fmt yuv420p -c:v libx264 -output_ts_offset {offset}"
            ),
            path,
        );
    }
    let joined = [fs::read(&small).unwrap(), fs::read(&large).unwrap()].concat();
    fs::write(&both, joined).unwrap();
    for way in WAYS {
        let report = place
            .run(way, &["--frames", "5", "--max-pixels", "300000"], &[&both])
            .success();
        let files = report.videos[0].frames.iter().map(|f| &f.files["original"]);
        let sizes = files.map(|file| image::image_dimensions(file).unwrap());
        // Frames 0, 5, 10, 14 and 19; the tenth is the first large one.
        let expected = [(64, 36), (64, 36), (640, 360), (640, 360), (640, 360)];
        assert_eq!(sizes.collect::<Vec<_>>(), expected, "{way}");
    }
}

/// Walking over the boxes of a file is bounded, and not before `--timeout` begins: what has very many is
/// left to ffmpeg, which can be killed.
#[test]
fn boxes_without_end_are_left_to_ffmpeg() {
    let place = Place::new();
    let clip = fs::read(place.clip("clip.mp4")).unwrap();
    let index = find(&clip, b"moov") - 4;
    for (boxes, ffmpegs) in [(100, 1), (2000, 2)] {
        let empty = b"\0\0\0\x08free".repeat(boxes);
        let video = place.file("v.mp4", [&clip[..index], &empty, &clip[index..]].concat());
        for way in WAYS {
            let report = place.run(way, &[], &[&video]).success();
            let plan = report.videos[0].plan.as_ref().unwrap();
            assert_eq!(plan.ffmpeg_starts, ffmpegs, "{way}: {boxes} boxes");
        }
    }
}

/// 300 MB of empty boxes take ffmpeg seconds. Meanwhile the others go on, and `--timeout` and Ctrl-C hold: what reads the
/// file is an ffmpeg that can be killed, and not this program.
#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn three_hundred_megabytes_of_empty_boxes_hold_nobody_up() {
    let place = Place::new();
    let clip = place.clip("clip.mp4");
    let head = b"\0\0\0\x14ftypisom\0\0\x02\0isom";
    let boxes = [&head[..], &b"\0\0\0\x08free".repeat(300 << 17)].concat();
    let boxes = place.file("boxes.mp4", boxes);
    for way in WAYS {
        let report = place.run(way, &["--timeout", "1s"], &[&boxes]).report();
        let late = error(&report.videos[0]);
        assert!(late.contains("took longer than"), "{way}: {late}");
        let options = ["--timeout", "20s"];
        let report = place.run(way, &options, &[&boxes, &clip, &clip]).report();
        let [bad, good @ ..] = &report.videos[..] else {
            panic!("{way}: no videos")
        };
        assert!(bad.error.is_some(), "{way}");
        let spans = |video: &VideoReport| video.spans.clone();
        let extracts = spans(bad).into_iter().filter(|s| s.stage == Stage::Extract);
        let end = extracts.map(|s| s.end).fold(0.0, f64::max);
        for video in good {
            assert_eq!(video.error, None, "{way}");
        }
        if AT_ONCE.contains(&way) && cores() > 1 {
            let begun = spans(&good[0])[0].end;
            assert!(begun < end, "{way}: {begun} s, {end} s");
        }
        let mut run = place.command(way, &["--json", "-"], &[&boxes]);
        let mark = Mark::on(&mut run);
        let run = run
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until("an ffmpeg reads it", || {
            mark.alive()
                .iter()
                .any(|(_, name)| name.starts_with("ffmpeg"))
        });
        signal("INT", &run.id().to_string());
        let ended = Ended::from(run.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(130), "{way}");
        assert!(
            error(&ended.report().videos[0]).contains("interrupted"),
            "{way}"
        );
        mark.wait_for_the_last();
    }
}
