//! Of a longer clip only the parts that hold wanted frames are decoded, and the pixels are the
//! same.

use std::fs;
use std::path::Path;

use thumbnail_core::internal::Running;
use thumbnail_core::settings::Settings;
use thumbnail_core::stages::{Deadline, Extraction, Step};
use thumbnail_core::video::{Source, Video};

use crate::check::{expect_frames, expect_times, run, wanted};
use crate::clip::{Clip, decode, packets, source};
use crate::numbered::{Joined, expect, expect_both, numbered};
use crate::server::{Ranges, serve};
use crate::support::{few, ffmpeg_program};

/// How often the command that decodes the wanted frames has this argument. As often as `-i`, there
/// is a place where decoding starts.
fn count(argument: &str, clip: &Path) -> usize {
    let settings = Settings::new(ffmpeg_program(), "unused");
    let videos = Video::list([Source::File(clip.to_owned())]);
    let mut extraction = Extraction::new(&settings, &videos[0]).unwrap();
    loop {
        match extraction.step() {
            Step::Frames(command) => {
                return command.get_args().filter(|a| *a == argument).count();
            }
            Step::Read(command) => {
                let mut running = Running::start(
                    command,
                    Deadline::after(settings.timeout),
                    settings.limits(),
                )
                .unwrap();
                let listing = running.read_all().unwrap();
                let ended = running.finish().unwrap();
                extraction.read(&listing, &ended).unwrap();
            }
            Step::Done => panic!("done without a frame"),
        }
    }
}

/// Several GOPs lie between one wanted frame and the next.
fn long_clip(file: &str, encoder: &str) -> Option<Clip> {
    let picture = source("128x72", "30", "40");
    Clip::make(file, &format!("{picture} {encoder}"))
}

const H264: &str = "-c:v libx264 -preset ultrafast -bf 2 -g 50 -pix_fmt yuv420p";

fn expect_seeking(file: &str, encoder: &str) {
    let Some(clip) = long_clip(file, encoder) else {
        return;
    };
    assert!(count("-i", &clip.path) >= 4, "{file} {encoder}");
    let all = decode(&clip.path);
    let out = tempfile::tempdir().unwrap();
    for frames in ["5", "1", "2", "7"].into_iter().take(few(2)) {
        let name = format!("{file} {encoder} --frames {frames}");
        let saved = run(
            &clip.path,
            out.path(),
            &["--sizes", "16", "--frames", frames],
        );
        let expected = wanted(all.len(), frames.parse().unwrap());
        expect_frames(&name, &saved, &all, &expected);
        expect_times(&name, &saved, &expected, 30.0);
    }
}

