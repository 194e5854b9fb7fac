//! What the lessons' solutions share: a model of one's own, run as a demo runs its model.

// Each lesson uses its own part of it.
#![allow(dead_code)]

#[path = "mod.rs"]
mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use tempfile::TempDir;
use thumbnail_core::measure::report::{Model, RunReport, VideoReport};
use thumbnail_core::measure::span::Stage;
use thumbnail_core::program::options::Options;
use thumbnail_core::program::run::Run;

/// One second of ten frames: nothing takes long with it.
const TINY: &str = "-f lavfi -i testsrc=s=64x36:r=10:d=1 -c:v mpeg4 -pix_fmt yuv420p";

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    options: Options,
}

/// A directory with some clips, all alike.
pub struct Clips {
    dir: TempDir,
    pub videos: Vec<PathBuf>,
}

impl Clips {
    pub fn make(count: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let videos: Vec<_> = (0..count)
            .map(|n| dir.path().join(format!("v{n}.mp4")))
            .collect();
        for video in &videos {
            if video == &videos[0] {
                support::ffmpeg(TINY, video);
            } else {
                fs::copy(&videos[0], video).unwrap();
            }
        }
        Self { dir, videos }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs `solution` on the clips and gives the report, with a waiting delay of 200 ms unless
    /// `options` say otherwise.
    pub fn run(
        &self,
        model: Model,
        workers: usize,
        options: &[&str],
        solution: impl FnOnce(&Arc<Run>),
    ) -> RunReport {
        let json = self.path("report.json");
        let mut words = vec!["demo", "--no-download", "--quiet", "--sizes", "16"];
        if !options.contains(&"--delay") {
            words.extend(["--delay", "200ms", "--delay-kind", "wait"]);
        }
        words.extend(options);
        let mut words: Vec<PathBuf> = words.into_iter().map(PathBuf::from).collect();
        words.extend(["--json".into(), json.clone()]);
        words.extend(["--out".into(), self.path("out"), "--".into()]);
        words.extend(self.videos.iter().cloned());
        let run = Arc::new(Run::start(model, Command::parse_from(words).options, workers).unwrap());
        solution(&run);
        run.end().unwrap();
        serde_json::from_slice(&fs::read(json).unwrap()).unwrap()
    }
}

/// When the video was in this stage: from its first span's start to its last one's end.
pub fn stretch(video: &VideoReport, stage: Stage) -> (f64, f64) {
    let spans = || video.spans.iter().filter(|span| span.stage == stage);
    let start = spans().map(|span| span.start).fold(f64::MAX, f64::min);
    (start, spans().map(|span| span.end).fold(0.0, f64::max))
}

/// Was there a moment that lies in both?
pub fn overlap(one: (f64, f64), other: (f64, f64)) -> bool {
    one.0 < other.1 && other.0 < one.1
}
