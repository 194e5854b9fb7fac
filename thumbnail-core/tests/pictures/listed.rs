//! What is listed without ffmpeg is what ffmpeg lists.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use thumbnail_core::internal::{Listed, Packet, list};

use crate::clip::{Clip, packets, source};
use crate::support::ffmpeg_program;

pub fn listed(file: &Path) -> Option<Listed> {
    let mut file = File::open(file).unwrap();
    list(&mut file, Duration::from_secs(60)).unwrap()
}

/// The packets that the ffmpeg under test lists, and its time base: the seconds in one tick.
pub fn by_ffmpeg(file: &Path) -> (Vec<Packet>, f64) {
    let output = Command::new(ffmpeg_program())
        .args(["-v", "error", "-nostdin", "-copyts", "-i"])
        .arg(file)
        .args(["-map", "0:V:0", "-c", "copy", "-f", "framecrc", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let tick = text.lines().find_map(|line| line.strip_prefix("#tb 0: "));
    let (num, den) = tick.unwrap().split_once('/').unwrap();
    let tick = num.parse::<f64>().unwrap() / den.parse::<f64>().unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("0,"));
    let packets = lines.map(|line| {
        let fields: Vec<_> = line.split(',').map(str::trim).collect();
        // Without flags it is a keyframe; 1 is the flag of one.
        let flags = fields.iter().find_map(|field| field.strip_prefix("F=0x"));
        Packet {
            dts: fields[0].parse().unwrap(),
            pts: fields[1].parse().unwrap(),
            key: flags.is_none_or(|f| u32::from_str_radix(f, 16).unwrap() & 1 == 1),
            size: 0,
        }
    });
    (packets.collect(), tick)
}

/// What each is encoded with, and the name of its codec in ffmpeg.
const PLAIN: [(&str, &str, &str); 8] = [
    ("a.ts", "-c:v libx264 -bf 3 -g 30", "h264"),
    (
        "a.ts",
        "-c:v libx264 -x264-params open-gop=1:keyint=20:slices=3",
        "h264",
    ),
    ("a.ts", "-c:v libx264 -x264-params intra-refresh=1", "h264"),
    (
        "a.ts",
        "-c:v libx264 -flags +ilme+ildct -x264-params interlaced=1",
        "h264",
    ),
    (
        "a.m2ts",
        "-f lavfi -i sine=d=4 -c:v libx264 -bf 0 -c:a ac3 -shortest",
        "h264",
    ),
    (
        "a.ts",
        "-c:v libx265 -x265-params log-level=none:open-gop=1:keyint=20",
        "hevc",
    ),
    ("a.ts", "-c:v mpeg2video -bf 2 -g 15", "mpeg2video"),
    (
        "a.ts",
        "-f lavfi -i sine=d=4 -c:v mpeg2video -c:a mp2 -shortest -muxdelay 0",
        "mpeg2video",
    ),
];

#[test]
fn plain_transport_streams() {
    for (file, encoder, codec) in PLAIN {
        let input = source("320x180", "25", "4");
        let Some(clip) = Clip::make(file, &format!("{input} {encoder} -pix_fmt yuv420p")) else {
            continue;
        };
        let listed = listed(&clip.path).unwrap_or_else(|| panic!("{encoder}: not listed"));
        assert_eq!(listed.codec, codec);
        assert!(
            listed
                .packets
                .windows(2)
                .all(|pair| pair[0].dts < pair[1].dts)
        );
        let mut shown: Vec<_> = listed.packets.iter().map(|p| (p.pts, p.key)).collect();
        shown.sort_unstable();
        assert_eq!(shown, packets(&clip.path), "{encoder}");
    }
}

#[test]
fn a_transport_stream_that_is_cut_where_no_packet_begins() {
    let input = source("320x180", "25", "4");
    for file in ["a.ts", "a.m2ts"] {
        let encoder = "-c:v libx264 -g 10 -pix_fmt yuv420p";
        let Some(clip) = Clip::make(file, &format!("{input} {encoder}")) else {
            return;
        };
        let whole = fs::read(&clip.path).unwrap();
        for (from, to) in [(77, 0), (whole.len() / 2, 0), (0, 77), (50_000, 10_000)] {
            fs::write(&clip.path, &whole[from..whole.len() - to]).unwrap();
            let listed = listed(&clip.path).unwrap_or_else(|| panic!("{file} {from}: not listed"));
            let mut shown: Vec<_> = listed.packets.iter().map(|p| (p.pts, p.key)).collect();
            shown.sort_unstable();
            // ffprobe lists those before the first keyframe as well.
            let all = packets(&clip.path);
            let first = all.iter().position(|(_, key)| *key).unwrap();
            assert_eq!(shown[..], all[first..], "{file} {from}");
        }
    }
}

#[test]
fn others_are_left_to_ffmpeg() {
    let input = source("320x180", "25", "4");
    let encoder = "-c:v libx264 -g 40 -keyint_min 40 -sc_threshold 0 -pix_fmt yuv420p";
    let Some(clip) = Clip::make("a.ts", &format!("{input} {encoder}")) else {
        return;
    };
    let plain = fs::read(&clip.path).unwrap();
    let middle = plain.len() / 188 / 2 * 188;
    let without_a_packet = [&plain[..middle], &plain[middle + 188..]].concat();
    let with_an_error = {
        let mut bytes = plain.clone();
        bytes[middle + 1] |= 0x80;
        bytes
    };
    let joined = [&plain[..], &plain].concat();
    let late_keyframe = plain[plain.len() / 5..].to_vec();
    for (what, bytes) in [
        ("the first keyframe comes late", late_keyframe),
        ("a packet is missing", without_a_packet),
        ("an error is marked", with_an_error),
        ("the clock starts again", joined),
        ("no packet", vec![0; 100_000]),
        ("too short", plain[..300].to_vec()),
        ("empty", Vec::new()),
    ] {
        fs::write(&clip.path, bytes).unwrap();
        assert!(listed(&clip.path).is_none(), "{what}");
    }
}
