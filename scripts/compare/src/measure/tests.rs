//! Shell scripts stand in for the demos.

use std::process::Command;
use std::time::{Duration, Instant};

use super::{Stop, run};

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// 100,000 additions by the shell: some tenths of a second of CPU time.
const BURN: &str = "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done";

#[test]
fn cpu_time_of_grandchildren_counts() {
    let own = run(&mut shell(BURN), || None).expect("sh runs");
    let nested = format!("sh -c 'sh -c \"{}\"; true'; true", BURN.replace('$', "\\$"));
    let grandchild = run(&mut shell(&nested), || None).expect("sh runs");
    let seconds = |m: &super::Measured| m.cpu_seconds.map_or(0.0, |(user, system)| user + system);
    assert!(grandchild.status.success());
    assert!(
        seconds(&grandchild) > seconds(&own) / 2.0,
        "{} s in the grandchild, {} s for the same in the child",
        seconds(&grandchild),
        seconds(&own),
    );
}

#[test]
fn the_exit_status_is_the_programs() {
    let measured = run(&mut shell("exit 3"), || None).expect("sh runs");
    assert_eq!(measured.status.code(), Some(3));
}

#[cfg(target_os = "linux")]
#[test]
fn every_process_of_the_tree_is_seen() {
    let script = "sleep 0.4 & (sleep 0.4 & sleep 0.4 & wait) & wait";
    let peaks = run(&mut shell(script), || None).expect("sh runs").peaks;
    let peaks = peaks.expect("it runs for many samples");
    assert_eq!((peaks.processes, peaks.threads), (5, 5));
    // Each process has at least one page of 4 KiB.
    assert!(peaks.memory_bytes > 5 * 4096, "{peaks:?}");
}

#[test]
fn a_request_to_terminate_reaches_the_program() {
    let start = Instant::now();
    let script = "trap 'exit 7' TERM; while :; do sleep 0.02; done";
    let stop = || (start.elapsed() > Duration::from_millis(200)).then_some(Stop::Terminate);
    let measured = run(&mut shell(script), stop).expect("sh runs");
    assert_eq!(measured.status.code(), Some(7));
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "tells what a sample costs"]
fn cost_of_a_sample() {
    let mut child = shell("sleep 20 & sleep 20 & sleep 20 & sleep 20 & wait")
        .spawn()
        .expect("sh runs");
    std::thread::sleep(Duration::from_millis(300));
    let cpu = cpu_time();
    for _ in 0..1000 {
        super::tree::sample(child.id());
    }
    println!("{:.0} µs each", (cpu_time() - cpu) * 1e3);
    let _ = child.kill();
    let _ = child.wait();
}

/// CPU seconds of this process.
#[cfg(target_os = "linux")]
fn cpu_time() -> f64 {
    let own = procfs::process::Process::myself()
        .and_then(|own| own.stat())
        .expect("is there");
    let number = |ticks: u64| f64::from(u32::try_from(ticks).expect("not so many"));
    number(own.utime + own.stime) / number(procfs::ticks_per_second())
}
