//! What is listed of an AVI without ffmpeg is what ffmpeg lists.

use std::fs;
use std::path::Path;

use thumbnail_core::internal::Packet;

use crate::clip::{Clip, source};
use crate::listed::{by_ffmpeg, listed};
use crate::support::few;

fn assert_listed_like_ffmpeg(clip: &Path, codec: &str, what: &str) {
    let mut listed = listed(clip).unwrap_or_else(|| panic!("{what}: not listed"));
    let (packets, tick) = by_ffmpeg(clip);
    // To ffmpeg, this one has no B-frames, which the first packets show as well.
    if codec == "h264" && packets.iter().all(Packet::is_timed) {
        for packet in &mut listed.packets {
            assert_eq!(packet.pts, Packet::NO_TIME, "{what}");
            packet.pts = packet.dts;
        }
    }
    assert_eq!((listed.container, listed.codec), ("avi", codec), "{what}");
    assert_eq!(listed.packets, packets, "{what}");
    assert_eq!(listed.tick.to_bits(), tick.to_bits(), "{what}");
}

const SOUND: &str = "-f lavfi -i sine=d=4";

/// What each is encoded with, and the name of its codec in ffmpeg.
const PLAIN: [(&str, &str); 10] = [
    ("-c:v mpeg4 -bf 2 -g 15 -q:v 3", "mpeg4"),
    ("SOUND -c:v mpeg4 -bf 1 -g 300 -vtag XVID -c:a mp3", "mpeg4"),
    ("-c:v mpeg4 -bf 2 -flags +ilme+ildct -g 12", "mpeg4"),
    ("-c:v mpeg4 -bf 2 -flags +global_header -vtag DX50", "mpeg4"),
    ("-c:v mpeg4 -bf 2 -b_strategy 1 -q:v 3", "mpeg4"),
    ("-vf drawbox=t=fill -c:v libx264 -bf 3 -g 30", "h264"),
    (
        "SOUND -c:v libx264 -x264-params open-gop=1:keyint=20:slices=3 -c:a mp2",
        "h264",
    ),
    ("SOUND -c:v libx264 -bf 0 -c:a pcm_s16le", "h264"),
    (
        "-c:v libx264 -flags +ilme+ildct -x264-params interlaced=1",
        "h264",
    ),
    (
        "-c:v libx264 -x264-params intra-refresh=1 -vtag X264",
        "h264",
    ),
];

#[test]
fn plain_avis() {
    for rate in ["30000/1001", "25"].into_iter().take(few(1)) {
        let input = source("320x180", rate, "4");
        for (encoder, codec) in PLAIN {
            let encoder = encoder.replace("SOUND", &format!("{SOUND} -shortest"));
            let arguments = format!("{input} {encoder} -pix_fmt yuv420p");
            let Some(clip) = Clip::make("a.avi", &arguments) else {
                continue;
            };
            assert_listed_like_ffmpeg(&clip.path, codec, &format!("{rate} {encoder}"));
        }
    }
}

#[test]
fn those_whose_frames_all_have_times_are_left_to_ffmpeg() {
    let input = source("320x180", "25", "2");
    for encoder in [
        "-c:v mpeg4",
        "-c:v mjpeg -strict unofficial",
        "-c:v msmpeg4v2",
        "-c:v rawvideo",
    ] {
        if let Some(clip) = Clip::make("a.avi", &format!("{input} {encoder} -pix_fmt yuv420p")) {
            assert!(listed(&clip.path).is_none(), "{encoder}");
        }
    }
}

/// Frames that ffmpeg tells the times of, frames that share a chunk, and other streams.
#[test]
fn unusual_streams_are_left_to_ffmpeg() {
    let input = source("320x180", "25", "2");
    for arguments in [
        format!(
            "{input} -c:v libx264 -x264-params nal-hrd=cbr:vbv-maxrate=500:vbv-bufsize=500 -b:v 500k"
        ),
        format!("{input} {input} -map 0 -map 1 -c:v libx264"),
        // Frames so small that they may stand in for others.
        "-f lavfi -i color=s=64x64:r=25:d=2 -c:v mpeg4 -bf 2".to_string(),
    ] {
        if let Some(clip) = Clip::make("a.avi", &format!("{arguments} -pix_fmt yuv420p")) {
            assert!(listed(&clip.path).is_none(), "{arguments}");
        }
    }
}

