//! Tiny clips, a run of a demo, and what it left.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use thumbnail_core::measure::report::{RunReport, Status, VideoReport};

use crate::support::{demo, ffmpeg};

/// Every way in which the demos work: each program, and async with its mistake.
pub const WAYS: [&str; 5] = ["single", "threads", "process", "async", "async --blocking"];

/// The ways that work on several videos at once.
pub const AT_ONCE: [&str; 3] = ["threads", "process", "async"];

/// Half a second of ten frames: nothing takes long with it.
const TINY: &str = "-f lavfi -i testsrc=s=64x36:r=10:d=1 -c:v mpeg4 -pix_fmt yuv420p";

/// The program that works in one of [`WAYS`].
pub fn program(way: &str) -> Command {
    let mut words = way.split(' ');
    let mut command = demo(words.next().unwrap());
    command.args(words);
    command
}

/// A directory of its own for one test.
pub struct Place {
    dir: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir }
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes a clip of one second. Its name says the container.
    pub fn clip(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        ffmpeg(TINY, &path);
        path
    }

    /// Makes `v0.mp4`, `v1.mp4` and so on, all alike.
    pub fn clips(&self, count: usize) -> Vec<PathBuf> {
        let first = self.clip("v0.mp4");
        let others = (1..count).map(|n| {
            let path = self.path(format!("v{n}.mp4"));
            fs::copy(&first, &path).unwrap();
            path
        });
        std::iter::once(first.clone()).chain(others).collect()
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// An output directory for one way.
    pub fn out(&self, way: &str) -> PathBuf {
        self.path(format!("out of {way}"))
    }

    /// Starts the demo without a delay, with three frames and one small size. `options` can say
    /// otherwise.
    pub fn command(&self, way: &str, options: &[&str], videos: &[impl AsRef<OsStr>]) -> Command {
        let mut command = program(way);
        command
            .current_dir(self.dir.path())
            .arg("--out")
            .arg(self.out(way));
        for (option, value) in [("--delay", "0s"), ("--frames", "3"), ("--sizes", "32,16")] {
            // `--at` takes the place of `--frames`.
            let at = option == "--frames" && options.contains(&"--at");
            if !at && !options.contains(&option) {
                command.args([option, value]);
            }
        }
        command.args(options).arg("--").args(videos);
        command
    }

    /// Runs a demo as [`Place::command`] says, to its end.
    pub fn run(&self, way: &str, options: &[&str], videos: &[impl AsRef<OsStr>]) -> Ended {
        let mut all = vec!["--json", "-"];
        all.extend(options);
        Ended::from(self.command(way, &all, videos).output().unwrap())
    }
}

/// `command` under limits that a shell sets: `ulimit -n 64`.
// For `tests/faults`, which has this file, too.
#[allow(dead_code)]
pub fn limited(limits: &str, command: &Command) -> Command {
    let script = format!("{limits} && exec \"$@\"");
    started_by(&["sh", "-c", &script, "sh"], command)
}

/// `command`, started by a program that changes something and then becomes it.
#[allow(dead_code)]
pub fn started_by(program: &[&str], command: &Command) -> Command {
    let mut started = Command::new(program[0]);
    started.args(&program[1..]);
    started.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => started.env(name, value),
            None => started.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        started.current_dir(directory);
    }
    started
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        // A panic is never an answer, whatever the question.
        assert!(!stderr.contains("panicked at"), "{stderr}");
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr,
        }
    }
}

impl Ended {
    pub fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    pub fn report(&self) -> RunReport {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("no report ({e}); stderr:\n{}", self.stderr))
    }

    /// The report of a run in which all went well.
    pub fn success(&self) -> RunReport {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        let report = self.report();
        assert!(report.videos.iter().all(|v| v.status() == Status::Success));
        report
    }
}

/// The error of a video that has to have failed.
pub fn error(video: &VideoReport) -> &str {
    let error = video.error.as_deref();
    error.unwrap_or_else(|| panic!("{} did not fail", video.source))
}

/// What is in a directory, sorted; nothing if there is none.
pub fn entries(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Every file below a directory with its content, by its path from there.
pub fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut to_do = vec![dir.to_owned()];
    while let Some(next) = to_do.pop() {
        for entry in fs::read_dir(&next).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                to_do.push(path);
            } else {
                let content = fs::read(&path).unwrap();
                files.insert(path.strip_prefix(dir).unwrap().to_owned(), content);
            }
        }
    }
    files
}
