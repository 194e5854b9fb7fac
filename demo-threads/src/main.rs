//! A pool of threads takes videos from one channel.
//!
#![doc = include_str!("../../thumbnail-core/docs/rustdoc-links.md")]
#![doc = include_str!("../README.md")]

use std::process::ExitCode;
use std::thread;

use clap::Parser;
use crossbeam::channel;
use thumbnail_core::error::Error;
use thumbnail_core::generate_thumbnails;
use thumbnail_core::measure::report::Model;
use thumbnail_core::program::options::{Options, Workers};
use thumbnail_core::program::run::{self, Run};

/// Makes video thumbnails, several videos at once on a pool of threads.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    workers: Workers,
}

fn main() -> ExitCode {
    run::exit(demo(Args::parse()))
}

fn demo(args: Args) -> anyhow::Result<ExitCode> {
    let run = Run::start(Model::Threads, args.options, args.workers.or_cores())?;
    pool_of_threads(&run)?;
    run.end()
}

/// The model: each worker takes the next video from one channel as soon as it is free. Nobody hands
/// out work, so nobody can hand it out unevenly.
fn pool_of_threads(run: &Run) -> thumbnail_core::error::Result<()> {
    // Unbounded, because the whole list of videos is in memory anyway.
    let (submit, submitted) = channel::unbounded();

    // The scope ends when its threads have, so they may borrow `run`.
    thread::scope(|scope| {
        for lane in 0..run.lanes() {
            let submitted = submitted.clone();
            let worker = move || {
                for video in submitted {
                    run.attempt(video, || {
                        let report = generate_thumbnails(&run.pick_up(video, lane));
                        run.finished(video, report);
                    });
                }
            };
            let started = thread::Builder::new().spawn_scoped(scope, worker);
            started.map_err(Error::NoThread)?;
        }
        for video in run.videos() {
            submit.send(video).expect("the receiver above still lives");
        }
        // A channel closes when its last sender is gone: that ends the workers' loops.
        drop(submit);
        Ok(())
    })
}