/// Where the bytes `name` are for the `n`th time.
fn find(bytes: &[u8], name: &[u8], n: usize) -> usize {
    let places = bytes.windows(name.len()).enumerate();
    let mut places = places.filter(|(_, window)| *window == name);
    places.nth(n).unwrap().0
}

#[test]
fn unusual_files_are_left_to_ffmpeg() {
    let input = source("320x180", "25", "4");
    for encoder in ["-c:v libx264 -bf 3", "-c:v mpeg4 -bf 2 -q:v 3"] {
        let arguments = format!("{input} {encoder} -g 20 -pix_fmt yuv420p");
        let Some(clip) = Clip::make("a.avi", &arguments) else {
            continue;
        };
        assert!(listed(&clip.path).is_some());
        let plain = fs::read(&clip.path).unwrap();
        let changed = |at: usize, by: &[u8]| {
            let mut bytes = plain.clone();
            bytes[at..at + by.len()].copy_from_slice(by);
            bytes
        };
        let index = find(&plain, b"idx1", 0);
        // Of a keyframe but the first, and of the frame before it.
        let mut keys = (1..99).filter(|n| plain[index + 8 + n * 16 + 4] == 0x10);
        let key = keys.next().unwrap();
        let [entry, keyframe] = [key - 1, key].map(|n| index + 8 + n * 16);
        let frame = find(&plain, b"00dc", key);
        let header = find(&plain, b"strh", 0) + 8;
        for (what, bytes) in [
            ("cut", plain[..plain.len() / 2].to_vec()),
            ("without an index", plain[..index].to_vec()),
            ("its index is cut", plain[..plain.len() - 16].to_vec()),
            ("something follows", [&plain[..], &[0; 9]].concat()),
            ("joined", [&plain[..], &plain].concat()),
            ("another name in a chunk", changed(frame, b"01wb")),
            ("another length in a chunk", changed(frame + 4, &[1, 0])),
            ("another name in the index", changed(entry, b"01wb")),
            ("no keyframe in the index", changed(keyframe + 4, &[0])),
            ("a keyframe in the index", changed(entry + 4, &[0x10])),
            ("another position in the index", changed(entry + 8, &[1, 1])),
            ("another length in the index", changed(entry + 12, &[1])),
            ("no start code", changed(frame + 8, b"abcd")),
            ("it begins later", changed(header + 28, &[1])),
            ("no rate", changed(header + 24, &[0; 4])),
            ("another codec", changed(header + 56 + 8 + 16, b"WMV2")),
            ("another stream", changed(header, b"txts")),
        ] {
            fs::write(&clip.path, bytes).unwrap();
            assert!(listed(&clip.path).is_none(), "{encoder}: {what}");
        }
    }
}

#[test]
fn positions_in_the_index_may_be_relative_to_the_file() {
    let input = source("320x180", "25", "2");
    let Some(clip) = Clip::make("a.avi", &format!("{input} -c:v mpeg4 -bf 2 -q:v 3")) else {
        return;
    };
    let mut bytes = fs::read(&clip.path).unwrap();
    let list = u32::try_from(find(&bytes, b"movi", 0)).unwrap();
    let index = find(&bytes, b"idx1", 0) + 8;
    for entry in bytes[index..].chunks_exact_mut(16) {
        let position = u32::from_le_bytes(entry[8..12].try_into().unwrap());
        entry[8..12].copy_from_slice(&(position + list).to_le_bytes());
    }
    fs::write(&clip.path, bytes).unwrap();
    assert_listed_like_ffmpeg(&clip.path, "mpeg4", "relative to the file");
}

/// Adds a chunk behind all frames and, if it is to be in the index, an entry.
fn with_chunk(file: &[u8], chunk: &[u8], indexed: bool) -> Vec<u8> {
    let (list, index) = (find(file, b"movi", 0), find(file, b"idx1", 0));
    let mut bytes = [&file[..index], chunk, &file[index..]].concat();
    let position = u32::try_from(index - list).unwrap().to_le_bytes();
    let index = index + chunk.len();
    let longer = u32::try_from(chunk.len()).unwrap();
    let mut lengthen = |at: usize, by: u32| {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        bytes[at..at + 4].copy_from_slice(&(length + by).to_le_bytes());
    };
    lengthen(list - 4, longer);
    lengthen(4, longer + 16 * u32::from(indexed));
    lengthen(index + 4, 16 * u32::from(indexed));
    if indexed {
        bytes.extend([&chunk[..4], &[0; 4], &position, &chunk[4..8]].concat());
    }
    bytes
}

