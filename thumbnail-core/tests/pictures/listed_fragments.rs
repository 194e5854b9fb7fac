//! What is listed of fragmented MP4s without ffmpeg is what ffmpeg lists.

use std::fs;

use crate::clip::{Clip, source};
use crate::listed::{by_ffmpeg, listed};

const SOUND: &str = "-f lavfi -i sine=d=4 -c:a aac";
const H264: &str = "-c:v libx264 -bf 3 -g 20";
const EMPTY: &str = "-movflags frag_keyframe+empty_moov";

/// What each is encoded with, and the name of its codec in ffmpeg.
const PLAIN: [(&str, &str, &str, &str); 20] = [
    ("", H264, EMPTY, "h264"),
    ("", "-c:v libx264 -bf 0 -g 20", EMPTY, "h264"),
    (SOUND, H264, EMPTY, "h264"),
    (
        SOUND,
        H264,
        "-movflags frag_keyframe+empty_moov+default_base_moof",
        "h264",
    ),
    (
        SOUND,
        H264,
        "-movflags frag_keyframe+empty_moov+omit_tfhd_offset",
        "h264",
    ),
    // With an edit list, and with one that begins later.
    (SOUND, H264, "-movflags frag_keyframe+delay_moov", "h264"),
    (
        "",
        H264,
        "-movflags frag_keyframe+delay_moov -output_ts_offset 1.7",
        "h264",
    ),
    // As Chrome and OBS write them.
    (
        "",
        H264,
        "-movflags frag_keyframe+empty_moov+negative_cts_offsets",
        "h264",
    ),
    (
        SOUND,
        H264,
        "-movflags frag_keyframe+delay_moov+negative_cts_offsets",
        "h264",
    ),
    (SOUND, H264, "-movflags cmaf+frag_keyframe", "h264"),
    ("", H264, "-movflags frag_every_frame+empty_moov", "h264"),
    (
        SOUND,
        H264,
        "-movflags empty_moov -frag_duration 300000",
        "h264",
    ),
    (
        SOUND,
        H264,
        "-movflags frag_keyframe+empty_moov -min_frag_duration 1500000",
        "h264",
    ),
    (
        SOUND,
        H264,
        "-movflags empty_moov+separate_moof -frag_duration 500000",
        "h264",
    ),
    (
        "",
        "-c:v libx264 -x264-params open-gop=1:keyint=20",
        EMPTY,
        "h264",
    ),
    (
        "",
        "-c:v libx265 -x265-params log-level=none:open-gop=1:keyint=20",
        EMPTY,
        "hevc",
    ),
    (
        "",
        "-c:v libx265 -tag:v hvc1 -x265-params log-level=none",
        "-movflags cmaf+frag_keyframe",
        "hevc",
    ),
    (
        "",
        "-c:v libaom-av1 -cpu-used 8 -usage realtime -g 20",
        EMPTY,
        "av1",
    ),
    (
        "",
        "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 20",
        EMPTY,
        "vp9",
    ),
    ("", "-c:v mpeg4 -bf 2 -g 20", EMPTY, "mpeg4"),
];

#[test]
#[ignore = "slow: .ci/run runs it"]
fn plain_fragments() {
    for (sound, encoder, fragments, codec) in PLAIN {
        let input = source("320x180", "25", "4");
        let arguments = format!("{input} {sound} {encoder} {fragments} -pix_fmt yuv420p");
        let Some(clip) = Clip::make("a.mp4", &arguments) else {
            continue;
        };
        let listed = listed(&clip.path).unwrap_or_else(|| panic!("{arguments}: not listed"));
        assert_eq!(listed.codec, codec);
        let (theirs, _) = by_ffmpeg(&clip.path);
        // Up to 4.4 ffmpeg has no parser for AV1, finds no keyframe, and lists nothing.
        if codec != "av1" || !theirs.is_empty() {
            assert_eq!(listed.packets, theirs, "{arguments}");
        }
        assert_eq!(listed.packets.len(), 100, "{arguments}");
    }
}

#[test]
fn others_are_left_to_ffmpeg() {
    let input = source("320x180", "25", "4");
    for options in [
        // The first fragment is in the `moov` box; there are indexes of the fragments; two videos; an edit that cuts.
        "-movflags frag_keyframe",
        "-movflags dash+frag_keyframe+empty_moov",
        "-movflags frag_keyframe+empty_moov+global_sidx",
        "-movflags frag_keyframe+empty_moov -map 0 -map 0",
        "-movflags frag_keyframe+delay_moov -output_ts_offset -1",
        "-movflags +faststart",
    ] {
        let arguments = format!("{input} {options} {H264} -pix_fmt yuv420p");
        if let Some(clip) = Clip::make("a.mp4", &arguments) {
            assert!(listed(&clip.path).is_none(), "{options}");
        }
    }
}

/// Where the third box of this name begins in a file, behind its size and name.
fn third(bytes: &[u8], name: &[u8]) -> usize {
    let mut starts = (4..bytes.len()).filter(|at| bytes[*at..].starts_with(name));
    starts.nth(2).unwrap() + name.len()
}

#[test]
fn changed_fragments_are_left_to_ffmpeg() {
    let input = source("320x180", "25", "4");
    // Positions are relative, so that fragments can be moved.
    let arguments = format!("{input} {H264} {EMPTY}+default_base_moof -pix_fmt yuv420p");
    let Some(clip) = Clip::make("a.mp4", &arguments) else {
        return;
    };
    let plain = fs::read(&clip.path).unwrap();
    let changed = |name: &[u8], offset: usize, bits: u8| {
        let mut bytes = plain.clone();
        bytes[third(&plain, name) + offset] ^= bits;
        bytes
    };
    let third_moof = third(&plain, b"moof") - 8;
    let fourth_moof = {
        let size = u32::from_be_bytes(plain[third_moof..third_moof + 4].try_into().unwrap());
        let data = third_moof + size as usize;
        data + u32::from_be_bytes(plain[data..data + 4].try_into().unwrap()) as usize
    };
    let without_a_fragment = [&plain[..third_moof], &plain[fourth_moof..]].concat();
    let with_boxes = |count| {
        let free = [0, 0, 0, 8, b'f', b'r', b'e', b'e'].repeat(count);
        [&plain[..fourth_moof], &free, &plain[fourth_moof..]].concat()
    };
    // Version and flags are 4 bytes. Then in `tfdt` the time of 8 bytes, in `tfhd` the ID of the track, in `trun` the
    // number of samples, the offset of the data and the flags of the first sample.
    for (what, bytes) in [
        ("a fragment is missing", without_a_fragment),
        ("it begins later", changed(b"tfdt", 9, 1)),
        ("another track", changed(b"tfhd", 7, 2)),
        ("more samples", changed(b"trun", 7, 1)),
        ("data elsewhere", changed(b"trun", 9, 1)),
        ("contradictory flags", changed(b"trun", 12, 3)),
        ("an unknown box", changed(b"moof", 7, 1)),
        ("cut off in the data", plain[..fourth_moof - 7].to_vec()),
        ("cut off in a fragment", plain[..fourth_moof + 77].to_vec()),
        ("joined", [&plain[..], &plain].concat()),
        ("empty", Vec::new()),
        ("very many boxes", with_boxes(1001)),
    ] {
        fs::write(&clip.path, bytes).unwrap();
        assert!(listed(&clip.path).is_none(), "{what}");
    }
    fs::write(&clip.path, with_boxes(1)).unwrap();
    assert!(listed(&clip.path).is_some(), "a box of free space");
}
