//! Recordings that begin in mid-GOP: only what can be decoded and is shown counts as a frame.

use std::fs;
use std::path::Path;

use crate::check::{expect_frames, run, wanted};
use crate::clip::decode;
use crate::numbered::{Joined, numbered, numbers};
use crate::support::few;

/// 500 frames with frames that lead a keyframe, and how many frames lie from one keyframe to the next.
const CODECS: [(&str, usize); 3] = [
    (
        "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -x264-params open-gop=1:keyint=50:bframes=4:b-adapt=0:scenecut=0",
        50,
    ),
    (
        "-c:v libx265 -preset ultrafast -x265-params log-level=error:bframes=3:keyint=50:min-keyint=50:open-gop=1:scenecut=0",
        50,
    ),
    (
        "-c:v mpeg2video -q:v 3 -bf 2 -g 15 -sc_threshold 1000000000",
        15,
    ),
];

/// Panics unless the frames are counted from a keyframe that is not the first, and all is found with
/// one listing and one decoder.
fn expect_cut(file: &Path, encoder: &str, gop: usize) {
    let name = format!("{} {encoder}", file.display());
    let out = tempfile::tempdir().unwrap();
    let saved = run(file, out.path(), &["--sizes", "16"]);
    let exact = numbers(&saved);
    let first = exact[0].0;
    assert!(first > 0 && first.is_multiple_of(gop), "{name}: {exact:?}");
    let frames = wanted(500 - first, 5).into_iter().map(|n| n + first);
    let frames: Vec<_> = frames.collect();
    assert!(
        exact.iter().map(|(n, _)| *n).eq(frames.clone()),
        "{name}: {exact:?}"
    );
    assert_eq!(saved.plan.unwrap().ffmpeg_starts, 2, "{name}");

    let saved = run(file, out.path(), &["--sizes", "16", "--seek", "keyframe"]);
    let keys = numbers(&saved).into_iter().map(|(n, _)| n);
    let nearest = |n: usize| {
        let keys = (first..500).step_by(gop);
        keys.min_by_key(|key| key.abs_diff(n)).unwrap()
    };
    assert!(keys.eq(frames.into_iter().map(nearest)), "{name}");
    assert_eq!(saved.plan.unwrap().ffmpeg_starts, 2, "{name}");
}

#[test]
fn a_transport_stream_cut_anywhere_begins_with_the_first_frame_that_can_be_shown() {
    for (encoder, gop) in CODECS {
        let picture = numbered(320, 192, 20, 0);
        let Some(clip) = Joined::encode("ts", &[format!("{picture} {encoder}")]) else {
            continue;
        };
        let whole = fs::read(clip.bytes("whole.ts")).unwrap();
        let cuts = [whole.len() / 7 + 77, whole.len() / 4, whole.len() / 3 + 1];
        for cut in cuts.into_iter().take(few(1)) {
            expect_cut(&clip.write("cut.ts", &whole[cut..]), encoder, gop);
        }
    }
}

#[test]
fn a_part_that_was_split_off_without_decoding_begins_with_its_keyframe() {
    for (encoder, gop) in CODECS {
        let picture = numbered(320, 192, 20, 0);
        let Some(clip) = Joined::encode("ts", &[format!("{picture} {encoder}")]) else {
            continue;
        };
        for from in ["3.1", "5.5"].into_iter().take(few(1)) {
            expect_cut(&clip.part("cut.mkv", from), encoder, gop);
        }
    }
}

/// Its edit list hides the keyframe before the cut, and the first keyframe that it shows has leading frames, which refer to
/// frames that are shown.
#[test]
fn an_mp4_that_was_cut_without_decoding_begins_in_mid_gop() {
    for (encoder, gop) in CODECS {
        let picture = numbered(320, 192, 20, 0);
        let Some(clip) = Joined::encode("mov", &[format!("{picture} {encoder}")]) else {
            continue;
        };
        let cuts = [("a.mp4", "0.4"), ("a.mov", "3.1")];
        for (name, from) in cuts.into_iter().take(few(1)) {
            let cut = clip.part(name, from);
            let out = tempfile::tempdir().unwrap();
            let all = decode(&cut);
            let saved = run(&cut, out.path(), &["--sizes", "16"]);
            expect_frames(encoder, &saved, &all, &wanted(all.len(), 5));
            let first = numbers(&saved)[0].0;
            assert!(!first.is_multiple_of(gop), "{encoder} {from}: {first}");

            let saved = run(&cut, out.path(), &["--sizes", "16", "--seek", "keyframe"]);
            let keys = numbers(&saved).into_iter().map(|(n, _)| n);
            let nearest = |n: usize| {
                let keys = (0..500).step_by(gop).filter(|key| *key > first);
                keys.min_by_key(|key| key.abs_diff(n + first)).unwrap()
            };
            let frames = wanted(all.len(), 5).into_iter();
            assert!(keys.eq(frames.map(nearest)), "{encoder} {from}");
        }
    }
}

/// ffmpeg makes up the times of the first packets: two frames share one.
#[test]
fn a_matroska_file_that_begins_in_a_pyramid_of_b_frames_has_the_times_of_its_frames() {
    let encoder = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p \
        -x264-params open-gop=1:bframes=5:b-pyramid=normal:keyint=40:scenecut=0:b-adapt=0";
    let picture = numbered(320, 192, 12, 0);
    let Some(clip) = Joined::encode("mp4", &[format!("{picture} {encoder}")]) else {
        return;
    };
    let cut = clip.part("cut.mkv", "3.3");
    let out = tempfile::tempdir().unwrap();
    let saved = run(&cut, out.path(), &["--sizes", "16", "--at", "0,2.53,6,99"]);
    let found: Vec<_> = numbers(&saved).into_iter().map(|(n, _)| n).collect();
    assert_eq!(found, [80, 143, 230, 299]);
    let times = saved.frames.iter().map(|frame| frame.timestamp_seconds);
    assert!(times.eq([0.0, 2.52, 6.0, 8.76]), "{saved:?}");
}
