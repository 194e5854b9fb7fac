//! MP4s that show parts of themselves again, and such whose frames share a time.

use std::fs;

use crate::check::{expect_frames, run, wanted};
use crate::clip::{Clip, decode};
use crate::numbered::{numbered, numbers};

/// 75 frames, a keyframe every 25.
fn clip(encoder: &str) -> Option<Clip> {
    let picture = numbered(160, 128, 3, 0);
    let arguments = format!("{picture} -c:v libx264 -preset ultrafast -g 25 {encoder}");
    Clip::make("a.mp4", &arguments)
}

/// Where these bytes end in the file.
fn behind(file: &[u8], bytes: &[u8]) -> usize {
    let found = file.windows(bytes.len()).position(|w| w == bytes);
    found.unwrap() + bytes.len()
}

/// The numbers of the frames that `options` give, and when they are shown.
fn shown(clip: &Clip, options: &[&str]) -> (Vec<usize>, Vec<f64>) {
    let out = tempfile::tempdir().unwrap();
    let saved = run(
        &clip.path,
        out.path(),
        &[&["--sizes", "16"], options].concat(),
    );
    let times = saved.frames.iter().map(|frame| frame.timestamp_seconds);
    let found = numbers(&saved).into_iter().map(|(n, _)| n);
    (found.collect(), times.collect())
}

#[test]
fn an_edit_list_that_shows_the_clip_twice_gives_frames_of_both_times() {
    for encoder in ["-bf 0", "-bf 2"] {
        let Some(clip) = clip(encoder) else {
            return;
        };
        let clip = clip.remade(
            "twice.mp4",
            "-itsoffset 2 -i {} -f lavfi -i sine=d=5 -map 0 -map 1 -c:v copy -c:a mp2",
        );
        // The edit list is an empty edit and one that shows the whole clip: replace the first by the second.
        let mut bytes = fs::read(&clip.path).unwrap();
        let two_edits = b"elst\0\0\0\0\0\0\0\x02";
        let edits = behind(&bytes, two_edits);
        bytes.copy_within(edits + 12..edits + 24, edits);
        fs::write(&clip.path, bytes).unwrap();
        let all = decode(&clip.path);
        let out = tempfile::tempdir().unwrap();
        let saved = run(&clip.path, out.path(), &[]);
        expect_frames(encoder, &saved, &all, &wanted(all.len(), 5));
        let (five, times) = shown(&clip, &[]);
        assert_eq!(five, [0, 37, 74, 37, 74], "{encoder}");
        assert_eq!(times, [0.0, 1.48, 2.96, 4.48, 5.96], "{encoder}");
        let (found, times) = shown(&clip, &["--at", "1,2.98,3,4.5"]);
        assert_eq!(found, [25, 74, 0, 37], "{encoder}");
        assert_eq!(times, [1.0, 2.96, 3.0, 4.48], "{encoder}");
    }
}

#[test]
fn frames_that_share_a_time_are_told_apart_by_their_number() {
    let Some(clip) = clip("-bf 0") else {
        return;
    };
    // One run of 75 frames, of a duration that becomes 0 (ISO/IEC 14496-12, 8.6.1.2).
    let mut bytes = fs::read(&clip.path).unwrap();
    let one_run = b"stts\0\0\0\0\0\0\0\x01\0\0\0\x4b";
    let duration = behind(&bytes, one_run);
    bytes[duration..duration + 4].fill(0);
    fs::write(&clip.path, bytes).unwrap();
    assert_eq!(shown(&clip, &[]).0, [0, 18, 37, 56, 74]);
    let in_keyframe_mode = shown(&clip, &["--seek", "keyframe"]).0;
    assert_eq!(in_keyframe_mode, [0, 25, 25, 50, 50]);
}

#[test]
fn an_edit_that_begins_before_the_first_frame_moves_all_times() {
    let Some(clip) = clip("-bf 2") else {
        return;
    };
    // The only edit begins at the first frame, which is shown two frames after it is decoded. Let it begin with the decoding.
    let mut bytes = fs::read(&clip.path).unwrap();
    let one_edit = b"elst\0\0\0\0\0\0\0\x01";
    let duration = behind(&bytes, one_edit);
    let media_time = duration + 4..duration + 8;
    assert_ne!(bytes[media_time.clone()], [0; 4]);
    bytes[media_time].fill(0);
    // In milliseconds: long enough for the frames that are shown later now.
    bytes[duration..duration + 4].copy_from_slice(&4000_u32.to_be_bytes());
    fs::write(&clip.path, bytes).unwrap();
    assert_eq!(shown(&clip, &[]).0, [0, 18, 37, 56, 74]);
    let (found, times) = shown(&clip, &["--at", "0.3,2.01"]);
    assert_eq!((found, times), (vec![7, 50], vec![0.28, 2.0]));
    let keyframes = shown(&clip, &["--seek", "keyframe"]).0;
    assert_eq!(keyframes, [0, 25, 25, 50, 50]);
}
