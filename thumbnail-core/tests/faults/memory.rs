//! Small files that make an ffmpeg take gigabytes, unless it is given a limit: the bound holds for the sum
//! over the run and all that it starts.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use thumbnail_core::measure::report::Status;
use thumbnail_core::settings::Settings;

use crate::fake::with;
use crate::network::Server;
use crate::processes::{Mark, script};
use crate::support::ffmpeg;
use crate::tools::{Ended, Place, WAYS, error, limited};

fn parts(name: &[u8], content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let size = u32::try_from(8 + content.len()).unwrap();
    [&size.to_be_bytes()[..], name, &content].concat()
}

/// A box whose content begins with a version and flags, both 0.
fn full(name: &[u8], numbers: &[u32], more: &[&[u8]]) -> Vec<u8> {
    let numbers: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
    parts(name, &[&[&[0; 4][..], &numbers].concat(), &more.concat()])
}

/// A video track of `frames` frames, all of one size and duration: its tables are a line each.
fn track(id: u32, frames: u32) -> Vec<u8> {
    let matrix = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000_u32];
    let matrix: Vec<u8> = matrix.iter().flat_map(|n| n.to_be_bytes()).collect();
    let size = [(64_u32 << 16).to_be_bytes(), (36_u32 << 16).to_be_bytes()].concat();
    let head = full(b"tkhd", &[0, 0, id, 0, 1000], &[&[0; 16], &matrix, &size]);
    let media = full(b"mdhd", &[0, 0, 1000, 1000, 0x55c4_0000], &[]);
    let handler = full(b"hdlr", &[0], &[b"vide", &[0; 13]]);
    let mut entry = vec![0; 78];
    (entry[7], entry[25], entry[27]) = (1, 64, 36);
    let entry = parts(b"mp4v", &[&entry]);
    let place = full(b"url ", &[], &[]);
    let references = parts(b"dinf", &[&full(b"dref", &[1], &[&place])]);
    let tables = [
        full(b"stsd", &[1], &[&entry]),
        full(b"stts", &[1, frames, 1], &[]),
        full(b"stsz", &[1, frames], &[]),
        full(b"stsc", &[1, 1, frames, 1], &[]),
        full(b"stco", &[1, 48], &[]),
    ];
    let tables = parts(b"stbl", &[&tables.concat()]);
    let video = full(b"vmhd", &[0, 0], &[]);
    let info = parts(b"minf", &[&video, &references, &tables]);
    parts(
        b"trak",
        &[&head, &parts(b"mdia", &[&media, &handler, &info])],
    )
}

fn movie(tracks: &[Vec<u8>], more: &[u8]) -> Vec<u8> {
    let head = full(
        b"mvhd",
        &[0, 0, 1000, 1000, 0x1_0000],
        &[&[0; 76], &9_u32.to_be_bytes()],
    );
    parts(b"moov", &[&head, &tracks.concat(), more])
}

fn file(movie: &[u8]) -> Vec<u8> {
    [
        parts(b"ftyp", &[b"isom\0\0\x02\0isom"]),
        movie.to_vec(),
        parts(b"mdat", &[&[0; 1000]]),
    ]
    .concat()
}

