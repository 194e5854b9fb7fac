//! What the comparison ran on.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::comparison::Machine;

/// How long is looked at what else is running. Load averages would still show the build that
/// has just ended.
const LOOK: Duration = Duration::from_millis(500);

/// Looks around. Takes half a second, in which nothing of ours should run.
#[must_use]
pub fn machine(ffmpeg: Option<String>) -> Machine {
    let wanted = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing().with_cpu_usage())
        .with_memory(MemoryRefreshKind::nothing().with_ram());
    let mut system = System::new_with_specifics(wanted);
    let can_look = !under_wine();
    if can_look {
        std::thread::sleep(LOOK);
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
        rustc: said_by("rustc", &["--version"]),
        ffmpeg,
        commit: commit(),
        build: if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        }
        .to_owned(),
        load_before: (can_look && !system.cpus().is_empty()).then_some(f64::from(busy)),
    }
}

/// Wine lacks a call (`PdhEnumObjectsW`) by which sysinfo looks at the load a second time, and ends a
/// program that makes it. It sets this variable for all that it runs.
fn under_wine() -> bool {
    cfg!(windows) && std::env::var_os("WINEHOMEDIR").is_some()
}

/// The source's commit, with `+` behind it if files differ from it.
fn commit() -> Option<String> {
    let hash = said_by("git", &["rev-parse", "--short", "HEAD"])?;
    let changed = said_by("git", &["status", "--porcelain"]).is_some();
    Some(if changed { hash + "+" } else { hash })
}

/// What a program prints when it is run in the source directory; `None` if nothing, or if it fails.
fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(source).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
