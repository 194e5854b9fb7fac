//! Of a long MP4, ffmpeg reads an index of the wanted frames instead of the whole one. The frames are the same.

use std::fs;
use std::path::Path;

use thumbnail_core::measure::report::{Status, VideoReport, Way};

use crate::check::{expect_frames, expect_times, run, wanted};
use crate::clip::{Clip, decode, packets};
use crate::numbered::numbered;
use crate::support::{demo, few, parse};
use crate::version::of_decoder_in_full;

/// How many seconds and frames a clip has.
const SECONDS: usize = 60;
const FRAMES: usize = SECONDS * 25;

/// From keyframe to keyframe there are 40 frames.
const X264: &str = "-c:v libx264 -preset veryfast -g 40 -keyint_min 40 -sc_threshold 0";
const X265: &str = "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=40:min-keyint=40:scenecut=0:open-gop";
const WITHOUT_SCENES: &str = "-q:v 3 -g 40 -bf 2 -sc_threshold 1000000000";

/// A minute of numbered frames.
fn minute(name: &str, encoder: &str) -> Option<Clip> {
    Clip::make(name, &format!("{} {encoder}", numbered(64, 48, SECONDS, 0)))
}

/// The numbers of the keyframes that are nearest to the wanted frames.
fn nearest_keyframes(clip: &Path, wanted: &[usize]) -> Vec<usize> {
    let keys = (0..).zip(packets(clip)).filter(|(_, (_, key))| *key);
    let keys: Vec<usize> = keys.map(|(n, _)| n).collect();
    let nearest = |n: &usize| keys.iter().copied().min_by_key(|key| key.abs_diff(*n));
    wanted.iter().filter_map(nearest).collect()
}

#[test]
fn of_a_long_mp4_the_frames_are_those_of_a_plain_decode() {
    let encoders = [
        ("a.mp4", format!("{X264} -bf 2")),
        ("a.mov", format!("{X264} -bf 0 -movflags faststart")),
        (
            "a.mp4",
            format!("{X264} -bf 2 -movflags frag_keyframe+delay_moov"),
        ),
        ("a.mp4", format!("{X265}=0")),
        ("a.mp4", format!("{X264} -x264-params open-gop=1:bframes=3")),
        ("a.mp4", format!("{X265}=1")),
        ("a.mov", format!("-c:v mpeg2video {WITHOUT_SCENES}")),
        ("a.mp4", format!("-c:v mpeg4 {WITHOUT_SCENES}")),
        (
            "a.mp4",
            "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 40 -keyint_min 40".into(),
        ),
        ("a.mov", "-c:v prores_ks".into()),
        (
            "a.mp4",
            format!("{X264} -video_track_timescale 12345 -output_ts_offset 3"),
        ),
        (
            "a.mp4",
            format!("-f lavfi -i sine=d=60 -c:a aac {X264} -aspect 3:1 -colorspace bt709"),
        ),
        (
            "a.mp4",
            format!("{X264} -bf 2 -movflags frag_keyframe+empty_moov"),
        ),
        (
            "a.mp4",
            format!("{X264} -movflags frag_keyframe+delay_moov+negative_cts_offsets"),
        ),
        (
            "a.mp4",
            format!("{X264} -movflags frag_keyframe+delay_moov -output_ts_offset 1.7"),
        ),
        (
            "a.mp4",
            format!("-f lavfi -i sine=d=60 -c:a aac {X265}=0 -movflags cmaf+frag_keyframe"),
        ),
    ];
    let exact = wanted(FRAMES, 5);
    for (name, encoder) in encoders.iter().take(few(4)) {
        let Some(clip) = minute(name, encoder) else {
            continue;
        };
        let all = decode(&clip.path);
        assert_eq!(all.len(), FRAMES, "{encoder}");
        let keyframes = nearest_keyframes(&clip.path, &exact);
        for (seek, expected) in [("exact", &exact), ("keyframe", &keyframes)] {
            let out = tempfile::tempdir().unwrap();
            let saved = run(&clip.path, out.path(), &["--sizes", "16", "--seek", seek]);
            let name = format!("{encoder} {seek}");
            expect_frames(&name, &saved, &all, expected);
            expect_times(&name, &saved, expected, 25.0);
            // Told to skip all but keyframes, 4.1 gives none of HEVC.
            if of_decoder_in_full() != "4.1" || !encoder.contains("x265") {
                assert_eq!(saved.plan.unwrap().way, Way::Planned, "{name}");
            }
        }
    }
}

