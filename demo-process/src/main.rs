//! A pool of worker processes, each fed by a thread that takes videos from one channel.
//!
#![doc = include_str!("../../thumbnail-core/docs/rustdoc-links.md")]
#![doc = include_str!("../README.md")]

mod serve;
mod worker;

use std::process::ExitCode;
use std::thread;

use clap::Parser;
use crossbeam::channel;
use thumbnail_core::error::Error;
use thumbnail_core::measure::report::Model;
use thumbnail_core::program::options::{Options, Workers};
use thumbnail_core::program::run::{self, Run};

use crate::worker::Worker;

/// Makes video thumbnails, several videos at once in a pool of worker processes.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    workers: Workers,
    /// Be a worker: take jobs from stdin, give reports on stdout.
    #[arg(long, hide = true)]
    worker: bool,
}

fn main() -> ExitCode {
    run::exit(demo(Args::parse()))
}

fn demo(args: Args) -> anyhow::Result<ExitCode> {
    if args.worker {
        return serve::jobs();
    }
    let run = Run::start(Model::Process, args.options, args.workers.or_cores())?;
    pool_of_processes(&run)?;
    run.end()
}

/// The model: each worker is this program once more, in a process of its own. It is given one video
/// at a time, so when it dies only that video is lost, and a fresh worker takes its place.
fn pool_of_processes(run: &Run) -> thumbnail_core::error::Result<()> {
    // Unbounded, because the whole list of videos is in memory anyway.
    let (submit, submitted) = channel::unbounded();

    // Each of these threads only waits for its process, which does all the work.
    thread::scope(|scope| {
        for lane in 0..run.lanes() {
            let submitted = submitted.clone();
            let feeder = move || {
                let mut worker = None;
                for video in submitted {
                    run.attempt(video, || {
                        let job = run.pick_up(video, lane);
                        let (report, survivor) = Worker::do_job(worker.take(), &job);
                        worker = survivor;
                        run.finished(video, report);
                    });
                }
            };
            let started = thread::Builder::new().spawn_scoped(scope, feeder);
            started.map_err(Error::NoThread)?;
        }
        for video in run.videos() {
            submit.send(video).expect("the receiver above still lives");
        }
        // A channel closes when its last sender is gone: that ends the feeders' loops.
        drop(submit);
        Ok(())
    })
}
