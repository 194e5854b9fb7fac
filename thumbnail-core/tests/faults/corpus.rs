//! Real clips of eight containers and codecs, damaged five hundred times: `.ci/faults.sh` runs it.

use std::env;
use std::fs;
use std::path::PathBuf;

use thumbnail_core::measure::report::Status;

use crate::processes::Mark;
use crate::support::ffmpeg;
use crate::tools::{Ended, Place, error};

const PAIRS: [(&str, &str); 8] = [
    ("h264.mp4", "libx264 -preset ultrafast -bf 2 -g 10"),
    ("mpeg4.avi", "mpeg4 -g 10"),
    ("vp9.webm", "libvpx-vp9 -speed 8 -g 10"),
    ("h264.mkv", "libx264 -preset ultrafast -g 10"),
    ("mpeg2.ts", "mpeg2video -g 10"),
    ("mjpeg.mov", "mjpeg"),
    ("flv1.flv", "flv"),
    ("theora.ogv", "libtheora"),
];

/// How many damaged files; a few of them among the other tests.
const FILES: &str = "FAULT_FILES";

/// Marsaglia's xorshift64.
fn next(noise: &mut u64) -> usize {
    *noise ^= *noise << 13;
    *noise ^= *noise >> 7;
    *noise ^= *noise << 17;
    usize::try_from(*noise >> 8).unwrap()
}

/// Bits flipped, cut short, or a piece of one file in another.
fn damage(sound: &[Vec<u8>], which: usize, noise: &mut u64) -> Vec<u8> {
    let mut bytes = sound[which].clone();
    let length = bytes.len();
    match next(noise) % 3 {
        0 => {
            for _ in 0..=next(noise) % 64 {
                bytes[next(noise) % length] ^= 1 << (next(noise) % 8);
            }
            // Half of them where the headers are.
            if next(noise).is_multiple_of(2) {
                for _ in 0..4 {
                    bytes[next(noise) % length.min(1000)] ^= 1 << (next(noise) % 8);
                }
            }
        }
        1 => bytes.truncate(next(noise) % length),
        _ => {
            let other = &sound[next(noise) % sound.len()];
            let (at, from) = (next(noise) % length, next(noise) % other.len());
            let piece = &other[from..(from + next(noise) % 4000).min(other.len())];
            let end = (at + piece.len()).min(length);
            bytes.splice(at..end, piece.iter().copied());
        }
    }
    bytes
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn damaged_files_harm_nothing_else() {
    let count = env::var(FILES).map_or(16, |n| n.parse().unwrap());
    let place = Place::new();
    let clip = |(name, codec): &(&str, &str)| {
        let path = place.path(name);
        let source = "-f lavfi -i testsrc=s=96x54:r=10:d=3 -pix_fmt yuv420p -c:v";
        let pixels = if codec.starts_with("mjpeg") {
            "-pix_fmt yuvj420p"
        } else {
            ""
        };
        ffmpeg(&format!("{source} {codec} {pixels}"), &path);
        path
    };
    let good: Vec<PathBuf> = PAIRS.iter().map(clip).collect();
    let sound: Vec<_> = good.iter().map(|path| fs::read(path).unwrap()).collect();
    let mut noise = 0x9e37_79b9_7f4a_7c15;
    let (mut done, mut failed) = (0, 0);
    while done < count {
        // Fifty damaged ones between the eight good ones.
        let now = (count - done).min(50);
        let mut videos = good.clone();
        for n in done..done + now {
            let which = n % good.len();
            let name = good[which].file_name().unwrap().to_str().unwrap();
            let bytes = damage(&sound, which, &mut noise);
            videos.insert(n % videos.len(), place.file(&format!("{n}-{name}"), bytes));
        }
        let mut run = place.command("threads", &["--json", "-", "--timeout", "30s"], &videos);
        let mark = Mark::on(&mut run);
        let ended = Ended::of(&mut run);
        assert_eq!(mark.alive(), []);
        let report = ended.report();
        assert_eq!(report.videos.len(), videos.len());
        for (path, video) in videos.iter().zip(&report.videos) {
            if good.contains(path) {
                assert_eq!(video.status(), Status::Success, "{video:?}");
                assert_eq!(video.frames.len(), 3);
            } else if video.status() == Status::Failed {
                let error = error(video);
                assert!(!error.contains("took longer"), "{}: {error}", video.source);
                assert!(
                    !error.contains("please report"),
                    "{}: {error}",
                    video.source
                );
                failed += 1;
            }
        }
        done += now;
    }
    println!("{count} damaged files: {failed} failed, the others gave thumbnails");
}