/// A demo's report of the clip in keyframe mode, with `temporary` as the directory for temporary files.
fn report(clip: &Path, temporary: &Path) -> VideoReport {
    let out = tempfile::tempdir().unwrap();
    let output = demo("single")
        .env("TMPDIR", temporary)
        .args([
            "--delay", "0s", "--sizes", "16", "--json", "-", "--seek", "keyframe", "--out",
        ])
        .args([out.path(), clip])
        .output()
        .unwrap();
    let saved = parse(&output).videos.remove(0);
    assert_eq!(saved.status(), Status::Success, "{:?}", saved.error);
    expect_frames("", &saved, &decode(clip), &[0, 360, 760, 1120, 1480]);
    saved
}

#[cfg(unix)]
#[test]
fn the_excerpt_is_removed_and_can_be_done_without() {
    let Some(clip) = minute("a.mp4", X264) else {
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    // Of 38 keyframes: the wanted ones, and one more that is among the first frames of the video. So an excerpt was read.
    assert_eq!(
        report(&clip.path, temporary.path())
            .plan
            .unwrap()
            .frames_decoded,
        Some(6)
    );
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
    report(&clip.path, Path::new("/nonexistent"));
    // In an address with an excerpt, a bar ends a name.
    let odd = clip.path.with_file_name("a|b: c.mp4");
    fs::rename(&clip.path, &odd).unwrap();
    report(&odd, temporary.path());
}

/// Panics unless `options` give these frames of the clip, as a plain decode does.
fn expect(clip: &Clip, encoder: &str, options: &[&str], expected: &[usize]) {
    let out = tempfile::tempdir().unwrap();
    let saved = run(
        &clip.path,
        out.path(),
        &[&["--sizes", "16"], options].concat(),
    );
    let name = format!("{encoder} {options:?}");
    expect_frames(&name, &saved, &decode(&clip.path), expected);
}

/// Panics unless the wanted frames of a clip come out right, each of whose frames is said to be a keyframe and is none.
fn expect_wanted_frames_as_keyframes(clip: &Clip, encoder: &str) {
    expect(clip, encoder, &["--seek", "keyframe"], &wanted(FRAMES, 5));
    let close = ["--at", "0.2,0.6,0.8,20"];
    expect(clip, encoder, &close, &[5, 15, 20, 500]);
}

#[test]
fn without_a_list_of_keyframes_no_picture_is_predicted_from_a_wrong_one() {
    let encoders = [
        X264.to_owned(),
        format!("{X265}=0"),
        format!("-c:v mpeg4 {WITHOUT_SCENES}"),
        "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 40".into(),
    ];
    for encoder in encoders.iter().take(few(1)) {
        let Some(clip) = minute("a.mp4", encoder) else {
            continue;
        };
        let mut bytes = fs::read(&clip.path).unwrap();
        let at = bytes.windows(4).rposition(|name| name == b"stss").unwrap();
        bytes[at..at + 4].copy_from_slice(b"free");
        fs::write(&clip.path, bytes).unwrap();
        expect(&clip, encoder, &[], &wanted(FRAMES, 5));
        expect_wanted_frames_as_keyframes(&clip, encoder);
    }
}

#[test]
fn a_codec_whose_packets_are_all_called_keyframes_has_the_right_pictures() {
    // Each picture is made of parts of earlier ones, and yet ffmpeg calls it intra-coded.
    let encoder = "-pix_fmt rgb555 -c:v rpza";
    let Some(clip) = minute("a.mov", encoder) else {
        return;
    };
    expect_wanted_frames_as_keyframes(&clip, encoder);
}

#[test]
fn frames_between_two_wanted_ones_are_decoded_where_no_picture_is_all_intra_coded() {
    let encoder = "-c:v libx264 -preset veryfast -x264-params intra-refresh=1:keyint=5:bframes=0";
    let Some(clip) = minute("a.mp4", encoder) else {
        return;
    };
    expect(&clip, encoder, &["--at", "0.16,0.64"], &[4, 16]);
    expect(&clip, encoder, &["--frames", "60"], &wanted(FRAMES, 60));
}

/// 4.1 seeks earlier than it is told, and does not notice where the frames before are others than in the video.
#[test]
fn a_seek_that_leads_too_far_back_crosses_no_gap() {
    for gop in [4, 120].into_iter().take(few(1)) {
        let encoder = format!("-r 60 {X265}=1:keyint={gop}:min-keyint={gop}:bframes=2");
        let Some(clip) = minute("a.mp4", &encoder) else {
            return;
        };
        let count = decode(&clip.path).len();
        for frames in ["5", "7"].into_iter().take(few(1)) {
            let expected = wanted(count, frames.parse().unwrap());
            expect(&clip, &encoder, &["--frames", frames], &expected);
        }
    }
}
