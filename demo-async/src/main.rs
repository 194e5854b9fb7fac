//! A task for each video, all of them on one thread.
//!
#![doc = include_str!("../../thumbnail-core/docs/rustdoc-links.md")]
#![doc = include_str!("../README.md")]

mod ffmpeg;
mod stages;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use thumbnail_core::measure::report::Model;
use thumbnail_core::program::options::{Options, at_least_one, cores};
use thumbnail_core::program::run::{self, Run};
use thumbnail_core::{cancel, generate_thumbnails};
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{JoinError, JoinSet};

/// Makes video thumbnails, several videos at once as tasks on one thread.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Videos in flight at once [default: all]
    #[arg(short = 'j', long, value_name = "N", value_parser = at_least_one)]
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
    // One thread runs all the tasks. What needs a core goes to the pool: a thread for each core.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(cores() + stages::threads_for_pipes(run.workers()))
        .build()?;
    stages::try_pool(&runtime)?;
    runtime.block_on(tasks_on_one_thread(&run, args.blocking));
    drop(runtime);
    run.end()
}

/// The model: a task for each video. A task runs until it has to wait, and then lets another one
/// run. With `blocking` it never awaits, so it keeps the thread until its video is done.
async fn tasks_on_one_thread(run: &Arc<Run>, blocking: bool) {
    // Waiting costs nothing, so only --workers bounds it. Decoding and computing cost a core.
    let cores = Arc::new(Semaphore::new(cores()));
    let (interrupt, interrupted) = oneshot::channel();
    // Fails once all videos are done: then there is nothing to interrupt.
    cancel::on_interrupt(move || interrupt.send(()).unwrap_or_default());
    let mut tasks = JoinSet::new();
    let all_videos = async {
        let mut free: Vec<usize> = (0..run.lanes()).collect();
        let (mut videos, mut in_flight) = (run.videos().iter(), HashMap::new());
        loop {
            for (lane, video) in free.drain(..).zip(&mut videos) {
                let (run, cores, own) = (Arc::clone(run), Arc::clone(&cores), video.clone());
                let task = tasks.spawn(async move {
                    let job = run.pick_up(&own, lane);
                    let report = if blocking {
                        generate_thumbnails(&job)
                    } else {
                        stages::generate_thumbnails(&job, &cores).await
                    };
                    run.finished(&own, report);
                });
                in_flight.insert(task.id(), (lane, video));
            }
            let Some(ended) = tasks.join_next_with_id().await else {
                break;
            };
            let id = ended.as_ref().map_or_else(JoinError::id, |&(id, ())| id);
            let (lane, video) = in_flight.remove(&id).expect("each task is in flight");
            if let Err(error) = ended {
                // A panic and nothing else: no task is aborted while this loop runs.
                run.panicked(video, &*error.into_panic());
            }
            free.push(lane);
        }
    };
    tokio::select! {
        () = all_videos => {}
        Ok(()) = interrupted => {}
    }
    // Cancels each task at its next await, and drops its ffmpeg, which kills it.
    tasks.shutdown().await;
    ffmpeg::reap_killed().await;
}
