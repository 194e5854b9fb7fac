//! The machine that the comparison runs on.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::comparison::Machine;

/// The load before the first run is measured over this time. The system's load average would still
/// count the build that has just ended.
const LOAD_SAMPLE: Duration = Duration::from_millis(500);

/// Describes the machine and measures its load. Takes half a second, in which no program of ours should run.
#[must_use]
pub fn machine(ffmpeg: Option<String>) -> Machine {
    let wanted = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing().with_cpu_usage())
        .with_memory(MemoryRefreshKind::nothing().with_ram());
    let mut system = System::new_with_specifics(wanted);
    let has_load = !under_wine();
    if has_load {
        std::thread::sleep(LOAD_SAMPLE);
        system.refresh_cpu_usage();
    }
    let busy: f32 = system
        .cpus()
        .iter()
        .map(|cpu| cpu.cpu_usage() / 100.0)
        .sum();
    let name = system
        .cpus()
        .first()
        .map(|cpu| cpu.brand().trim().to_owned());
    Machine {
        started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        cpu: name.filter(|name| !name.is_empty()),
        cores: thumbnail_core::program::options::cores(),
        memory_bytes: Some(system.total_memory()).filter(|&bytes| bytes > 0),
        os: System::long_os_version(),
        rustc: output_of("rustc", &["--version"]),
        ffmpeg,
        commit: commit(),
        build: if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        }
        .to_owned(),
        load_before: (has_load && !system.cpus().is_empty()).then_some(f64::from(busy)),
    }
}

/// Wine does not implement `PdhEnumObjectsW`, which sysinfo calls when it refreshes the load, and ends a
/// program that calls it. It sets `WINEHOMEDIR` for every program.
fn under_wine() -> bool {
    cfg!(windows) && std::env::var_os("WINEHOMEDIR").is_some()
}

/// The commit of the source, with a `+` if there are uncommitted changes.
fn commit() -> Option<String> {
    let hash = output_of("git", &["rev-parse", "--short", "HEAD"])?;
    let changed = output_of("git", &["status", "--porcelain"]).is_some();
    Some(if changed { hash + "+" } else { hash })
}

/// The output of a program in the source directory; `None` if it is empty or the program fails.
fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(source).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
