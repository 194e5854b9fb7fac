//! What the library's own part of a video costs, stage by stage: `cargo bench -p thumbnail-core`.
//!
//! Criterion keeps the last run's figures and says whether a stage has changed. The pictures are
//! noise over gradients, which compresses about as badly as video does.

use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Read};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use thumbnail_core::internal::{Frames, Index, Packet, PixelAspect, SeekBy, encode, plan, resize};
use thumbnail_core::settings::{Format, Seek};
use thumbnail_core::stages::{FrameStream, PIPE_BYTES, Picture};
use thumbnail_core::wanted::Wanted;

/// A frame of 1080p video.
const SIZE: (u32, u32) = (1920, 1080);

fn frame() -> Picture {
    let mut picture = Picture {
        width: SIZE.0,
        height: SIZE.1,
        channels: 3,
        pixels: vec![0; SIZE.0 as usize * SIZE.1 as usize * 3],
    };
    // Marsaglia's xorshift32: the same noise every time.
    let mut noise = 0x9e37_79b9_u32;
    let row = SIZE.0 as usize * 3;
    for (at, byte) in picture.pixels.iter_mut().enumerate() {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        let gradient = (at % row / 24 + at / row / 8) % 224;
        *byte = u8::try_from(gradient).unwrap_or(0) + (noise % 16) as u8;
    }
    picture
}

/// Ten minutes at 30 frames a second, a keyframe every 250 frames, two B-frames between others.
fn ten_minutes() -> Index {
    let packet = |n: i64| {
        let ahead = match n % 250 % 3 {
            _ if n % 250 == 0 => 0,
            1 => 2,
            _ => -1,
        };
        Packet {
            pts: n + ahead,
            dts: n - 2,
            key: n % 250 == 0,
            size: 0,
        }
    };
    Index {
        tick: 1.0 / 30.0,
        frames: Frames::Listed((0..18_000).map(packet).collect()),
        seek_by: SeekBy::Pts,
        delay: None,
        leading: Vec::new(),
        untagged_is_high: false,
    }
}

/// As ffmpeg writes it into the pipe.
fn pam(picture: &Picture) -> Vec<u8> {
    let (width, height) = SIZE;
    let header =
        format!("P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n");
    [header.as_bytes(), &picture.pixels].concat()
}

/// Gives what a pipe has room for at a time.
struct Pipe<'a>(&'a [u8]);

impl Read for Pipe<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let room = to.len().min(64 << 10);
        self.0.read(&mut to[..room])
    }
}

fn stages(criterion: &mut Criterion) {
    let index = ten_minutes();
    criterion.bench_function("plan, ten minutes of H.264", |b| {
        b.iter(|| plan(black_box(&index), &Wanted::Spread(5), Seek::Exact));
    });

    let mut frame = frame();
    let sent = pam(&frame);
    let mut group = criterion.benchmark_group("1080p frame");
    group.throughput(Throughput::Bytes(frame.pixels.len() as u64));
    group.bench_function("read from the pipe", |b| {
        b.iter(|| {
            let mut pipe = BufReader::with_capacity(PIPE_BYTES, Pipe(black_box(&sent)));
            let mut frames = FrameStream::new(u64::MAX);
            loop {
                let mut bytes = pipe.fill_buf().unwrap();
                let length = bytes.len();
                if let Some(picture) = frames.push(&mut bytes).unwrap() {
                    break picture;
                }
                pipe.consume(length);
            }
        });
    });
    group.bench_function("resize to 640, 320 and 160", |b| {
        b.iter(|| resize(black_box(&mut frame), PixelAspect::SQUARE, &[640, 320, 160]));
    });
    for (name, format) in [
        ("png", Format::Png),
        ("jpeg", Format::Jpeg),
        ("webp", Format::Webp),
    ] {
        group.bench_function(format!("encode as {name}"), |b| {
            b.iter_batched_ref(
                || Vec::with_capacity(sent.len() * 2),
                |to| encode(black_box(&frame), format, to),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
