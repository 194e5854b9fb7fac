//! The same pictures from a URL as from the file. What is far away is looked at from both its ends
//! only, as files of more than 64 MB are.

use std::fs;
use std::path::Path;

use crate::check::{expect_frames, expect_times, run, wanted};
use crate::clip::{Clip, decode, packets, source};
use crate::server::{Ranges, serve};

fn expect_served(file: &str, encoder: &str, ranges: Ranges) {
    for (rate, fps, seconds) in [("30", 30.0, "3"), ("30000/1001", 30_000.0 / 1001.0, "40")] {
        let picture = source("192x108", rate, seconds);
        let Some(clip) = Clip::make(file, &format!("{picture} {encoder}")) else {
            return;
        };
        let name = format!("{file} {encoder} {ranges:?} {seconds} s");
        let url = serve(file, fs::read(&clip.path).unwrap(), ranges);
        let all = decode(&clip.path);
        let out = tempfile::tempdir().unwrap();
        for frames in ["5", "1"] {
            let saved = run(
                Path::new(&url),
                out.path(),
                &["--sizes", "16", "--frames", frames],
            );
            let expected = wanted(all.len(), frames.parse().unwrap());
            expect_frames(&name, &saved, &all, &expected);
            expect_times(&name, &saved, &expected, fps);
        }
    }
}

macro_rules! clips {
    ($($name:ident: $file:literal $encoder:expr;)*) => {
        mod with_ranges {
            use super::*;
            $(#[test]
            fn $name() {
                expect_served($file, $encoder, Ranges::Served);
            })*
        }
        mod without_ranges {
            use super::*;
            $(#[test]
            fn $name() {
                expect_served($file, $encoder, Ranges::Ignored);
            })*
        }
    };
}

const FASTSTART: &str =
    "-c:v libx264 -preset veryfast -bf 3 -g 50 -pix_fmt yuv420p -movflags +faststart";
const H264: &str = "-c:v libx264 -preset veryfast -bf 3 -g 50 -pix_fmt yuv420p";

clips! {
    h264_mp4: "a.mp4" FASTSTART;
    h264_mkv: "a.mkv" H264;
    h264_ts: "a.ts" H264;
    vp9_webm: "a.webm" "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 300k -g 60";
    mjpeg_avi: "a.avi" "-c:v mjpeg -q:v 6 -pix_fmt yuvj420p";
}

#[test]
fn in_keyframe_mode_every_picture_is_a_keyframe() {
    for (file, encoder) in [("a.mp4", FASTSTART), ("a.mkv", H264)] {
        let picture = source("192x108", "30", "30");
        let Some(clip) = Clip::make(file, &format!("{picture} {encoder}")) else {
            return;
        };
        let url = serve(file, fs::read(&clip.path).unwrap(), Ranges::Served);
        let all = decode(&clip.path);
        let keys = packets(&clip.path).into_iter().enumerate();
        let keys: Vec<_> = keys.filter(|(_, p)| p.1).map(|(n, _)| n).collect();
        let before = |n: usize| *keys.iter().rfind(|k| **k <= n).unwrap();
        let expected: Vec<_> = wanted(all.len(), 5).into_iter().map(before).collect();
        let out = tempfile::tempdir().unwrap();
        let saved = run(Path::new(&url), out.path(), &["--seek", "keyframe"]);
        expect_frames(file, &saved, &all, &expected);
    }
}
