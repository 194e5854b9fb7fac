//! The same pictures from a URL as from the file. What is far away is looked at from both its ends
//! only, as files of more than 64 MB are.

use std::fs;
use std::path::Path;

use crate::check::{expect_frames, expect_times, run, wanted};
use crate::clip::{Clip, Pixels, decode, packets, source};
use crate::server::{Ranges, serve};
use crate::support::{MODELS, report};

fn expect_served(file: &str, encoder: &str) {
    for (rate, fps, seconds) in [("30", 30.0, "3"), ("30000/1001", 30_000.0 / 1001.0, "40")] {
        let picture = source("128x72", rate, seconds);
        let Some(clip) = Clip::make(file, &format!("{picture} {encoder}")) else {
            return;
        };
        let all = decode(&clip.path);
        for ranges in [Ranges::Served, Ranges::Ignored] {
            let name = format!("{file} {encoder} {ranges:?} {seconds} s");
            let url = serve(file, fs::read(&clip.path).unwrap(), ranges);
            let out = tempfile::tempdir().unwrap();
            for frames in ["5", "1"] {
                let options = ["--sizes", "16", "--frames", frames];
                let saved = run(Path::new(&url), out.path(), &options);
                let expected = wanted(all.len(), frames.parse().unwrap());
                expect_frames(&name, &saved, &all, &expected);
                expect_times(&name, &saved, &expected, fps);
            }
        }
    }
}

/// The rarer ones are left to `.ci/run`: all together take too long.
macro_rules! clips {
    ($($(#[$ignore:ident])? $name:ident: $file:literal $encoder:expr;)*) => {
        $(#[test]
        $(#[$ignore = "slow: .ci/run runs it"])?
        fn $name() {
            expect_served($file, $encoder);
        })*
    };
}

const FASTSTART: &str =
    "-c:v libx264 -preset ultrafast -bf 3 -g 50 -pix_fmt yuv420p -movflags +faststart";
const H264: &str = "-c:v libx264 -preset ultrafast -bf 3 -g 50 -pix_fmt yuv420p";

clips! {
    h264_mp4: "a.mp4" FASTSTART;
    #[ignore] h264_mkv: "a.mkv" H264;
    #[ignore] h264_ts: "a.ts" H264;
    vp9_webm: "a.webm" "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 300k -g 60";
    #[ignore] mjpeg_avi: "a.avi" "-c:v mjpeg -q:v 6 -pix_fmt yuvj420p";
}

/// From keyframe to keyframe.
const GOP: usize = 50;

#[test]
fn in_keyframe_mode_every_picture_is_a_keyframe() {
    for (file, encoder) in [("a.mp4", FASTSTART), ("a.mkv", H264)] {
        let picture = source("128x72", "30", "30");
        let Some(clip) = Clip::make(file, &format!("{picture} {encoder}")) else {
            return;
        };
        let url = serve(file, fs::read(&clip.path).unwrap(), Ranges::Served);
        let all = decode(&clip.path);
        let keys = packets(&clip.path).into_iter().enumerate();
        let keys: Vec<_> = keys.filter(|(_, p)| p.1).map(|(n, _)| n).collect();
        let out = tempfile::tempdir().unwrap();
        let saved = run(Path::new(&url), out.path(), &["--seek", "keyframe"]);
        assert_eq!(saved.frames.len(), 5, "{file}");
        for (frame, wanted) in saved.frames.iter().zip(wanted(all.len(), 5)) {
            let pixels = Pixels::read(&frame.files["original"]);
            let found = all.iter().position(|p| *p == pixels).unwrap();
            assert!(keys.contains(&found), "{file}: {found} is no keyframe");
            // Without a list of keyframes it may be the one before the nearest (versions differ),
            // but no other.
            assert!(
                found.abs_diff(wanted) <= GOP,
                "{file}: {found} for {wanted}"
            );
        }
    }
}

#[test]
fn of_fragments_that_cannot_be_sought_the_keyframes_are_those_wanted_all_the_same() {
    let picture = source("128x72", "30", "20");
    let encoder = "-c:v libx264 -preset ultrafast -bf 2 -g 50 -pix_fmt yuv420p";
    let fragments = "-movflags frag_keyframe+empty_moov+default_base_moof";
    let Some(clip) = Clip::make("a.mp4", &format!("{picture} {encoder} {fragments}")) else {
        return;
    };
    let all = decode(&clip.path);
    for ranges in [Ranges::Ignored, Ranges::Served] {
        let url = serve("a.mp4", fs::read(&clip.path).unwrap(), ranges);
        let out = tempfile::tempdir().unwrap();
        let options = ["--sizes", "16", "--seek", "keyframe"];
        let saved = run(Path::new(&url), out.path(), &options);
        assert_eq!(saved.frames.len(), 5, "{ranges:?}");
        for (frame, wanted) in saved.frames.iter().zip(wanted(all.len(), 5)) {
            let pixels = Pixels::read(&frame.files["original"]);
            let found = all.iter().position(|p| *p == pixels).unwrap();
            assert_eq!(found % GOP, 0, "{ranges:?}: {found} is no keyframe");
            assert!(
                found.abs_diff(wanted) <= GOP,
                "{ranges:?}: {found} for {wanted}"
            );
        }
    }
}

#[test]
fn a_server_that_cannot_give_the_index_at_the_end_is_told_to_be_the_reason() {
    let picture = source("128x72", "30", "20");
    let encoder = "-c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p";
    let Some(clip) = Clip::make("a.mp4", &format!("{picture} {encoder}")) else {
        return;
    };
    let url = serve("a.mp4", fs::read(&clip.path).unwrap(), Ranges::Ignored);
    for model in MODELS {
        for seek in ["exact", "keyframe"] {
            let out = clip.directory.path().join("out");
            let report = report(model, &out, &["--seek", seek], &[url.clone().into()]);
            let error = report.videos[0].error.as_deref().unwrap_or("none");
            let reason = "its index is at its end, and the server cannot serve parts of a file: \
                          download it and give the file";
            assert!(error.ends_with(reason), "{model} {seek}: {error}");
        }
    }
}

#[test]
fn an_address_that_is_not_there_is_told_with_what_the_server_answers() {
    let url = serve("a.mp4", Vec::new(), Ranges::NoFile);
    let directory = tempfile::tempdir().unwrap();
    for model in MODELS {
        let report = report(model, directory.path(), &[], &[url.clone().into()]);
        let error = report.videos[0].error.as_deref().unwrap_or("none");
        let expected = format!("{url} cannot be read (");
        assert!(error.starts_with(&expected), "{model}: {error}");
        assert!(error.contains("404 Not Found)"), "{model}: {error}");
    }
}
