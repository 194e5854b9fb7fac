//! `WebM` stores an alpha channel as a second stream beside the video, which ffmpeg's own decoders drop. A MOV may store a
//! palette.

#[cfg(unix)]
use crate::check::run_lacking;
use crate::check::{expect_frames, run, wanted};
use crate::clip::{Clip, decode, decode_with_alpha};
use crate::numbered::{Joined, expect_both, numbered};
use crate::support::few;

const SIZE: (usize, usize) = (320, 180);

/// Half transparent here and there; 100 frames, a keyframe every 25.
const CLIP: &str = "-f lavfi -i testsrc2=s=320x180:r=25:d=4:alpha=96,format=yuva420p";

const VP8: &str = "-c:v libvpx -auto-alt-ref 0 -deadline realtime -cpu-used 8 -b:v 500k -g 25";
const VP9: &str = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 500k -g 25";

#[test]
fn webm_keeps_its_alpha_channel() {
    for (file, encoder, decoder) in [
        ("vp8.webm", VP8, "libvpx"),
        ("vp9.webm", VP9, "libvpx-vp9"),
        ("vp9.mkv", VP9, "libvpx-vp9"),
    ]
    .into_iter()
    .take(few(2))
    {
        let Some(clip) = Clip::make(file, &format!("{CLIP} {encoder}")) else {
            continue;
        };
        let all = decode_with_alpha(&clip.path, SIZE, Some(decoder));
        let out = tempfile::tempdir().unwrap();
        for (seek, expected) in [
            ("exact", wanted(all.len(), 5)),
            ("keyframe", vec![0, 25, 50, 75]),
        ] {
            let saved = run(&clip.path, out.path(), &["--sizes", "160", "--seek", seek]);
            let name = format!("{file} {seek}");
            if seek == "exact" {
                expect_frames(&name, &saved, &all, &expected);
            } else {
                // Of two keyframes that are equally near, or wanted twice, each is one of these.
                for frame in &saved.frames {
                    let pixels = crate::clip::Pixels::read(&frame.files["original"]);
                    let found = expected.iter().any(|n| all[*n] == pixels);
                    assert!(found, "{name}: {}", frame.position);
                }
            }
            assert!(!saved.plan.unwrap().lost_alpha, "{name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn an_ffmpeg_without_libvpx_gives_opaque_frames_and_a_line_that_says_so() {
    let Some(clip) = Clip::make("a.webm", &format!("{CLIP} {VP9}")) else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let complaint = "Unknown decoder 'libvpx-vp9'";
    let (saved, stderr) = run_lacking("libvpx-vp9", complaint, &clip, out.path());
    let all = decode(&clip.path);
    expect_frames("opaque", &saved, &all, &wanted(all.len(), 5));
    assert!(saved.plan.unwrap().lost_alpha);
    let lines = stderr.matches("transparency is lost").count();
    assert_eq!(lines, 1, "{stderr}");
}

/// ffmpeg hands out the palette of a MOV once, with its first packet, and takes grey for a palette too.
#[test]
fn a_palette_is_there_after_a_seek_too() {
    let size = (160, 128);
    for pixels in ["pal8", "gray"] {
        let encoder = format!("-c:v rawvideo -pix_fmt {pixels}");
        let picture = numbered(size.0, size.1, 10, 0);
        let Some(clip) = Joined::encode("mov", &[format!("{picture} {encoder}")]) else {
            continue;
        };
        let frames = wanted(250, 5).into_iter().map(|n| (n, size));
        let frames: Vec<_> = frames.collect();
        expect_both(&clip.parts()[0], &frames, &frames);
    }
}