/// The rarer ones are left to `.ci/run`: all together take too long.
macro_rules! clips {
    ($($(#[$ignore:ident])? $name:ident: $file:literal $encoder:expr;)*) => {
        $(#[test]
        $(#[$ignore = "slow: .ci/run runs it"])?
        fn $name() {
            expect_seeking($file, $encoder);
        })*
    };
}

clips! {
    h264_mp4: "a.mp4" H264;
    h264_mkv: "a.mkv" H264;
    h264_ts: "a.ts" H264;
    #[ignore] h264_flv: "a.flv" H264;
    #[ignore] h264_open_gop_mkv: "a.mkv" "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -x264-params open-gop=1:keyint=50:bframes=4:b-adapt=0";
    #[ignore] h264_open_gop_mp4: "a.mp4" "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -x264-params open-gop=1:keyint=50:bframes=4:b-adapt=0";
    #[ignore] hevc_open_gop_mp4: "a.mp4" "-c:v libx265 -preset ultrafast -x265-params log-level=error:bframes=3:keyint=50:open-gop=1";
    hevc_mkv: "a.mkv" "-c:v libx265 -preset ultrafast -x265-params log-level=error:bframes=3:keyint=50:open-gop=0";
    vp9_webm: "a.webm" "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 300k -g 60";
    #[ignore] mpeg4_avi: "a.avi" "-c:v mpeg4 -q:v 6 -g 60";
    mpeg4_b_frames_avi: "a.avi" "-c:v mpeg4 -q:v 6 -bf 2 -g 60";
    h264_b_frames_avi: "a.avi" H264;
    #[ignore] h264_pyramid_avi: "a.avi" "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 6 -g 47 -x264-params b-pyramid=normal:b-adapt=0:ref=4";
    #[ignore] h264_open_gop_avi: "a.avi" "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -x264-params open-gop=1:keyint=50:bframes=4:b-adapt=0";
    #[ignore] h264_interlaced_avi: "a.avi" "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -flags +ildct+ilme -bf 2 -g 50";
    // Its keyframes are in a table of their own.
    mpeg2_open_gop_mov: "a.mov" "-c:v mpeg2video -q:v 6 -bf 2 -g 30";
    #[ignore] mpeg2_ts: "a.ts" "-c:v mpeg2video -q:v 6 -bf 2 -g 15";
}

#[test]
fn frames_that_nothing_refers_to_are_left_out() {
    // Every second frame, but for the last of a GOP. Of the wanted ones 899 is among them.
    let encoder =
        "-c:v libx264 -preset ultrafast -g 80 -bf 1 -x264-params b-adapt=0 -pix_fmt yuv420p";
    for (file, left_out) in [("a.mp4", 4), ("a.mov", 4), ("a.mkv", 0)] {
        let Some(clip) = long_clip(file, encoder) else {
            return;
        };
        assert_eq!(count("noref", &clip.path), left_out, "{file}");
        let all = decode(&clip.path);
        let out = tempfile::tempdir().unwrap();
        let saved = run(&clip.path, out.path(), &["--sizes", "16"]);
        let expected = [0, 300, 600, 899, 1199];
        expect_frames(file, &saved, &all, &expected);
        expect_times(file, &saved, &expected, 30.0);
    }
}

#[test]
fn whatever_the_encoder_was_told_leaving_frames_out_changes_no_pixel() {
    let settings = [
        "bframes=3:b-pyramid=normal",
        "bframes=8:b-adapt=2:ref=6:weightp=2",
        "bframes=3:interlaced=1:tff=1",
        "bframes=3:open-gop=1",
        "bframes=3:direct=temporal:slices=4",
        "bframes=3:intra-refresh=1",
    ];
    let picture = source("128x72", "30", "10");
    let mut left_out = 0;
    for setting in settings.into_iter().take(few(3)) {
        let encoder = format!("-c:v libx264 -pix_fmt yuv420p -x264-params keyint=60:{setting}");
        let Some(clip) = Clip::make("a.mp4", &format!("{picture} {encoder}")) else {
            return;
        };
        left_out += count("noref", &clip.path);
        let all = decode(&clip.path);
        let out = tempfile::tempdir().unwrap();
        for frames in ["5", "9"] {
            let options = ["--sizes", "16", "--frames", frames];
            let saved = run(&clip.path, out.path(), &options);
            let expected = wanted(all.len(), frames.parse().unwrap());
            expect_frames(setting, &saved, &all, &expected);
        }
    }
    assert!(left_out > 0);
}

#[test]
fn in_keyframe_mode_the_pictures_are_the_nearest_keyframes() {
    for file in ["a.mp4", "a.mkv", "a.ts"] {
        let Some(clip) = long_clip(file, H264) else {
            return;
        };
        let all = decode(&clip.path);
        let keys = packets(&clip.path).into_iter().enumerate();
        let keys: Vec<_> = keys.filter(|(_, p)| p.1).map(|(n, _)| n).collect();
        let nearest = |n: usize| *keys.iter().min_by_key(|k| k.abs_diff(n)).unwrap();
        for frames in [5, 9] {
            let out = tempfile::tempdir().unwrap();
            let number = frames.to_string();
            let options = ["--sizes", "16", "--seek", "keyframe", "--frames", &number];
            let saved = run(&clip.path, out.path(), &options);
            let expected: Vec<_> = wanted(all.len(), frames).into_iter().map(nearest).collect();
            expect_frames(file, &saved, &all, &expected);
            expect_times(file, &saved, &expected, 30.0);
        }
    }
}

/// 500 frames, each keyframe with frames that are shown before it.
const OPEN_GOPS: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -x264-params open-gop=1:keyint=50:bframes=4:b-adapt=0:scenecut=0";

#[test]
fn in_open_gops_no_keyframe_is_missed_or_late() {
    let picture = numbered(320, 192, 20, 0);
    let Some(clip) = Joined::encode("ts", &[format!("{picture} {OPEN_GOPS}")]) else {
        return;
    };
    let exact = [0, 125, 250, 374, 499].map(|n| (n, (320, 192)));
    let keys = [0, 100, 250, 350, 450].map(|n| (n, (320, 192)));
    let ts = clip.bytes("a.ts");
    let mkv = clip.copy(&ts, "a.mkv");
    // From a server only both ends are listed.
    let url = serve("a.mkv", fs::read(&mkv).unwrap(), Ranges::Served);
    for video in [&ts, &mkv, Path::new(&url)] {
        expect_both(video, &exact, &keys);
    }
}

#[test]
fn a_program_stream_is_sought_although_it_leaves_out_times() {
    let picture = numbered(320, 192, 20, 0);
    let encoder = "-c:v mpeg2video -q:v 3 -bf 2 -g 15 -sc_threshold 1000000000";
    let Some(clip) = Joined::encode("vob", &[format!("{picture} {encoder}")]) else {
        return;
    };
    let exact = [0, 125, 250, 374, 499].map(|n| (n, (320, 192)));
    let keys = [0, 120, 255, 375, 495].map(|n| (n, (320, 192)));
    expect_both(&clip.bytes("a.vob"), &exact, &keys);
}

/// Expects so many frames, spread over a clip of `count` numbered ones of 160x128.
fn expect_spread(clip: &Clip, count: usize, frames: [usize; 2]) {
    for frames in frames {
        let expected = wanted(count, frames).into_iter().map(|n| (n, (160, 128)));
        let expected: Vec<_> = expected.collect();
        expect(&clip.path, &["--frames", &frames.to_string()], &expected);
    }
}

/// After a seek in NUT, ffmpeg guesses the times of the B-frames that lead a keyframe.
#[test]
fn guessed_times_at_one_end_do_not_distort_the_frame_rate() {
    // With sound of 6 MB, so that only both ends are listed.
    let picture = numbered(160, 128, 30, 0);
    let sound = "-f lavfi -i anoisesrc=d=30:r=96000 -c:a pcm_s16le";
    let encoder = "-c:v mpeg4 -q:v 3 -bf 2 -g 50";
    let Some(clip) = Clip::make("a.nut", &format!("{picture} {sound} {encoder}")) else {
        return;
    };
    expect_spread(&clip, 750, [5, 7]);
}

#[test]
fn hundreds_of_frames_are_picked_in_one_pass() {
    let picture = numbered(160, 128, 6, 0);
    let Some(clip) = Clip::make("a.avi", &format!("{picture} -c:v mpeg4 -q:v 3 -g 50")) else {
        return;
    };
    expect_spread(&clip, 150, [120, 1000]);
}

#[test]
fn one_gop_in_keyframe_mode_gives_the_same_picture_for_every_position() {
    let picture = source("128x72", "30", "3");
    for file in ["a.mp4", "a.mkv"] {
        let clip = Clip::make(
            file,
            &format!("{picture} -c:v libx264 -g 500 -pix_fmt yuv420p"),
        );
        let Some(clip) = clip else { return };
        let out = tempfile::tempdir().unwrap();
        let options = ["--sizes", "16", "--seek", "keyframe"];
        let saved = run(&clip.path, out.path(), &options);
        expect_frames(file, &saved, &decode(&clip.path), &[0; 5]);
    }
}

/// Of files of more than 64 MB not all keyframes are listed.
#[test]
fn in_a_large_file_each_position_has_the_nearest_keyframe_too() {
    const SIZE: (usize, usize) = (160, 128);
    // Three megabytes a second.
    let sound = "-f lavfi -i anullsrc=r=96000:cl=7.1 -c:a pcm_s32le -t 24";
    for (ending, gop, encoder) in [
        (
            "mkv",
            50,
            "-c:v libx264 -preset ultrafast -bf 3 -x264-params scenecut=0",
        ),
        ("avi", 48, "-c:v mpeg4 -sc_threshold 1000000000"),
        (
            "nut",
            36,
            "-c:v libx264 -preset ultrafast -bf 0 -x264-params scenecut=0",
        ),
    ] {
        let picture = numbered(SIZE.0, SIZE.1, 24, 0);
        let keyframes = format!("-g {gop} -keyint_min {gop}");
        let video = format!("{picture} {sound} {encoder} {keyframes} -pix_fmt yuv420p");
        let Some(clip) = Joined::encode(ending, &[video]) else {
            continue;
        };
        assert!(fs::metadata(&clip.parts()[0]).unwrap().len() > 64 << 20);
        let keys = || (0..600_usize).step_by(gop);
        let nearest = |n: usize| keys().min_by_key(|key| key.abs_diff(n)).unwrap();
        for count in [5, 7] {
            let expected = wanted(600, count).into_iter().map(|n| (nearest(n), SIZE));
            let options = ["--seek", "keyframe", "--frames", &count.to_string()];
            expect(&clip.parts()[0], &options, &expected.collect::<Vec<_>>());
        }
    }
}
