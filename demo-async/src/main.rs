#![doc = include_str!("../../thumbnail-core/docs/rustdoc-links.md")]
#![doc = include_str!("../README.md")]

mod ffmpeg;
mod stages;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use thumbnail_core::cancel;
use thumbnail_core::measure::report::Model;
use thumbnail_core::pipeline;
use thumbnail_core::program::options::{Options, cores};
use thumbnail_core::program::run::{self, Run};
use tokio::runtime::Builder;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;

/// Makes video thumbnails, several videos at once as tasks on one thread.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Videos in flight at once [default: all]
    #[arg(short = 'j', long, value_name = "N")]
    workers: Option<NonZeroUsize>,
    /// The mistake, on purpose: call the blocking pipeline inside the task
    #[arg(long)]
    blocking: bool,
}

fn main() -> ExitCode {
    run::exit(demo(Args::parse()))
}

fn demo(args: Args) -> anyhow::Result<ExitCode> {
    let workers = args.workers.map_or(Run::ALL, NonZeroUsize::get);
    let run = Arc::new(Run::start(Model::Async, args.options, workers)?);
    // One thread runs all the tasks. Work that would keep it from the others goes to the blocking
    // pool: as many threads as there are cores, because that work needs a core.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(cores())
        .build()?;
    runtime.block_on(tasks_on_one_thread(&run, args.blocking));
    drop(runtime);
    run.finish()
}

/// The model: a task for each video. A task runs until it has to wait, and then lets another one
/// run. With `blocking` it never says that it waits, so the others wait for it.
async fn tasks_on_one_thread(run: &Arc<Run>, blocking: bool) {
    // Waiting costs nothing, so only --workers bounds it. Decoding and computing cost a core.
    let cores = Arc::new(Semaphore::new(cores()));
    let (free, mut lanes) = mpsc::unbounded_channel();
    for lane in 0..run.workers().min(run.videos().len()) {
        let _ = free.send(lane);
    }

    let stop = Arc::new(Notify::new());
    cancel::on_interrupt({
        let stop = Arc::clone(&stop);
        move || stop.notify_one()
    });

    let mut tasks = JoinSet::new();
    let submit_all = async {
        for video in run.videos() {
            let Some(lane) = lanes.recv().await else {
                break;
            };
            while tasks.try_join_next().is_some() {} // Until it is joined, a task takes memory.
            let (run, free, cores) = (Arc::clone(run), free.clone(), Arc::clone(&cores));
            let video = video.clone();
            tasks.spawn(async move {
                let job = run.pick_up(&video, lane);
                let report = match blocking {
                    true => pipeline::generate_thumbnails(&job),
                    false => stages::generate_thumbnails(&job, &cores).await,
                };
                run.finished(&video, report);
                let _ = free.send(lane);
            });
        }
        // A task that panics takes only itself down; its video counts as failed.
        while tasks.join_next().await.is_some() {}
    };
    // Dropping `tasks` cancels each at its next await, and with it its ffmpeg.
    tokio::select! {
        () = submit_all => {}
        () = stop.notified() => {}
    }
    tasks.shutdown().await;
    ffmpeg::reap_killed().await;
}
