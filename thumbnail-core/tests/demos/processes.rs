//! The processes of a run, found by a mark in their environment: that stays when a parent is gone.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

const VARIABLE: &str = "THUMBNAIL_TEST_MARK";

/// Marks a program, and so what it starts.
pub struct Mark(String);

impl Mark {
    pub fn on(command: &mut Command) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let value = format!("{}-{number}", std::process::id());
        command.env(VARIABLE, &value);
        Self(format!("{VARIABLE}={value}"))
    }

    /// The marked processes that live: their numbers and their programs' names.
    pub fn alive(&self) -> Vec<(u32, String)> {
        let numbers = fs::read_dir("/proc").unwrap().flatten();
        let numbers = numbers.filter_map(|e| e.file_name().to_str()?.parse().ok());
        numbers
            .filter(|pid| {
                // Empty for a zombie, which is dead but for its entry.
                let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
                environment
                    .split(|b| *b == 0)
                    .any(|v| v == self.0.as_bytes())
            })
            .map(|pid| (pid, name(pid)))
            .collect()
    }

    /// Those whose program is called `wanted`, the process `but` aside.
    pub fn called(&self, wanted: &str, but: u32) -> Vec<u32> {
        let alive = self.alive().into_iter();
        let called = alive.filter(|(pid, name)| *pid != but && name == wanted);
        called.map(|(pid, _)| pid).collect()
    }

    /// Waits until none is left.
    pub fn wait_for_the_last(&self) {
        until("the processes are gone", || self.alive().is_empty());
    }
}

/// The program's file name; the kernel's own name for it is cut at 15 bytes.
fn name(pid: u32) -> String {
    let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    let name = program.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Whether the process has a handler of its own for SIGTERM (bit 14), the last one that the programs install.
pub fn handles_signals(pid: u32) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = text.lines().find_map(|l| l.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    caught.is_some_and(|bits| bits & (1 << 14) != 0)
}

/// Sends a signal to a process, or with a minus before its number to its group.
pub fn signal(name: &str, process: &str) {
    let status = Command::new("sh")
        .args(["-c", "kill -s \"$0\" -- \"$1\"", name, process])
        .status();
    assert!(status.unwrap().success(), "kill {name} {process}");
}

/// Waits for something that has to happen; how long it takes is no matter, but for ever is a
/// failure.
pub fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "waiting until {what}"
        );
        sleep(Duration::from_millis(10));
    }
}

/// An ffmpeg that hangs over every video.
pub const HANGS: &str = "case \"$1\" in -version) exec ffmpeg -version;; esac; exec sleep 600";

/// Writes a script that stands in for ffmpeg.
pub fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    // By another process, so that no thread of this one forks while the file is open for writing:
    // Linux would then refuse to start it.
    let status = Command::new("sh")
        .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$0\""])
        .arg(path)
        .arg(text)
        .status();
    assert!(status.unwrap().success());
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
