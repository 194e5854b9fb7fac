//! `scripts/ensure-ffmpeg.sh` on machines that are made up: a `PATH` with stand-ins for a package
//! manager and for sudo, which write down how they were called.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

/// Held while a stand-in is written, and while one may be started. Linux refuses to start a file
/// that is open for writing, be it only in a process that another test's thread is just forking.
static WRITING_OR_RUNNING: Mutex<()> = Mutex::new(());

struct Machine {
    bin: TempDir,
}

impl Machine {
    /// A machine where `id -u` says `uid`, with what the script needs of a system and no more.
    fn new(uid: u32) -> Self {
        let machine = Self {
            bin: tempfile::tempdir().unwrap(),
        };
        for tool in ["bash", "env", "cat", "chmod"] {
            let file = which::which(tool).unwrap();
            symlink(file, machine.bin.path().join(tool)).unwrap();
        }
        machine.with("id", &format!("echo {uid}"))
    }

    fn with(self, name: &str, script: &str) -> Self {
        let _alone = WRITING_OR_RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let file = self.bin.path().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Adds a package manager that notes its arguments; `install` and the like bring an ffmpeg.
    fn with_manager(self, name: &str) -> Self {
        let bin = self.bin.path().display().to_string();
        let script = format!(
            "echo {name} \"$@\" DEBIAN_FRONTEND=$DEBIAN_FRONTEND >>'{bin}/calls'\n\
             case \"$*\" in *ffmpeg*) echo >'{bin}/ffmpeg'; chmod +x '{bin}/ffmpeg';; esac"
        );
        self.with(name, &script)
    }

    fn with_sudo(self) -> Self {
        let bin = self.bin.path().display().to_string();
        self.with("sudo", &format!("echo sudo >>'{bin}/calls'\nexec \"$@\""))
    }

    fn run(&self, variables: &[(&str, &str)]) -> Output {
        let _alone = WRITING_OR_RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/ensure-ffmpeg.sh");
        Command::new(self.bin.path().join("bash"))
            .arg(script)
            .env_clear()
            .env("PATH", self.bin.path())
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.bin.path().join("calls")).unwrap_or_default();
        let call = |line: &str| line.trim_end_matches(" DEBIAN_FRONTEND=").to_owned();
        text.lines().map(call).collect()
    }

    /// Runs the script, expects success, and gives the calls it made.
    fn succeeds(&self) -> Vec<String> {
        let output = self.run(&[]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        self.calls()
    }
}

#[test]
fn nothing_happens_where_ffmpeg_is_there() {
    let machine = Machine::new(0).with("ffmpeg", "").with_manager("apt-get");
    assert_eq!(machine.succeeds(), [""; 0]);

    let machine = Machine::new(0).with("mine", "").with_manager("apt-get");
    assert!(machine.run(&[("FFMPEG", "mine")]).status.success());
    assert_eq!(machine.calls(), [""; 0]);
}

#[test]
fn a_variable_that_names_no_program_is_an_error() {
    let machine = Machine::new(0).with_manager("apt-get");
    for name in ["/no/ffmpeg", "/", "-p", "if", "cd"] {
        let output = machine.run(&[("FFMPEG", name)]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("'{name}'")));
        assert_eq!(machine.calls(), [""; 0], "{name}");
    }
}

#[test]
fn apt_get_is_updated_first_and_asks_nothing() {
    let calls = Machine::new(0)
        .with_sudo()
        .with_manager("apt-get")
        .succeeds();
    let install = "apt-get install --yes --no-install-recommends ffmpeg \
                   DEBIAN_FRONTEND=noninteractive";
    assert_eq!(calls, ["apt-get update", install], "root needs no sudo");
}

#[test]
fn sudo_is_used_by_a_user_where_it_is_there() {
    let calls = Machine::new(1000)
        .with_sudo()
        .with_manager("apk")
        .succeeds();
    assert_eq!(calls, ["sudo", "apk add --no-cache ffmpeg"]);
    let calls = Machine::new(1000).with_manager("apk").succeeds();
    assert_eq!(calls, ["apk add --no-cache ffmpeg"]);
    let calls = Machine::new(1000)
        .with_sudo()
        .with_manager("brew")
        .succeeds();
    assert_eq!(
        calls,
        ["brew install ffmpeg"],
        "brew refuses to run as root"
    );
}

#[test]
fn each_package_manager_gets_its_own_command() {
    let commands = [
        ("dnf", "dnf install --assumeyes ffmpeg-free"),
        ("pacman", "pacman -S --needed --noconfirm ffmpeg"),
        ("zypper", "zypper --non-interactive install ffmpeg"),
    ];
    for (name, command) in commands {
        assert_eq!(Machine::new(0).with_manager(name).succeeds(), [command]);
    }
}

#[test]
fn dnf_without_ffmpeg_free_installs_ffmpeg() {
    let machine = Machine::new(0);
    let bin = machine.bin.path().display().to_string();
    let script = format!(
        "case $3 in ffmpeg) echo >'{bin}/ffmpeg'; chmod +x '{bin}/ffmpeg';; *) exit 1;; esac"
    );
    assert!(machine.with("dnf", &script).run(&[]).status.success());
}

#[test]
fn no_package_manager_and_a_failing_one_are_errors() {
    let output = Machine::new(0).run(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no package manager found"));

    assert!(
        !Machine::new(0)
            .with("apt-get", "exit 100")
            .run(&[])
            .status
            .success()
    );

    let output = Machine::new(0).with("brew", "true").run(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("yet ffmpeg is not in PATH"));
}
