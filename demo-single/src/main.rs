//! One loop does one video after another.
//!
#![doc = include_str!("../../thumbnail-core/docs/rustdoc-links.md")]
#![doc = include_str!("../README.md")]

use std::process::ExitCode;

use clap::Parser;
use thumbnail_core::generate_thumbnails;
use thumbnail_core::measure::report::Model;
use thumbnail_core::program::options::Options;
use thumbnail_core::program::run::{self, Run};

/// Makes video thumbnails, one video after another.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    run::exit(demo(Args::parse()))
}

fn demo(args: Args) -> anyhow::Result<ExitCode> {
    let run = Run::start(Model::Single, args.options, 1)?;
    one_after_another(&run);
    run.end()
}

/// The model: a loop. The next video is not looked at before this one is done.
fn one_after_another(run: &Run) {
    for video in run.videos() {
        run.attempt(video, || {
            let report = generate_thumbnails(&run.pick_up(video, 0));
            run.finished(video, report);
        });
    }
}
