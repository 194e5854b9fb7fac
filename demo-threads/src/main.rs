#![doc = include_str!("../../thumbnail-core/docs/rustdoc-links.md")]
#![doc = include_str!("../README.md")]

use std::process::ExitCode;
use std::thread;

use clap::Parser;
use crossbeam::channel;
use thumbnail_core::measure::report::Model;
use thumbnail_core::pipeline::generate_thumbnails;
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
    pool_of_threads(&run);
    run.finish()
}

/// The model: each worker takes the next video from one channel as soon as it is free, and sends
/// its report into another. Nobody hands out work, so nobody can hand it out unevenly.
fn pool_of_threads(run: &Run) {
    // Unbounded, because the whole list of videos is in memory anyway.
    let (submit, submitted) = channel::unbounded();
    let (done, results) = channel::unbounded();

    // The scope ends when its threads have, so they may borrow `run`.
    thread::scope(|scope| {
        for lane in 0..run.workers().min(run.videos().len()) {
            let (submitted, done) = (submitted.clone(), done.clone());
            scope.spawn(move || {
                for video in submitted {
                    let report = generate_thumbnails(&run.pick_up(video, lane));
                    // Fails only if nobody reads results any more: then there is no more to do.
                    let _ = done.send((video, report));
                }
            });
        }
        // A channel closes when its last sender is gone. The workers hold their own `done`;
        // `submit` goes when every video is in, and that is what lets the workers' loops end.
        drop(done);
        for video in run.videos() {
            let _ = submit.send(video);
        }
        drop(submit);

        for (video, report) in results {
            run.finished(video, report);
        }
    });
}
