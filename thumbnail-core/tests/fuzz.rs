//! Everything that reads bytes from outside, fed with what real ones become when they are damaged:
//! no panic, no endless loop, nothing out of its bounds.
//!
//! Each target runs for a second among the other tests, and for as long as `FUZZ_SECONDS` says.
//! The damage is made from a seed, `FUZZ_SEED` or 1, so that what was found is found again.

mod support;

use std::env;
use std::fs;
use std::hint::black_box;
use std::io::{Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use thumbnail_core::ffmpeg::command;
use thumbnail_core::ffmpeg::log::Log;
use thumbnail_core::index::Index;
use thumbnail_core::mp4;
use thumbnail_core::picture::Picture;
use thumbnail_core::pipeline::Job;
use thumbnail_core::plan::{Pick, Plan, plan, plan_in_one_go};
use thumbnail_core::report::{RunReport, VideoReport};
use thumbnail_core::settings::{Seek as How, Settings};
use thumbnail_core::span::Clock;
use thumbnail_core::video::{Source, Video};

/// Marsaglia's xorshift64.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    /// Two places in `bytes`, in order, mostly near each other.
    fn range(&mut self, bytes: &[u8]) -> (usize, usize) {
        let start = self.below(bytes.len() + 1);
        let longest = if self.below(8) == 0 { bytes.len() } else { 32 };
        let end = (start + self.below(longest + 1)).min(bytes.len());
        (start, end)
    }
}

/// What parsers stumble over.
const ODD: [&[u8]; 22] = [
    b"-9223372036854775808",
    b"9223372036854775807",
    b"18446744073709551616",
    b"-1",
    b"0",
    b"1/0",
    b"0/1",
    b"1e308",
    b"NaN",
    b"-inf",
    b"4294967295",
    b"2147483648",
    b"\n",
    b"\0",
    b",",
    b" ",
    b":",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\0\0\0\0",
    b"\xc3",
];

/// Damages a sample in one to four ways.
fn damage(samples: &[Vec<u8>], noise: &mut Noise) -> Vec<u8> {
    let mut bytes = samples[noise.below(samples.len())].clone();
    for _ in 0..=noise.below(4) {
        let (start, end) = noise.range(&bytes);
        match noise.below(8) {
            0 if !bytes.is_empty() => {
                let at = noise.below(bytes.len());
                bytes[at] ^= 1 << noise.below(8);
            }
            1 if !bytes.is_empty() => {
                let at = noise.below(bytes.len());
                bytes[at] = u8::try_from(noise.below(256)).unwrap();
            }
            2 => bytes.truncate(start),
            3 => drop(bytes.drain(start..end)),
            4 => {
                let again = bytes[start..end].repeat(1 + noise.below(4));
                bytes.splice(start..start, again);
            }
            5 => {
                let other = &samples[noise.below(samples.len())];
                let (from, to) = noise.range(other);
                bytes.splice(start..end, other[from..to].iter().copied());
            }
            6 => {
                let odd = ODD[noise.below(ODD.len())];
                bytes.splice(start..end, odd.iter().copied());
            }
            _ => {
                let odd = ODD[noise.below(ODD.len())];
                let end = (start + odd.len()).min(bytes.len());
                bytes.splice(start..end, odd.iter().copied());
            }
        }
        bytes.truncate(1 << 20);
    }
    bytes
}

/// Runs `target` on one damaged input after another.
fn fuzz(name: &str, samples: &[Vec<u8>], mut target: impl FnMut(&[u8])) {
    let seconds = env::var("FUZZ_SECONDS").map_or(1, |s| s.parse().unwrap());
    let seed = env::var("FUZZ_SEED").map_or(1, |s| s.parse().unwrap());
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15 ^ seed);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut inputs, mut slowest) = (0_u64, Duration::ZERO);
    for sample in samples {
        target(sample);
    }
    while Instant::now() < end {
        let input = damage(samples, &mut noise);
        let start = Instant::now();
        let run = catch_unwind(AssertUnwindSafe(|| target(&input)));
        slowest = slowest.max(start.elapsed());
        if let Err(panic) = run {
            let kept = env::temp_dir().join(format!("fuzz-{name}"));
            fs::write(&kept, &input).unwrap();
            eprintln!("input {inputs} is kept as {}", kept.display());
            resume_unwind(panic);
        }
        inputs += 1;
    }
    println!("{name}: {inputs} inputs in {seconds} s, the slowest took {slowest:?}");
}

