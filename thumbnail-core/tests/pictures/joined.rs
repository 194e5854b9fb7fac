//! Recordings put one behind the other: the picture changes in mid-stream, the clock starts again
//! or jumps.

use std::path::Path;

use crate::check::run;
use crate::numbered::{Joined, expect, expect_both, numbered, numbers};
use crate::support::few;

/// A keyframe every 50 frames, exactly.
const H264: &str =
    "-pix_fmt yuv420p -c:v libx264 -preset veryfast -g 50 -keyint_min 50 -sc_threshold 0";

const SMALL: (usize, usize) = (320, 240);
const LARGE: (usize, usize) = (640, 480);
const UPRIGHT: (usize, usize) = (240, 320);
const TINY: (usize, usize) = (160, 128);

/// Ten seconds of each size, on one clock that runs on.
fn sizes(sizes: &[(usize, usize)], encoder: &str, ending: &str) -> Option<Joined> {
    let part = |(n, (width, height)): (usize, &(usize, usize))| {
        let picture = numbered(*width, *height, 10, n * 250);
        format!("{picture} {encoder} -output_ts_offset {}", n * 10)
    };
    let parts: Vec<_> = sizes.iter().enumerate().map(part).collect();
    Joined::encode(ending, &parts)
}

#[test]
fn each_frame_has_its_own_size_where_it_changes_in_mid_stream() {
    let two = [SMALL, LARGE];
    let frames = [0, 125, 250, 374, 499].map(|n| (n, two[n / 250]));
    let keys = [0, 100, 250, 350, 450].map(|n| (n, two[n / 250]));
    let Some(clips) = sizes(&two, H264, "ts") else {
        return;
    };
    let ts = clips.bytes("a.ts");
    let names = ["a.ts", "a.mkv", "a.flv", "a.h264"];
    for name in names.into_iter().take(few(2)) {
        let file = match name {
            "a.ts" => ts.clone(),
            name => clips.copy(&ts, name),
        };
        expect_both(&file, &frames, &keys);
    }
}

#[test]
fn a_picture_that_turns_upright_in_mid_stream_is_not_squashed() {
    let two = [SMALL, UPRIGHT];
    let Some(clips) = sizes(&two, H264, "ts") else {
        return;
    };
    let frames = [0, 125, 250, 374, 499].map(|n| (n, two[n / 250]));
    let keys = [0, 100, 250, 350, 450].map(|n| (n, two[n / 250]));
    expect_both(&clips.bytes("a.ts"), &frames, &keys);
}

#[test]
fn three_sizes_in_one_recording_are_no_damage() {
    let three = [SMALL, LARGE, TINY];
    let frames = [0, 187, 374, 562, 749].map(|n| (n, three[n / 250]));
    if let Some(clips) = sizes(&three, H264, "ts") {
        let keys = [0, 200, 350, 550, 700].map(|n| (n, three[n / 250]));
        let file = clips.bytes("a.ts");
        expect_both(&file, &frames, &keys);
    }
    // As in a video call. ffmpeg puts the parts on one clock.
    let vp8 = "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 500k -g 50 -lag-in-frames 0";
    let part = |(n, (width, height)): (usize, &(usize, usize))| {
        format!("{} {vp8}", numbered(*width, *height, 10, n * 250))
    };
    let parts: Vec<_> = three.iter().enumerate().map(part).collect();
    if let Some(clips) = Joined::encode("webm", &parts) {
        expect(&clips.concat("a.webm"), &[], &frames);
    }
}

#[test]
fn frames_are_counted_through_where_the_clock_starts_again() {
    let parts = [0, 250].map(|first| numbered(320, 240, 10, first));
    let frames = [0, 125, 250, 374, 499].map(|n| (n, SMALL));
    for (ending, encoder, step) in [
        ("ts", H264, 50),
        ("ogv", "-c:v libtheora -q:v 7 -g 32", 32),
        (
            "vob",
            "-c:v mpeg2video -g 25 -q:v 3 -sc_threshold 1000000000",
            25,
        ),
        // A keyframe has leading frames.
        (
            "mpg",
            "-c:v mpeg2video -bf 2 -g 24 -q:v 3 -sc_threshold 1000000000",
            24,
        ),
    ]
    .into_iter()
    .take(few(2))
    {
        let parts = parts.clone().map(|part| format!("{part} {encoder}"));
        let Some(clips) = Joined::encode(ending, &parts) else {
            continue;
        };
        let file = clips.bytes(&format!("a.{ending}"));
        expect(&file, &[], &frames);
        let keys = match ending {
            // The headers of the second part pass for frames, so nobody knows the keyframes' numbers.
            "ogv" => frames,
            _ => [0, 125, 250, 374, 499].map(|n| nearest(n, step)),
        };
        expect(&file, &["--seek", "keyframe"], &keys);
    }
}

#[test]
fn a_clock_that_starts_again_is_seen_in_files_too_large_to_be_listed_at_once() {
    const LARGE_BYTES: usize = 70 << 20;
    let parts = [0, 250].map(|first| format!("{} {H264}", numbered(320, 240, 10, first)));
    let Some(clips) = Joined::encode("ts", &parts) else {
        return;
    };
    // A packet of PID 0x1fff holds nothing (ISO/IEC 13818-1, 2.4.3.3).
    let null_packet = [&[0x47, 0x1f, 0xff, 0x10][..], &[0xff; 184]].concat();
    let large = null_packet.repeat(LARGE_BYTES / null_packet.len());
    let frames = [0, 125, 250, 374, 499].map(|n| (n, SMALL));
    let keys = [0, 125, 250, 374, 499].map(|n| nearest(n, 50));
    expect_both(&clips.bytes_around("a.ts", &large), &frames, &keys);
}

/// The keyframe nearest to frame `n` of parts of 250 frames; of two, the earlier.
fn nearest(n: usize, step: usize) -> (usize, (usize, usize)) {
    let keys = (0..500).filter(|key| key % 250 % step == 0);
    (keys.min_by_key(|key| key.abs_diff(n)).unwrap(), SMALL)
}

#[test]
fn frames_are_counted_through_where_the_clock_jumps() {
    let frames = [0, 125, 250, 374, 499].map(|n| (n, SMALL));
    let keys = [0, 125, 250, 374, 499].map(|n| nearest(n, 50));
    for offsets in [[0, 80], [80, 0]] {
        let part = |n: usize| {
            let picture = numbered(320, 240, 10, n * 250);
            format!("{picture} {H264} -output_ts_offset {}", offsets[n])
        };
        let Some(clips) = Joined::encode("ts", &[part(0), part(1)]) else {
            return;
        };
        expect_both(Path::new(&clips.bytes("a.ts")), &frames, &keys);
    }
}

#[test]
fn at_a_moment_in_a_second_part_of_another_rate_its_frame_is_on_show() {
    let slow = format!("{} {H264} -bf 0", numbered(320, 240, 4, 0));
    let fast = format!(
        "{} -vf settb=1/50,setpts=N -r 50 {H264} -bf 0",
        numbered(320, 240, 8, 100)
    );
    let Some(clips) = Joined::encode("ts", &[slow, fast]) else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let options = ["--sizes", "16", "--at", "0,2,4.5,5,5.9"];
    let saved = run(&clips.bytes("a.ts"), out.path(), &options);
    let found: Vec<_> = numbers(&saved).into_iter().map(|(n, _)| n).collect();
    assert_eq!(found, [0, 50, 125, 150, 195]);
    let times = saved.frames.iter().map(|frame| frame.timestamp_seconds);
    assert!(times.eq([0.0, 2.0, 4.5, 5.0, 5.9]), "{saved:?}");
}
