//! Very many videos, and two runs at once.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use thumbnail_core::measure::report::Status;

use crate::processes::script;
use crate::tools::{Ended, Place, WAYS, entries, tree};

/// A run of this many videos takes minutes with the real ffmpeg, so this one is a recording of it:
/// what it said and sent for the one clip. The number is smaller among the other tests.
const MANY: &str = "FAULT_VIDEOS";

fn recorded(place: &Place, clip: &Path) -> std::path::PathBuf {
    let program = place.path("record");
    let (out, err) = (place.path("said.out"), place.path("said.err"));
    let text = format!(
        "ffmpeg \"$@\" >'{0}' 2>'{1}'; cat '{1}' >&2; exec cat '{0}'",
        out.display(),
        err.display()
    );
    script(&program, &text);
    let mut run = place.command("single", &["--frames", "2", "--sizes", "16"], &[clip]);
    Ended::of(run.env("FFMPEG", &program)).code.unwrap();
    let replay = place.path("replay");
    // Frames are told of by a word that each process makes up anew.
    let text = format!(
        "all=\"$*\"; word=${{all#*showinfo@}}; word=${{word%%s0,*}}
        sed \"s/x[0-9a-f]\\{{16\\}}/$word/g\" '{1}' >&2; exec cat '{0}'",
        out.display(),
        err.display()
    );
    script(&replay, &text);
    replay
}

/// Resident memory in KB, and open descriptors.
fn usage(pid: u32) -> Option<(u64, usize)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let resident = resident.trim().split(' ').next()?.parse().ok()?;
    Some((
        resident,
        fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count(),
    ))
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn very_many_videos_take_no_more_of_anything() {
    let count: usize = env::var(MANY).map_or(300, |n| n.parse().unwrap());
    let place = Place::new();
    let clip = place.clip("v.mp4");
    let replay = recorded(&place, &clip);
    let videos = vec![Path::new("v.mp4"); count];
    for way in WAYS {
        let json = place.path("report.json");
        let options = [
            "--frames",
            "2",
            "--sizes",
            "16",
            "--format",
            "jpeg",
            "--json",
            json.to_str().unwrap(),
        ];
        let mut run = place.command(way, &options, &videos);
        run.env("FFMPEG", &replay)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let run = run.spawn().unwrap();
        let pid = run.id();
        let out = place.out(way);
        let watch = thread::spawn(move || {
            let mut samples = Vec::new();
            while let Some((memory, descriptors)) = usage(pid) {
                let done = fs::read_dir(&out).map_or(0, Iterator::count);
                samples.push((done, memory, descriptors));
                thread::sleep(Duration::from_millis(50));
            }
            samples
        });
        let ended = Ended::from(run.wait_with_output().unwrap());
        let samples = watch.join().unwrap();
        assert_eq!(ended.code, Some(0), "{way}: {}", ended.stderr);
        // The table and the timeline fit a page, however many there are.
        let lines = ended.stdout.lines().count();
        assert!(lines < 60, "{way}: {}", ended.stdout);
        let report: thumbnail_core::measure::report::RunReport =
            serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
        assert_eq!(report.videos.len(), count, "{way}");
        assert!(
            report.videos.iter().all(|v| v.status() == Status::Success),
            "{way}"
        );
        assert_eq!(entries(&place.out(way)).len(), count, "{way}");
        // Half way, all tasks of the async demo are there. From then on, and when all is shown at
        // the end, there is nothing to keep but the reports.
        let half = samples.iter().position(|s| s.0 >= count / 2).unwrap();
        let most = samples[half..].iter().max_by_key(|s| s.1).unwrap();
        let half = samples[half];
        let descriptors = samples.iter().map(|s| s.2).max().unwrap();
        println!(
            "{way}: {count} videos, at half {half:?}, then at most {most:?}, {descriptors} descriptors"
        );
        let grown = most.1.saturating_sub(half.1);
        // In KB: the reports of the second half, at most 2 each, and what allocators keep.
        assert!(grown < 4096 + count as u64, "{way}: {half:?}, {most:?}");
        assert!(descriptors < 64, "{way}: {descriptors}");
        fs::remove_dir_all(place.out(way)).unwrap();
    }
}

#[test]
fn very_many_failures_are_all_in_the_report_and_on_one_page() {
    let place = Place::new();
    let videos: Vec<_> = (0..2000).map(|n| format!("missing-{n}.mp4")).collect();
    for way in WAYS {
        let json = place.path("report.json");
        let mut run = place.command(way, &["--json", json.to_str().unwrap()], &videos);
        let ended = Ended::of(&mut run);
        assert_eq!(ended.code, Some(1), "{way}");
        let lines = ended.stdout.lines().count();
        assert!(lines < 150, "{way}: {lines} lines");
        assert!(
            ended.stdout.contains("and 1980 more failed"),
            "{way}: {}",
            ended.stdout
        );
        let text = fs::read_to_string(&json).unwrap();
        assert_eq!(text.matches("no such file").count(), 2000, "{way}");
        // Each has its line in the log.
        assert_eq!(
            ended.stderr.matches("failed: no such file").count(),
            2000,
            "{way}"
        );
    }
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn two_runs_at_once_into_one_directory_mix_nothing() {
    let place = Place::new();
    let videos = place.clips(6);
    // What each of the two would write alone.
    let options = [["--format", "png"], ["--format", "jpeg"]];
    let mut alone: Vec<BTreeMap<_, _>> = Vec::new();
    for options in options {
        place.run("threads", &options, &videos).success();
        alone.push(tree(&place.out("threads")));
        fs::remove_dir_all(place.out("threads")).unwrap();
    }
    for (one, other) in [("single", "threads"), ("process", "async")] {
        for _ in 0..2 {
            let out = place.path("shared");
            let start = |way: &str, options: [&str; 2]| {
                let mut run = Command::new(crate::tools::program(way).get_program());
                run.args(["--no-download", "--quiet", "--delay", "0s", "--frames", "3"]);
                run.args(["--sizes", "32,16", "--out"])
                    .arg(&out)
                    .args(options)
                    .args(&videos);
                run.stderr(Stdio::piped()).spawn().unwrap()
            };
            let both = [start(one, options[0]), start(other, options[1])];
            for run in both {
                let ended = Ended::from(run.wait_with_output().unwrap());
                assert_eq!(ended.code, Some(0), "{one} {other}: {}", ended.stderr);
            }
            assert_eq!(entries(&out), ["v0", "v1", "v2", "v3", "v4", "v5"]);
            for video in entries(&out) {
                let of = |tree: &BTreeMap<_, _>| {
                    let files = tree
                        .iter()
                        .filter(|(path, _): &(&std::path::PathBuf, _)| path.starts_with(&video));
                    files
                        .map(|(p, c): (_, &Vec<u8>)| (p.clone(), c.clone()))
                        .collect::<BTreeMap<_, _>>()
                };
                let now = of(&tree(&out));
                assert!(
                    now == of(&alone[0]) || now == of(&alone[1]),
                    "{video} is a mixture"
                );
            }
        }
    }
}