/// What ffmpeg writes with these arguments.
fn ffmpeg_says(arguments: &str) -> (Vec<u8>, Vec<u8>) {
    let output = Command::new(support::ffmpeg_program())
        .args([
            "-loglevel",
            "level+info",
            "-nostdin",
            "-nostats",
            "-hide_banner",
        ])
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments}");
    (output.stdout, output.stderr)
}

const CLIP: &str = "-f lavfi -i testsrc=s=32x18:r=10:d=2 -pix_fmt yuv420p";

#[test]
fn frame_streams() {
    let stream = |pixels: &str| {
        ffmpeg_says(&format!(
            "-f lavfi -i testsrc=s=16x9:d=1:r=3 -pix_fmt {pixels} -c:v pam -f image2pipe -"
        ))
        .0
    };
    let samples = [
        stream("rgb24"),
        stream("rgba"),
        stream("gray"),
        stream("rgb48be"),
    ];
    fuzz("frame-streams", &samples, |input| {
        let mut stream = input;
        while let Ok(Some(picture)) = Picture::read(&mut stream, 1 << 20) {
            let bytes =
                picture.width as usize * picture.height as usize * picture.channels as usize;
            assert_eq!(picture.pixels.len(), bytes);
        }
    });
}

/// Whatever was claimed, a plan asks ffmpeg for no more than was wanted, at times that are numbers.
fn check_plan(plan: &Plan, settings: &Settings, wanted: usize) {
    assert!(plan.targets().count() <= wanted);
    assert!(!plan.segments.is_empty());
    assert!(plan.start.is_none_or(f64::is_finite), "{plan:?}");
    for segment in &plan.segments {
        assert!(segment.seek.is_none_or(f64::is_finite), "{plan:?}");
        for target in &segment.targets {
            assert!(
                !matches!(target.pick, Pick::From(t) if !t.is_finite()),
                "{plan:?}"
            );
            assert!(target.positions.iter().all(|p| *p < wanted), "{plan:?}");
        }
    }
    let source = Source::parse("a.mp4".into());
    black_box(command::decode(settings, &source, plan));
}

fn check_index(index: &Index) {
    let settings = Settings::new("ffmpeg", "out");
    for wanted in [1, 2, 5, 9] {
        for how in [How::Exact, How::Keyframe] {
            check_plan(&plan(index, wanted, how), &settings, wanted);
        }
        check_plan(&plan_in_one_go(index, wanted), &settings, wanted);
    }
}

#[test]
fn listings_of_packets() {
    let directory = tempfile::tempdir().unwrap();
    let mut samples = Vec::new();
    for (name, codec) in [
        ("a.mkv", "libx264 -bf 3"),
        ("b.avi", "mpeg4"),
        ("c.ts", "mpeg2video"),
    ] {
        let path = directory.path().join(name);
        support::ffmpeg(&format!("{CLIP} -c:v {codec}"), &path);
        let path = path.display();
        samples.push(
            ffmpeg_says(&format!(
                "-copyts -i {path} -map 0:V:0 -c copy -f framecrc -"
            ))
            .0,
        );
        samples.push(ffmpeg_says(&format!("-copyts -t 1 -i {path} -sseof -1 -i {path} -map 0:V:0 -map 1:V:0 -c copy -f framecrc -")).0);
    }
    fuzz("listings", &samples, |input| {
        let text = String::from_utf8_lossy(input);
        for container in [None, Some("mov,mp4"), Some("matroska,webm")] {
            if let Ok(index) = Index::from_packets(&text, container) {
                check_index(&index);
                let _ = index.from_decoded(&text, "");
            }
            if let Some(index) = Index::from_ends(&text, container) {
                check_index(&index);
            }
        }
    });
}

