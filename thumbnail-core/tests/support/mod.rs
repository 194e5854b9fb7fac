//! What the tests that run the real programs share.

// Each test program uses its own part of it.
#![allow(dead_code)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use thumbnail_core::measure::report::RunReport;

/// The four demos, by the name of their model.
pub const MODELS: [&str; 4] = ["single", "threads", "process", "async"];

/// How many of its cases a test tries: the first so many, or all if `THOROUGH` is set, as `.ci/run` sets it.
pub fn few(cases: usize) -> usize {
    match std::env::var_os("THOROUGH") {
        Some(_) => usize::MAX,
        None => cases,
    }
}

/// A demo's program. Cargo builds no other package's programs for a test, so the first call has it
/// do that; where they are built already it takes a fraction of a second. The variable `DEMOS_ARE_BUILT`
/// leaves that out.
pub fn demo(model: &str) -> Command {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        // target/debug/deps/<test>
        let directory = test.parent().and_then(Path::parent).unwrap().to_owned();
        // Under Wine no cargo can be run: there they are built beforehand.
        if std::env::var_os("DEMOS_ARE_BUILT").is_some() {
            return directory;
        }
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--workspace", "--bins", "--examples"]);
        if directory.ends_with("release") {
            cargo.arg("--release");
        }
        // What cargo tells this test of its own package is not for others: build scripts that look
        // at it would run again, and half of the workspace be compiled anew, with each change from
        // one cargo to the other.
        let of_this_package = |name: &str| {
            let prefixes = ["CARGO_PKG_", "CARGO_MANIFEST_"];
            prefixes.iter().any(|prefix| name.starts_with(prefix))
        };
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(of_this_package) {
                cargo.env_remove(name);
            }
        }
        cargo.arg("--target-dir").arg(directory.parent().unwrap());
        assert!(cargo.status().unwrap().success(), "the demos do not build");
        directory
    });
    let program = directory.join(format!("demo-{model}{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(program);
    // A test that makes clips or fetches ffmpeg says where.
    // A developer may have asked for backtraces; users have not.
    let developers = ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"];
    for variable in developers.into_iter().chain(["FFMPEG_DOWNLOAD_URL"]) {
        command.env_remove(variable);
    }
    command.arg("--no-download");
    command
}

/// Runs a demo without a delay on `videos` and gives its report, whatever its exit code.
pub fn report(model: &str, out: &Path, options: &[&str], videos: &[PathBuf]) -> RunReport {
    let output = demo(model)
        .args(["--delay", "0s", "--json", "-", "--out"])
        .arg(out)
        .args(options)
        .arg("--")
        .args(videos)
        .output()
        .unwrap();
    parse(&output)
}

/// The report that a demo with `--json -` wrote.
pub fn parse(output: &Output) -> RunReport {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        panic!("no report ({error}); stderr:\n{stderr}")
    })
}

/// The ffmpeg of the tests: the one that the demos run too.
pub fn ffmpeg_program() -> OsString {
    std::env::var_os("FFMPEG")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "ffmpeg".into())
}

/// The ffmpeg that makes the tests' clips: that of the variable `FFMPEG_ENCODER`, for tests of builds
/// that lack encoders, or else the same one.
pub fn encoder_program() -> OsString {
    std::env::var_os("FFMPEG_ENCODER")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(ffmpeg_program)
}

/// Makes a clip with ffmpeg. `arguments` are split at spaces; the output follows them.
pub fn ffmpeg(arguments: &str, output: &Path) {
    let result = Command::new(encoder_program())
        .args(["-v", "error", "-nostdin", "-y"])
        .args(arguments.split_whitespace())
        .arg(output)
        .output()
        .expect("the tests need ffmpeg: scripts/ensure-ffmpeg.sh brings it");
    let stderr = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success(), "ffmpeg {arguments}: {stderr}");
}
