//! Ctrl-C, SIGTERM and SIGKILL, whenever they come.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::processes::{HANGS, Mark, handles_signals, script, signal, until};
use crate::tools::{Ended, Place, WAYS, entries, limited};

/// How many moments are tried in each way: a few among the other tests, 100 in `.ci/faults.sh`.
const MOMENTS: &str = "FAULT_MOMENTS";

/// How long it may take from the signal to the end. Among other tests the machine is busy.
fn patience() -> Duration {
    Duration::from_secs(if env::var_os(MOMENTS).is_some() { 2 } else { 6 })
}

/// Marsaglia's xorshift64: the same moments every time, as far as a machine can.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A process that has ended and that nobody has asked how.
fn is_zombie(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('Z'))
}

fn at_random_moments(way: &str) {
    let moments = env::var(MOMENTS).map_or(3, |n| n.parse().unwrap());
    let place = Place::new();
    let videos = place.clips(8);
    // How long a whole run takes here, now.
    let start = Instant::now();
    place.run(way, &["--frames", "5"], &videos).success();
    let whole = u64::try_from(start.elapsed().as_micros()).unwrap();
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let mut slowest = Duration::ZERO;
    for moment in 0..moments {
        let out = place.out(way);
        let _ = fs::remove_dir_all(&out);
        let mut run = place.command(way, &["--quiet", "--frames", "5"], &videos);
        let mark = Mark::on(&mut run);
        run.stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let mut run = run.spawn().unwrap();
        sleep(Duration::from_micros(noise.below(whole)));
        let seen: BTreeSet<_> = mark.alive().into_iter().map(|(pid, _)| pid).collect();
        // Ctrl-C in a terminal reaches the whole group; a service manager tells the program alone.
        let (name, number, to) = match moment % 3 {
            0 => ("INT", 2, format!("-{}", run.id())),
            1 => ("INT", 2, run.id().to_string()),
            _ => ("TERM", 15, run.id().to_string()),
        };
        let over = run.try_wait().unwrap().is_some();
        let start = Instant::now();
        if !over {
            signal(name, &to);
        }
        let status = run.wait().unwrap();
        let took = start.elapsed();
        slowest = slowest.max(took);
        let left = mark.alive();
        assert!(took < patience(), "{way} {moment}: {took:?}");
        // It can be over already, or not have begun: then the signal ends it, as any program.
        let expected = over
            || status.code() == Some(0)
            || status.code() == Some(128 + number)
            || status.signal() == Some(number);
        assert!(expected, "{way} {moment} {name}: {status}");
        if status.signal().is_none() {
            assert_eq!(left, [], "{way} {moment}");
        }
        until("no zombie is left", || {
            !seen.iter().any(|pid| is_zombie(*pid))
        });
        for name in entries(&out) {
            assert!(name.starts_with('v'), "{way} {moment}: {name} is left");
            let frames = entries(&out.join(&name));
            assert_eq!(frames, ["0", "1", "2", "3", "4"], "{way} {moment} {name}");
            for frame in frames {
                let files = entries(&out.join(&name).join(&frame));
                assert_eq!(files, ["16.png", "32.png", "original.png"], "{way} {name}");
            }
        }
    }
    println!("{way}: {moments} moments, at most {slowest:?} from the signal to the end");
}

macro_rules! random_moments {
    ($($name:ident: $way:literal;)*) => {
        $(#[test]
        fn $name() {
            at_random_moments($way);
        })*
    };
}

random_moments! {
    signals_at_random_moments_leave_nothing_in_single: "single";
    signals_at_random_moments_leave_nothing_in_threads: "threads";
    signals_at_random_moments_leave_nothing_in_process: "process";
    signals_at_random_moments_leave_nothing_in_async: "async";
    signals_at_random_moments_leave_nothing_in_async_blocking: "async --blocking";
}

/// Kills the program itself while its ffmpeg runs, and waits until nothing of it runs any more.
fn kill_while_ffmpeg_runs(place: &Place, way: &str, ffmpeg: &str, begun: impl Fn() -> bool) {
    let videos = [place.path("v0.mp4"), place.path("v1.mp4")];
    let program = place.path("ffmpeg");
    script(&program, ffmpeg);
    let mut run = place.command(way, &["--quiet"], &videos);
    let mark = Mark::on(&mut run);
    run.env("FFMPEG", &program)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut run = run.spawn().unwrap();
    until("ffmpeg is at work", begun);
    run.kill().unwrap();
    run.wait().unwrap();
    let start = Instant::now();
    mark.wait_for_the_last();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "{way}: {took:?}");
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn when_the_program_is_killed_its_ffmpegs_go_even_if_they_hang() {
    let place = Place::new();
    place.clips(2);
    // As ffmpeg itself, and as a script around it, which is two processes.
    let with_a_child = HANGS.replace("exec sleep 600", "sleep 600; exit 1");
    for way in WAYS {
        for text in [HANGS, &with_a_child] {
            let begun = place.path("begun");
            let _ = fs::remove_file(&begun);
            let text = format!("echo >'{}'; {text}", begun.display());
            kill_while_ffmpeg_runs(&place, way, &text, || begun.exists());
        }
    }
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn the_next_run_removes_what_a_killed_one_left() {
    let place = Place::new();
    let videos = place.clips(2);
    // Writes a frame, and then hangs: the video's directory has been begun.
    let half = "ffmpeg \"$@\" | head -c 8000; exec sleep 600";
    for way in WAYS {
        let out = place.out(way);
        let begun = || entries(&out).iter().any(|e| e.starts_with(".unfinished-"));
        kill_while_ffmpeg_runs(&place, way, half, begun);
        // Workers have cleaned up after themselves.
        assert_eq!(begun(), way != "process", "{way}");
        place.run(way, &[], &videos).success();
        assert_eq!(entries(&out), ["v0", "v1"], "{way}");
    }
}

/// `nohup` and `trap '' HUP` have a program ignore the signal that the end of its terminal sends.
#[test]
fn a_run_that_is_to_outlive_its_terminal_does() {
    let place = Place::new();
    let videos = place.clips(2);
    for way in WAYS {
        let wait = ["--json", "-", "--delay", "2s", "--delay-kind", "wait"];
        let run = place.command(way, &wait, &videos);
        let mut run = limited("trap '' HUP", &run);
        run.process_group(0);
        let mark = Mark::on(&mut run);
        let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let run = run.unwrap();
        until("the handlers are there", || handles_signals(run.id()));
        signal("HUP", &format!("-{}", run.id()));
        Ended::from(run.wait_with_output().unwrap()).success();
        mark.wait_for_the_last();
    }
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn a_suspended_run_goes_on_where_it_stood() {
    let place = Place::new();
    let video = [place.clip("v.mp4")];
    let slow = place.path("ffmpeg");
    script(
        &slow,
        "case \"$*\" in *v.mp4*) sleep 2;; esac; exec ffmpeg \"$@\"",
    );
    for way in WAYS {
        // The time for which it is stopped is more than --timeout allows.
        let mut run = place.command(way, &["--json", "-", "--timeout", "4s"], &video);
        run.env("FFMPEG", &slow).process_group(0);
        let mark = Mark::on(&mut run);
        let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let run = run.unwrap();
        until("ffmpeg has the video", || {
            let alive = mark.alive();
            alive.iter().any(|(pid, _)| {
                let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                line.windows(6).any(|w| w == b"sleep\0")
            })
        });
        let group = format!("-{}", run.id());
        signal("STOP", &group);
        sleep(Duration::from_secs(6));
        signal("CONT", &group);
        Ended::from(run.wait_with_output().unwrap()).success();
    }
}