#[test]
fn mp4_tables() {
    let directory = tempfile::tempdir().unwrap();
    let mut samples = Vec::new();
    for (name, options) in [
        ("a.mp4", "-c:v libx264 -bf 2 -g 5"),
        ("b.mp4", "-c:v mpeg4 -movflags +faststart"),
        ("c.mov", "-c:v mjpeg"),
        ("d.mp4", "-c:v mpeg4 -movflags frag_keyframe+empty_moov"),
    ] {
        let path = directory.path().join(name);
        support::ffmpeg(&format!("{CLIP} {options}"), &path);
        let mut bytes = fs::read(path).unwrap();
        // The frames themselves are not looked at: less of them is more of the tables.
        let data = bytes.windows(4).position(|w| w == b"mdat").unwrap();
        let size = u32::from_be_bytes(bytes[data - 4..data].try_into().unwrap()) as usize;
        if name != "d.mp4" && size > 16 {
            bytes.drain(data + 4..(data - 4 + size).min(bytes.len()));
            bytes[data - 4..data].copy_from_slice(&8_u32.to_be_bytes());
        }
        samples.push(bytes);
    }
    let mut file = tempfile::tempfile().unwrap();
    fuzz("mp4-tables", &samples, |input| {
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        file.write_all(input).unwrap();
        // Frames that lie past the end are an error; let them be there.
        for length in [input.len() as u64, 1 << 40] {
            file.set_len(length).unwrap();
            if let Ok(Some(index)) = mp4::read_index(&mut file) {
                check_index(&index);
                if let Some(samples) = &index.samples {
                    for packet in [0, 7, usize::MAX] {
                        black_box(samples.is_reference(&mut file, packet));
                    }
                }
            }
        }
    });
}

#[test]
fn messages_of_ffmpeg() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.mkv");
    support::ffmpeg(&format!("{CLIP} -c:v libx264"), &path);
    let settings = Settings::new(support::ffmpeg_program(), "out");
    let source = Source::File(path.clone());
    let listing = command::list_packets(&settings, &source).output().unwrap();
    let index =
        Index::from_packets(&String::from_utf8_lossy(&listing.stdout), Some("matroska")).unwrap();
    let decoded = command::decode(&settings, &source, &plan(&index, 5, How::Exact))
        .output()
        .unwrap();
    let damaged = directory.path().join("b.mkv");
    let bytes = fs::read(&path).unwrap();
    fs::write(&damaged, &bytes[..bytes.len() / 2]).unwrap();
    let complaints = command::list_packets(&settings, &Source::File(damaged))
        .output()
        .unwrap();
    let samples = [listing.stderr, decoded.stderr, complaints.stderr];
    fuzz("messages", &samples, |input| {
        let mut log = Log::default();
        for line in input.split(|byte| *byte == b'\n') {
            if let Some(info) = log.line(&String::from_utf8_lossy(line)) {
                assert!(info.time.is_none_or(f64::is_finite));
            }
        }
        let _ = (
            log.verdict(),
            log.refusal(),
            log.unreachable("http://localhost/a.mp4"),
        );
        assert!(log.last_complaint().len() <= input.len() * 3);
    });
}

#[test]
fn what_worker_processes_are_told_and_tell() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.mp4");
    support::ffmpeg(&format!("{CLIP} -c:v mpeg4"), &path);
    let video = Video::list([Source::File(path.clone())]).remove(0);
    let settings = Settings::new(support::ffmpeg_program(), directory.path());
    let job = Job {
        video,
        settings,
        clock: Clock::start(),
        lane: 0,
    };
    let report = support::report(
        "single",
        Path::new(directory.path()),
        &["--frames", "3"],
        &[path],
    );
    let samples = [
        serde_json::to_vec(&job).unwrap(),
        serde_json::to_vec(&report.videos[0]).unwrap(),
        serde_json::to_vec(&report).unwrap(),
    ];
    fuzz("worker-protocol", &samples, |input| {
        if let Ok(job) = serde_json::from_slice::<Job>(input) {
            black_box(job.clock.seconds());
        }
        if let Ok(report) = serde_json::from_slice::<VideoReport>(input) {
            black_box(report.in_flight());
        }
        if let Ok(report) = serde_json::from_slice::<RunReport>(input) {
            black_box(report.stage_seconds());
            // Whatever the times are, it can be drawn.
            let style = thumbnail_core::show::Style {
                colour: false,
                width: 80,
            };
            thumbnail_core::show::report(&report, &mut Vec::new(), style).unwrap();
        }
    });
}
