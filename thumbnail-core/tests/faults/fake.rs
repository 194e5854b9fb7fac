//! An ffmpeg that does wrong with some videos, and what a run with it has to look like.

use std::path::{Path, PathBuf};
use std::process::Command;

use thumbnail_core::measure::report::{RunReport, Status};

use crate::processes::script;
use crate::tools::{Ended, Place};

/// What stands in for ffmpeg does to the videos of one name, in the language of `sh`.
pub struct Fault {
    pub video: &'static str,
    pub does: &'static str,
    /// What the error has to say.
    pub says: &'static str,
}

/// Writes an ffmpeg with these faults; with all other videos it does what the real one does.
pub fn write(path: &Path, faults: &[Fault]) {
    let cases = faults
        .iter()
        .map(|f| format!("*/{}.*) {} ;;\n", f.video, f.does));
    let cases: String = cases.collect();
    script(
        path,
        &format!("case \"$*\" in\n{cases}esac\nexec ffmpeg \"$@\""),
    );
}

/// A place with one video for each fault between two good ones: all of them, in this order.
pub fn videos(place: &Place, faults: &[Fault]) -> Vec<PathBuf> {
    let good = place.clip("good.mp4");
    let copy = |name: &str| {
        let path = place.path(format!("{name}.mp4"));
        std::fs::copy(&good, &path).unwrap();
        path
    };
    let bad: Vec<_> = faults.iter().map(|f| copy(f.video)).collect();
    [vec![good.clone()], bad, vec![copy("good-too")]].concat()
}

/// Each fault has cost its video and said why; the good videos are there.
pub fn expect(way: &str, ended: &Ended, faults: &[Fault]) -> RunReport {
    assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
    let report = ended.report();
    let (first, last) = (&report.videos[0], report.videos.last().unwrap());
    for good in [first, last] {
        assert_eq!(good.status(), Status::Success, "{way}: {:?}", good.error);
    }
    for (fault, video) in faults.iter().zip(&report.videos[1..]) {
        let error = crate::tools::error(video);
        assert!(error.contains(fault.says), "{way} {}: {error}", fault.video);
    }
    report
}

/// A demo that uses the ffmpeg at `path`.
pub fn with(path: &Path, mut command: Command) -> Command {
    command.env("FFMPEG", path);
    command
}