/// A file of a few kilobytes that would have an ffmpeg take gigabytes, each.
fn attacks(place: &Place) -> Vec<PathBuf> {
    let tracks: Vec<_> = (1..=10).map(|id| track(id, 40_000_000)).collect();
    let extends = parts(b"mvex", &[&full(b"trex", &[1, 1, 1, 1, 0], &[])]);
    let run = full(b"trun", &[40_000_000], &[]);
    let fragment = [full(b"tfhd", &[1], &[]), run];
    let fragment = parts(
        b"moof",
        &[
            &full(b"mfhd", &[1], &[]),
            &parts(b"traf", &[&fragment.concat()]),
        ],
    );
    let fragment = [movie(&[track(1, 0)], &extends), fragment].concat();
    // 1 GB of zeros, which a megabyte is when it is packed; ffmpeg takes the size from the file.
    let packed = [0xffff_ffff_u32 >> 2, 0].map(u32::to_be_bytes).concat();
    let method = parts(b"dcom", &[b"zlib"]);
    let packed = parts(
        b"moov",
        &[&parts(b"cmov", &[&method, &parts(b"cmvd", &[&packed])])],
    );
    // 16 bits for each of four channels: three of them at once are 2.4 GB.
    let picture = place.path("picture.mov");
    let pixels = "-f rawvideo -pixel_format rgba64be -video_size 10000x10000 -i /dev/zero";
    ffmpeg(
        &format!("{pixels} -frames:v 2 -c:v png -compression_level 1"),
        &picture,
    );
    // An EBML element that says it is 2 GB long, in the header of an MKV.
    let mut mkv = fs::read(place.clip("whole.mkv")).unwrap();
    let codec = mkv.windows(2).position(|w| w == [0x63, 0xa2]).unwrap();
    mkv.splice(codec + 2..=codec + 2, [0x08, 0x7f, 0xff, 0xff, 0xff]);
    vec![
        place.file("tracks.mp4", file(&movie(&tracks, &[]))),
        place.file("fragment.mp4", file(&fragment)),
        place.file("packed.mov", file(&packed)),
        place.file("element.mkv", mkv),
        picture,
    ]
}

/// The private memory of a process, in KB.
fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.unwrap_or_default()
}

/// The most private memory of a run and all that it starts, in KB, and how it ended.
fn most_memory(run: &mut Command) -> (u64, Ended) {
    let mark = Mark::on(run);
    let mut run = run
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut most = 0;
    while run.try_wait().unwrap().is_none() {
        let now = mark.alive().iter().map(|(pid, _)| memory(*pid)).sum();
        most = most.max(now);
        thread::sleep(Duration::from_millis(20));
    }
    (most, Ended::from(run.wait_with_output().unwrap()))
}

/// Waiting for servers overlaps, taking memory does not: an index that needs much is asked for by as many at once as
/// there are cores.
#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn many_downloads_of_hostile_indexes_take_the_memory_of_few() {
    let place = Place::new();
    let tracks: Vec<_> = (1..=10).map(|id| track(id, 40_000_000)).collect();
    let server = Server::start(&file(&movie(&tracks, &[])), "");
    let urls: Vec<_> = (0..8)
        .map(|n| format!("{}/good/v{n}.mp4", server.address))
        .collect();
    let options = ["--json", "-", "--timeout", "20s"];
    let (most, ended) = most_memory(&mut place.command("async", &options, &urls));
    println!("{} MB", most >> 10);
    for video in ended.report().videos {
        assert!(video.error.is_some());
    }
    let each = Settings::new("", "").limits().ffmpeg_memory >> 10;
    let at_once = u64::try_from(thumbnail_core::program::options::cores()).unwrap();
    // What fetches an index, and this program's own.
    let rest = (8 * 96 + 300) << 10;
    assert!(most < at_once.min(7) * each + rest, "{} MB", most >> 10);
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn whatever_a_file_asks_for_memory_is_bounded() {
    let place = Place::new();
    let attacks = attacks(&place);
    let bound = Settings::new("", "").limits().ffmpeg_memory >> 10;
    for way in WAYS {
        for attack in &attacks {
            let mut run = place.command(way, &["--json", "-", "--frames", "5"], &[attack]);
            let (most, ended) = most_memory(&mut run);
            let report = ended.report();
            let name = attack.file_name().unwrap().display();
            println!(
                "{way} {name}: {} MB, {:?}",
                most >> 10,
                report.videos[0].error
            );
            // This program's own, with a picture of 8 bytes a pixel at most, comes on top.
            let own = 300 << 10;
            assert!(most < bound + own, "{way} {name}: {} MB", most >> 10);
        }
    }
}