#[test]
fn only_chunks_without_frames_may_be_missing_in_the_index() {
    let input = source("320x180", "25", "2");
    let Some(clip) = Clip::make("a.avi", &format!("{input} -c:v mpeg4 -bf 2 -q:v 3")) else {
        return;
    };
    let plain = fs::read(&clip.path).unwrap();
    // The second frame, a P-frame.
    let frame = find(&plain, b"00dc", 2);
    let next = find(&plain, b"00dc", 3);
    let frame = &plain[frame..next];
    let junk = b"JUNK\x02\0\0\0abJUNK\x01\0\0\0a\0";
    let group = b"LIST\x0c\0\0\0rec JUNK\0\0\0\0";
    for (what, chunk, indexed, plain_still) in [
        ("junk", &junk[..], false, true),
        ("a group", group, false, true),
        ("a part of an index", b"ix00\0\0\0\0", false, true),
        ("a frame", frame, true, true),
        ("a frame that is not in the index", frame, false, false),
        ("a frame in two bytes", b"00dc\x02\0\0\0ab", true, false),
        // As a recorder drops one.
        ("an empty frame", b"00dc\0\0\0\0", true, false),
        ("a palette", b"00pc\0\0\0\0", true, false),
        ("a frame of no stream", b"01dc\0\0\0\0", true, false),
        ("sound of no stream", b"01wb\0\0\0\0", true, false),
        ("another list", b"LIST\x04\0\0\0abcd", false, false),
        ("something else", b"abcd\0\0\0\0", false, false),
    ] {
        fs::write(&clip.path, with_chunk(&plain, chunk, indexed)).unwrap();
        if plain_still {
            assert_listed_like_ffmpeg(&clip.path, "mpeg4", what);
        } else {
            assert!(listed(&clip.path).is_none(), "{what}");
        }
    }
}

/// Files above a gigabyte have an `OpenDML` index: here in one part, in the place that ffmpeg keeps free for the list of parts.
#[test]
fn an_opendml_index() {
    let input = source("320x180", "25", "2");
    let Some(clip) = Clip::make("a.avi", &format!("{input} -c:v mpeg4 -bf 2 -q:v 3")) else {
        return;
    };
    let plain = fs::read(&clip.path).unwrap();
    let (list, index) = (find(&plain, b"movi", 0), find(&plain, b"idx1", 0));
    let entries = plain[index + 8..].chunks_exact(16);
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    let count = u32::try_from(entries.len()).unwrap().to_le_bytes();
    let base = u64::try_from(list).unwrap().to_le_bytes();
    let mut part = [&[2, 0, 0, 1], &count, &b"00dc"[..], &base, &[0; 4]].concat();
    for entry in entries {
        let no_key = u32::from(entry[4] & 0x10 == 0) << 31;
        part.extend((number(&entry[8..12]) + 8).to_le_bytes());
        part.extend((number(&entry[12..]) | no_key).to_le_bytes());
    }
    let length = u32::try_from(part.len()).unwrap().to_le_bytes();
    let part = [&b"ix00"[..], &length, &part].concat();
    let mut bytes = with_chunk(&plain, &part, false);
    let super_index = find(&bytes, b"JUNK", 0);
    bytes[super_index..super_index + 4].copy_from_slice(b"indx");
    assert_eq!(bytes[super_index + 8..][..4], [4, 0, 0, 0]);
    bytes[super_index + 12] = 1;
    bytes[super_index + 32..][..8].copy_from_slice(&(index as u64).to_le_bytes());
    bytes[super_index + 40..][..4].copy_from_slice(&length);
    fs::write(&clip.path, &bytes).unwrap();
    assert_listed_like_ffmpeg(&clip.path, "mpeg4", "OpenDML");

    // A keyframe less; a frame less; a part that is none.
    for (at, value) in [
        (index + 8 + 24 + 7, 0x80),
        (index + 8 + 4, 7),
        (index, b'I'),
    ] {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        fs::write(&clip.path, &bytes).unwrap();
        assert!(listed(&clip.path).is_none(), "{at}");
    }
}
