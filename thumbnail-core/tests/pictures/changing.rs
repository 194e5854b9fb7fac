//! Streams whose frames are not alike: whatever changes midway, each saved frame is, pixel for pixel, that which a
//! plain decode gives of its part alone.

use std::path::Path;

use crate::check::{expect_frames, run, wanted};
use crate::clip::{Pixels, decode, decode_with_alpha};
use crate::numbered::{self, Joined, expect_both, numbered};
use crate::support::{few, report};

/// So many frames has each part, with a keyframe every `GOP`.
const FRAMES: usize = 50;
const GOP: usize = 5;

const H264: &str = "-c:v libx264 -preset veryfast -g 5 -keyint_min 5 -sc_threshold 0";

const SMALL: (usize, usize) = (320, 240);
/// As wide as HD, which is what counts.
const HD: (usize, usize) = (1280, 128);

/// Panics unless the saved frames of `video` are these frames of all, and in keyframe mode the nearest keyframes.
fn expect(name: &str, video: &Path, all: &[Pixels]) {
    let exact = wanted(all.len(), 5);
    let keys = (0..all.len()).step_by(GOP);
    let nearest = |n: &usize| keys.clone().min_by_key(|key| key.abs_diff(*n)).unwrap();
    let keyframes: Vec<_> = exact.iter().map(nearest).collect();
    for (mode, expected) in [("exact", exact), ("keyframe", keyframes)] {
        let out = tempfile::tempdir().unwrap();
        let saved = run(video, out.path(), &["--sizes", "16", "--seek", mode]);
        expect_frames(&format!("{name} {mode}"), &saved, all, &expected);
    }
}

/// Two parts on one clock: their sizes and encoders.
fn two(ending: &str, parts: [((usize, usize), &str); 2]) -> Option<Joined> {
    let part = |(n, ((width, height), encoder)): (usize, ((usize, usize), &str))| {
        let picture = numbered(width, height, FRAMES / 25, n * FRAMES);
        format!("{picture} {encoder} -output_ts_offset {}", n * FRAMES / 25)
    };
    let parts: Vec<_> = parts.into_iter().enumerate().map(part).collect();
    Joined::encode(ending, &parts)
}

#[test]
fn pixel_formats_and_tags_that_change_midway_are_those_of_each_frame() {
    let plain = "-pix_fmt yuv420p -colorspace smpte170m";
    let others = [
        "-pix_fmt yuv444p -colorspace smpte170m",
        "-pix_fmt yuv420p10le -colorspace smpte170m",
        "-pix_fmt yuv420p -colorspace bt709",
        "-pix_fmt yuvj420p -colorspace smpte170m",
        "-pix_fmt yuvj444p -colorspace bt709",
    ];
    // Each of them before and after the plain one, with a size that changes and one that does not.
    for case in (0..4 * others.len()).take(few(others.len())) {
        let (other, round) = (case % others.len(), case / others.len());
        let mut formats = [plain, others[other]];
        if (other + round) % 2 == 1 {
            formats.reverse();
        }
        let size = [SMALL, (640, 480)][(other / 2 + round / 2) % 2];
        let [before, after] = formats.map(|format| format!("{H264} {format}"));
        let Some(clips) = two("ts", [(SMALL, &before), (size, &after)]) else {
            return;
        };
        let all: Vec<_> = clips.parts().iter().flat_map(|p| decode(p)).collect();
        expect(&format!("{formats:?} {size:?}"), &clips.bytes("a.ts"), &all);
    }
}

/// ffmpeg numbers its pictures from 0 again at the change, and drops those whose numbers it has had.
#[test]
fn the_part_after_the_change_may_be_the_shorter_one() {
    let (small, large) = ((160, 128), (320, 192));
    for (ending, encoder) in [
        ("ts", "-c:v libx264 -bf 2 -g 25"),
        ("mkv", "-c:v libx264 -bf 2 -g 25"),
        (
            "webm",
            "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25",
        ),
    ] {
        let part = |(width, height), seconds, first| {
            let picture = numbered(width, height, seconds, first);
            let offset = if ending == "ts" { first / 25 } else { 0 };
            format!("{picture} {encoder} -pix_fmt yuv420p -output_ts_offset {offset}")
        };
        let Some(clips) = Joined::encode(ending, &[part(small, 4, 0), part(large, 1, 100)]) else {
            continue;
        };
        let name = format!("a.{ending}");
        let video = match ending {
            "ts" => clips.bytes(&name),
            _ => clips.concat(&name),
        };
        let frame = |n| (n, if n < 100 { small } else { large });
        let (exact, keys) = ([0, 31, 62, 93, 124], [0, 25, 50, 100, 100]);
        expect_both(&video, &exact.map(frame), &keys.map(frame));
    }
}

