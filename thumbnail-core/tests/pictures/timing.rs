//! Clips whose frames are few, unevenly spaced, late, or of unknown number.

use std::fs;

use thumbnail_core::measure::report::VideoReport;

use crate::check::{expect_five, expect_frames, run, wanted};
use crate::clip::{Clip, Pixels, decode, packets, source};
use crate::numbered::{Joined, expect, numbered, numbers};
use crate::support::few;
use crate::version::encode_every_frame;

const H264: &str = "-c:v libx264 -preset veryfast -bf 3 -g 40 -pix_fmt yuv420p";

#[test]
fn a_clip_with_fewer_frames_than_asked_for_gives_each_once() {
    for (file, encoder) in [
        ("a.mp4", H264),
        ("a.ts", H264),
        ("a.gif", "-c:v gif"),
        ("a.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
        ("a.mkv", H264),
        ("a.h264", H264),
        ("a.avi", "-c:v mjpeg -pix_fmt yuvj420p"),
        ("a.mpg", "-c:v mpeg2video"),
    ]
    .into_iter()
    .take(few(4))
    {
        for (count, asked) in [(1, &["5"][..]), (3, &["5", "1"])] {
            let arguments = format!("{} {encoder} -frames:v {count}", source("96x64", "25", "1"));
            let Some(clip) = Clip::make(file, &arguments) else {
                continue;
            };
            let name = format!("{file} of {count} frames");
            let all = decode(&clip.path);
            assert_eq!(all.len(), count, "{name}");
            let out = tempfile::tempdir().unwrap();
            for frames in asked {
                let saved = run(&clip.path, out.path(), &["--frames", frames]);
                let expected = wanted(count, frames.parse().unwrap());
                expect_frames(&name, &saved, &all, &expected);
            }
        }
    }
}

#[test]
fn a_matroska_file_from_a_pipe_does_not_tell_its_length() {
    for seconds in ["2", "30"] {
        let picture = source("192x108", "30", seconds);
        let arguments = format!("{picture} {H264} -f matroska -seekable 0");
        let Some(clip) = Clip::make("a.mkv", &arguments) else {
            return;
        };
        expect_five("piped", &clip, 30.0);
    }
}

#[test]
fn sound_may_last_longer_than_the_picture() {
    for file in ["a.mp4", "a.mkv", "a.ts", "a.avi"] {
        let picture = source("192x108", "30", "2");
        let arguments = format!("{picture} -f lavfi -i sine=d=8 {H264} -bf 0 -c:a mp2");
        let Some(clip) = Clip::make(file, &arguments) else {
            return;
        };
        expect_five(file, &clip, 30.0);
    }
}

#[test]
fn the_picture_may_start_after_the_sound() {
    for file in ["late.mp4", "late.mkv", "late.ts"] {
        let picture = source("192x108", "30", "3");
        let Some(clip) = Clip::make("a.mp4", &format!("{picture} {H264}")) else {
            return;
        };
        let clip = clip.remade(
            file,
            "-itsoffset 2.5 -i {} -f lavfi -i sine=d=6 -map 0 -map 1 -c:v copy -c:a mp2",
        );
        expect_five(file, &clip, 30.0);
    }
}

/// Where frames are counted, their times are sums of many steps.
#[test]
fn at_the_very_time_of_a_frame_that_frame_is_on_show() {
    let picture = numbered(160, 128, 4, 0);
    for (file, encoder) in [
        ("a.h264", H264),
        ("a.asf", H264),
        ("a.mjpeg", "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p"),
        ("a.ts", H264),
    ] {
        let Some(clips) = Joined::encode(&file[2..], &[format!("{picture} {encoder}")]) else {
            continue;
        };
        let clip = match file {
            // Its clock starts again.
            "a.ts" => clips.write(file, &fs::read(clips.bytes("once.ts")).unwrap().repeat(2)),
            _ => clips.bytes(file),
        };
        let frames = [0, 5, 7, 10, 13, 25, 50, 75].map(|n| (n, (160, 128)));
        expect(&clip, &["--at", "0,0.2,0.28,0.4,0.52,1,2,3"], &frames);
    }
}

/// In an AVI one tick of the clock is as long as a frame.
#[test]
fn at_a_time_in_mid_frame_that_frame_is_on_show_however_coarse_the_clock() {
    let picture = numbered(160, 128, 3, 0);
    for (file, encoder) in [
        ("a.avi", "-c:v mpeg4 -q:v 3"),
        ("a.mkv", H264),
        ("a.mp4", H264),
    ] {
        let Some(clip) = Clip::make(file, &format!("{picture} {encoder}")) else {
            continue;
        };
        let out = tempfile::tempdir().unwrap();
        let options = ["--sizes", "16", "--at", "0.03,0.04,1.5,2.919"];
        let saved = run(&clip.path, out.path(), &options);
        let found: Vec<_> = numbers(&saved).into_iter().map(|(n, _)| n).collect();
        assert_eq!(found, [0, 1, 37, 72], "{file}");
    }
}

#[test]
fn a_clip_that_was_cut_without_decoding_it() {
    for file in ["cut.mp4", "cut.mov", "cut.mkv", "cut.ts"] {
        let picture = source("192x108", "30", "6");
        let Some(clip) = Clip::make("a.mp4", &format!("{picture} {H264}")) else {
            return;
        };
        let clip = clip.remade(file, "-ss 1.7 -i {} -c copy");
        let all = decode(&clip.path);
        let out = tempfile::tempdir().unwrap();
        let saved = run(&clip.path, out.path(), &[]);
        expect_frames(file, &saved, &all, &wanted(all.len(), 5));
        assert!(saved.frames[0].timestamp_seconds.abs() < 0.001, "{file}");
    }
}

#[test]
fn one_odd_time_in_a_raw_stream_or_an_avi_is_no_variable_rate() {
    for (file, encoder) in [
        (
            "a.avi",
            "-f lavfi -i sine=d=4 -c:v mjpeg -pix_fmt yuvj420p -c:a libmp3lame",
        ),
        ("a.m1v", "-c:v mpeg1video -bf 3 -g 50 -q:v 2"),
    ] {
        // A quarter of the way lies near the middle between two frames, and a time that is one step too late gives
        // the wrong one.
        let picture = source("192x108", "50", "4");
        let Some(clip) = Clip::make(file, &format!("{picture} {encoder}")) else {
            continue;
        };
        let all = decode(&clip.path);
        let out = tempfile::tempdir().unwrap();
        let saved = run(&clip.path, out.path(), &[]);
        expect_frames(file, &saved, &all, &wanted(all.len(), 5));
    }
}

/// Ticks of 40 and 10 ms stand for no finer times: a frame does not begin 3 ms before its time.
#[test]
fn right_before_a_frame_the_one_before_it_is_on_show() {
    let every_third = format!(
        r"-vf select=not(mod(n\,3)) {}",
        encode_every_frame().join(" ")
    );
    let picture = numbered(160, 128, 3, 0);
    for (file, encoder) in [("a.avi", "-c:v mpeg4 -q:v 3"), ("a.gif", "-c:v gif")] {
        let Some(clip) = Clip::make(file, &format!("{picture} {every_third} {encoder}")) else {
            continue;
        };
        let out = tempfile::tempdir().unwrap();
        let saved = run(
            &clip.path,
            out.path(),
            &["--sizes", "16", "--at", "0.117,1.197,1.2"],
        );
        let found: Vec<_> = numbers(&saved).into_iter().map(|(n, _)| n).collect();
        assert_eq!(found, [0, 27, 30], "{file}");
    }
}

/// In Ogg a tick is as long as a frame, so no time is rounded.
#[test]
fn where_a_tick_is_a_whole_frame_the_frame_on_show_is_no_later_one() {
    let gap = r"-vf select=not(between(n\,60\,83)) -vsync vfr";
    let encoder = "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 1M -g 50";
    let picture = numbered(160, 128, 8, 0);
    let Some(clip) = Clip::make("a.ogg", &format!("{picture} {gap} {encoder}")) else {
        return;
    };
    let expected = [0, 49, 99, 149, 199].map(|n| (n, (160, 128)));
    expect(&clip.path, &[], &expected);
}

#[test]
fn a_container_may_mark_no_keyframes() {
    let picture = numbered(160, 128, 4, 0);
    let Some(clip) = Clip::make("a.swf", &format!("{picture} -c:v flv -g 12 -q:v 3")) else {
        return;
    };
    let expected = [0, 25, 50, 74, 99].map(|n| (n, (160, 128)));
    expect(&clip.path, &[], &expected);
}

/// The frames that are on show at `wanted` even fractions of the time from the first frame to the
/// last.
fn on_show(times: &[i64], wanted: i64) -> Vec<usize> {
    let (first, last) = (times[0], times[times.len() - 1]);
    let frame = |k: i64| {
        let after = |t: &i64| (t - first) * (wanted - 1) > k * (last - first);
        times.iter().position(after).unwrap_or(times.len()) - 1
    };
    let mut frames: Vec<_> = (0..wanted).map(frame).collect();
    frames.dedup();
    frames
}

#[test]
fn where_the_rate_varies_fractions_of_the_duration_count() {
    let vfr = encode_every_frame().join(" ");
    for (file, encoder) in [
        ("a.mp4", H264),
        ("a.mkv", H264),
        ("a.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
        // These have an empty packet for each frame that is left out.
        ("a.avi", "-c:v mpeg4 -q:v 2"),
        ("b.avi", "-c:v mjpeg -pix_fmt yuvj420p"),
    ] {
        for choice in [
            // All frames for two seconds, then few.
            r"lt(n\,60)+not(mod(n\,13))",
            // A still, then movement.
            r"eq(n\,0)+gt(n\,240)",
            r"lt(mod(n\,97)\,40)",
        ] {
            let picture = source("192x108", "30", "10");
            let arguments = format!("{picture} -vf select={choice} {vfr} {encoder}");
            let Some(clip) = Clip::make(file, &arguments) else {
                continue;
            };
            let name = format!("{file} {choice}");
            let times: Vec<_> = packets(&clip.path).into_iter().map(|p| p.0).collect();
            let all = decode(&clip.path);
            if all.len() != times.len() {
                eprintln!("skipped: this encoder put frames that are never shown into {name}");
                continue;
            }
            let out = tempfile::tempdir().unwrap();
            let saved = run(&clip.path, out.path(), &[]);
            expect_positions(&name, &saved, &all, &on_show(&times, 5));
        }
    }
}

/// Where one frame answers several positions it is saved for each.
fn expect_positions(name: &str, saved: &VideoReport, all: &[Pixels], distinct: &[usize]) {
    let find = |file: &String| {
        let pixels = Pixels::read(file);
        all.iter().position(|p| *p == pixels)
    };
    assert_eq!(saved.frames.len(), 5, "{name}");
    let found = saved.frames.iter().map(|f| find(&f.files["original"]));
    let mut found: Vec<_> = found.collect();
    found.dedup();
    let expected: Vec<_> = distinct.iter().copied().map(Some).collect();
    assert_eq!(found, expected, "{name}");
    assert!(fs::exists(saved.out_dir().unwrap()).unwrap());
}
