//! Clips, the demos, and the program under test.

use std::env::consts::EXE_EXTENSION;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub const DEMOS: [&str; 4] = ["demo-single", "demo-threads", "demo-process", "demo-async"];

/// Where the demos are: beside the program under test. A test run of the whole workspace has built
/// them; for one of this package alone they are built here if they are missing.
pub fn demos() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let program = Path::new(env!("CARGO_BIN_EXE_compare"));
        let directory = program.parent().expect("a directory").to_owned();
        let there = |demo| directory.join(demo).with_extension(EXE_EXTENSION).is_file();
        if !DEMOS.into_iter().all(there) {
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--workspace", "--bins"]);
            if !cfg!(debug_assertions) {
                build.arg("--release");
            }
            assert!(
                build.status().expect("cargo runs").success(),
                "the demos do not build"
            );
        }
        directory
    })
}

/// A name that means something to a shell, a page and a table; on Windows, as far as it allows that.
pub const ODD: &str = if cfg!(windows) {
    "-&i#c.mp4"
} else {
    "-<i>|c.mp4"
};

/// A directory with two clips of one second, one of them with the odd name.
pub fn two_clips() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a temporary directory");
    for (name, source) in [("a b.mp4", "testsrc"), (ODD, "smptebars")] {
        let ffmpeg = std::env::var_os("FFMPEG").unwrap_or("ffmpeg".into());
        let made = Command::new(ffmpeg)
            .args(["-loglevel", "error", "-nostdin", "-f", "lavfi", "-i"])
            .arg(format!("{source}=size=64x48:rate=10:duration=1"))
            .args(["-c:v", "mpeg4"])
            .arg(home.path().join(name))
            .status();
        assert!(made.expect("ffmpeg is installed").success());
    }
    home
}

/// The program under test, in `home`, as quick as it can be.
pub fn compare(home: &Path) -> Command {
    let mut command = compare_at(home);
    command.arg("--frames=2");
    command
}

/// The same, without a number of frames.
pub fn compare_at(home: &Path) -> Command {
    demos();
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.current_dir(home).env("NO_COLOR", "1");
    command.args(["--runs=1", "--delay=20ms", "--out=my report"]);
    command
}

/// What is in `home` besides the clips.
pub fn left_over(home: &Path) -> Vec<String> {
    let names = home
        .read_dir()
        .expect("is there")
        .map(|entry| entry.expect("is there").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names
        .filter(|name| Path::new(name).extension().is_none_or(|e| e != "mp4"))
        .collect()
}