/// What the parser of an index takes here, in this program itself.
#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn an_index_of_millions_of_boxes_takes_little_memory_of_this_program() {
    let place = Place::new();
    let fails = place.path("ffmpeg");
    script(&fails, "exit 1");
    // 31 MB: an index of 32 MB is still read here.
    let empty = |name: &[u8]| parts(name, &[]).repeat(31 << 17);
    let described = full(b"stsd", &[31 << 17], &[&empty(b"abcd")]);
    let described = [&b"stbl"[..], b"minf", b"mdia", b"trak"]
        .into_iter()
        .fold(described, |inner, name| parts(name, &[&inner]));
    let attacks = [
        ("tracks.mp4", empty(b"trak")),
        ("descriptions.mp4", described),
        ("free.mp4", empty(b"free")),
    ];
    for (name, index) in attacks {
        let video = place.file(name, file(&parts(b"moov", &[&index])));
        let run = place.command("single", &["--json", "-"], &[video]);
        let (most, ended) = most_memory(&mut with(&fails, run));
        println!("{name}: {} MB", most >> 10);
        assert!(ended.report().videos[0].error.is_some());
        assert!(most < 150 << 10, "{name}: {} MB", most >> 10);
    }
}

/// Code that does not check whether it got memory crashes: the error names the limit as a possible reason, if there
/// is one.
#[test]
fn a_crash_under_the_limit_is_told_to_be_perhaps_for_want_of_memory() {
    let place = Place::new();
    let video = place.clip("v.mp4");
    let crashes = place.path("ffmpeg");
    for says in ["", "ffmpeg \"$@\" >/dev/null; "] {
        script(&crashes, &format!("{says}kill -s SEGV $$"));
        for way in WAYS {
            let run = || with(&crashes, place.command(way, &["--json", "-"], &[&video]));
            let report = Ended::of(&mut run()).report();
            let limited_by_us = error(&report.videos[0]);
            assert!(limited_by_us.contains("SIGSEGV"), "{limited_by_us}");
            assert!(
                limited_by_us.contains("perhaps it needs more memory than the limit for ffmpeg"),
                "{way}: {limited_by_us}"
            );
            let report = Ended::of(&mut limited("ulimit -v 8000000", &run())).report();
            let limited_by_user = error(&report.videos[0]);
            assert!(!limited_by_user.contains("perhaps"), "{limited_by_user}");
        }
    }
}

/// Where ffmpeg tells that it got none, the error says what to do.
#[test]
fn an_ffmpeg_that_gets_no_memory_is_told_apart() {
    let place = Place::new();
    let video = place.path("large.mov");
    ffmpeg("-f lavfi -i color=red:s=4096x2160:r=5:d=1 -c:v png", &video);
    // Less than it takes for one frame, and more than for starting.
    let little = place.path("ffmpeg");
    script(&little, "ulimit -d 60000; exec ffmpeg \"$@\"");
    for way in WAYS {
        let run = place.command(way, &["--json", "-", "--frames", "3"], &[&video]);
        let report = Ended::of(&mut with(&little, run)).report();
        let error = error(&report.videos[0]);
        assert!(
            error.contains("needs more memory than --max-pixels allows"),
            "{error}"
        );
    }
}

#[test]
fn a_description_that_speaks_of_memory_fails_no_video() {
    let place = Place::new();
    let words = place.path("words.txt");
    let lines = "How to mend:\\\nCannot allocate memory\\\n[error] pthread_create failed\n";
    fs::write(&words, format!(";FFMETADATA1\ncomment={lines}")).unwrap();
    let described = place.path("described.mkv");
    let (clip, words) = (place.clips(1)[0].display().to_string(), words.display());
    let arguments = format!("-i {clip} -f ffmetadata -i {words} -map_metadata 1 -c copy");
    ffmpeg(&arguments, &described);
    for way in WAYS {
        let report = place
            .run(way, &[], std::slice::from_ref(&described))
            .report();
        assert_eq!(
            report.videos[0].status(),
            Status::Success,
            "{way}: {:?}",
            report.videos[0].error
        );
    }
}