#[test]
fn frames_without_tags_go_by_their_own_size_where_it_changes_midway() {
    let untagged = format!("{H264} -pix_fmt yuv420p");
    let high = format!("{untagged} -colorspace bt709");
    for sizes in [[SMALL, HD], [HD, SMALL]].into_iter().take(few(1)) {
        let Some(clips) = two("ts", [(sizes[0], &untagged), (sizes[1], &untagged)]) else {
            return;
        };
        // The same pictures, with the tag that they should be taken to have.
        let meant = sizes.map(|size| if size == HD { &high } else { &untagged });
        let meant = two("ts", [(sizes[0], meant[0]), (sizes[1], meant[1])]).unwrap();
        let all: Vec<_> = meant.parts().iter().flat_map(|p| decode(p)).collect();
        expect("a.ts", &clips.bytes("a.ts"), &all);
        // In these the container tells one size for all.
        for ending in ["mp4", "mkv"] {
            let part = |n: usize| {
                let (width, height) = sizes[n];
                let picture = numbered(width, height, FRAMES / 25, n * FRAMES);
                format!("{picture} {untagged}")
            };
            let clips = Joined::encode(ending, &[part(0), part(1)]).unwrap();
            let name = format!("a.{ending}");
            expect(&name, &clips.concat(&name), &all);
        }
    }
}

#[test]
fn an_alpha_channel_that_comes_or_goes_midway_is_that_of_each_frame() {
    let size = (320, 180);
    let opaque = "-f lavfi -i testsrc2=s=320x180:r=25:d=2,format=rgb24";
    let transparent = "-f lavfi -i testsrc2=s=320x180:r=25:d=2:alpha=96,format=rgba";
    let with = |picture, encoder, format| format!("{picture} {encoder} -pix_fmt {format}");
    for (ending, encoder, formats) in [
        ("mov", "-c:v png", ["rgb24", "rgba"]),
        // All of them keyframes, but few: the wanted ones are reached in one go.
        ("mkv", "-c:v ffv1 -level 1 -g 1", ["yuv420p", "yuva420p"]),
        ("mkv", "-c:v ffv1 -level 1 -g 1", ["bgr0", "bgra"]),
        ("mkv", "-c:v png", ["rgb24", "rgba"]),
    ]
    .into_iter()
    .take(few(2))
    {
        let parts = [
            with(opaque, encoder, formats[0]),
            with(transparent, encoder, formats[1]),
        ];
        for order in [[0, 1], [1, 0]] {
            let Some(clips) = Joined::encode(ending, &order.map(|n| parts[n].clone())) else {
                continue;
            };
            let decode_part = |n: usize| match order[n] {
                0 => decode(&clips.parts()[n]),
                _ => decode_with_alpha(&clips.parts()[n], size, None),
            };
            let all: Vec<_> = (0..2).flat_map(decode_part).collect();
            let name = format!("a.{ending}");
            let video = clips.concat(&name);
            let out = tempfile::tempdir().unwrap();
            let saved = run(&video, out.path(), &["--sizes", "16"]);
            let name = format!("{name} {encoder} {formats:?} {order:?}");
            expect_frames(&name, &saved, &all, &wanted(all.len(), 5));
        }
    }
}

/// A decoder that cannot follow gives no frames from there on: those before are not all of them.
#[test]
fn a_change_that_the_decoder_does_not_follow_gives_no_wrong_frames() {
    let part = |format| {
        format!("-f lavfi -i testsrc2=s=320x180:r=25:d=1.2 -pix_fmt {format} -c:v ffv1 -g 5")
    };
    let Some(clips) = Joined::encode("mkv", &[part("gbrp"), part("bgra")]) else {
        return;
    };
    let video = clips.concat("a.mkv");
    let out = tempfile::tempdir().unwrap();
    let report = report("single", out.path(), &["--seek", "keyframe"], &[video]);
    let error = report.videos[0].error.as_ref().expect("frames are missing");
    assert!(error.contains("30 of its 60 frames"), "{error}");
}

/// From 7.0 on, ffmpeg waits for ever if a format changes in a segment behind others, which are done.
#[test]
fn a_change_right_behind_the_last_wanted_frame_of_several_segments_hangs_nothing() {
    let part = |number: usize, matrix| {
        let picture = numbered(160, 128, 4, number * 100);
        let offset = number * 4;
        format!("{picture} {H264} -g 25 -colorspace {matrix} -output_ts_offset {offset}")
    };
    let parts = [part(0, "bt709"), part(1, "smpte170m")];
    let Some(clips) = Joined::encode("ts", &parts) else {
        return;
    };
    let wanted = [0, 35, 60, 99].map(|n| (n, (160, 128)));
    numbered::expect(&clips.bytes("a.ts"), &["--at", "0,1.4,2.4,3.96"], &wanted);
}
