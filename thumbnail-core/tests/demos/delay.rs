//! The delay is honest: work is work however crowded the machine is, and waiting is none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use thumbnail_core::measure::span::{Span, Stage};
use thumbnail_core::program::options::cores;

use crate::tools::{Place, WAYS};

/// In seconds; the clock of a thread is read some ten thousand times in it.
const DELAY: f64 = 0.3;

/// How far the clock of a thread can be behind, in seconds: on Windows it is put forward once a tick,
/// of which there are 64 a second.
const TICK: f64 = if cfg!(windows) { 1.0 / 64.0 } else { 0.0 };

/// By how much CPU time may differ from what was asked for, in seconds.
const WITHIN: f64 = 0.05 * DELAY + TICK;

fn delays(place: &Place, kind: &str) -> Vec<(&'static str, Span)> {
    let videos = place.clips(2);
    let options = ["--frames", "1", "--delay", "300ms", "--delay-kind", kind];
    let of_way = |way| {
        let report = place.run(way, &options, &videos).success();
        let spans = report.videos.into_iter().flat_map(|v| v.spans);
        let delays = spans.filter(|s| s.stage == Stage::Delay);
        let delays: Vec<_> = delays.map(|s| (way, s)).collect();
        assert_eq!(delays.len(), 2, "{way}");
        delays
    };
    WAYS.into_iter().flat_map(of_way).collect()
}

fn assert_burnt(delays: &[(&str, Span)]) {
    for (way, span) in delays {
        let off = (span.cpu_seconds - DELAY).abs();
        assert!(off <= WITHIN, "{way}: {span:?}");
        // The two clocks are not read at the same moment.
        assert!(
            span.seconds() >= span.cpu_seconds - 0.001 - TICK,
            "{way}: {span:?}"
        );
    }
}

#[test]
fn a_cpu_delay_burns_the_time_asked_for() {
    assert_burnt(&delays(&Place::new(), "cpu"));
}

#[test]
fn a_cpu_delay_burns_as_much_while_others_want_the_cores() {
    static STOP: AtomicBool = AtomicBool::new(false);
    /// Also when an assertion fails: the scope waits for its threads.
    struct Stop;
    impl Drop for Stop {
        fn drop(&mut self) {
            STOP.store(true, Ordering::Relaxed);
        }
    }
    thread::scope(|scope| {
        let _stop = Stop;
        for _ in 0..cores() {
            scope.spawn(|| {
                while !STOP.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        assert_burnt(&delays(&Place::new(), "cpu"));
    });
}

#[test]
fn a_wait_delay_sleeps() {
    for (way, span) in delays(&Place::new(), "wait") {
        assert!(span.seconds() >= DELAY, "{way}: {span:?}");
        assert!(span.cpu_seconds <= WITHIN, "{way}: {span:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn async_needs_no_more_threads_for_fifty_videos_than_for_two() {
    let place = Place::new();
    let videos = place.clips(50);
    let options = [
        "--quiet",
        "--frames",
        "1",
        "--delay",
        "2s",
        "--delay-kind",
        "wait",
    ];
    let most_threads = |videos| {
        let mut run = place.command("async", &options, videos).spawn().unwrap();
        let status = format!("/proc/{}/status", run.id());
        let mut most = 0;
        while run.try_wait().unwrap().is_none() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let threads = text.lines().find_map(|l| l.strip_prefix("Threads:"));
            most = most.max(threads.map_or(0, |n| n.trim().parse::<usize>().unwrap()));
            thread::sleep(std::time::Duration::from_millis(5));
        }
        assert!(run.wait().unwrap().success());
        most
    };
    let with_two = most_threads(&videos[..2]);
    let with_fifty = most_threads(&videos[..]);
    // The pool of two videos may not have needed all its threads.
    assert!(with_fifty <= with_two + cores(), "{with_two}, {with_fifty}");
    // The main thread, the one for signals, and the pool.
    assert!(with_fifty <= 2 + cores(), "{with_fifty}");
}
