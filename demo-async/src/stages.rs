//! The pipeline of [`thumbnail_core::pipeline`] once more, awaiting where that one blocks.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::thread;

use thumbnail_core::error::{Error, Result};
use thumbnail_core::ffmpeg::killer::Deadline;
use thumbnail_core::measure::report::VideoReport;
use thumbnail_core::measure::span::{Recorder, Stage};
use thumbnail_core::pipeline::delay::delay;
use thumbnail_core::pipeline::extract::{Extraction, Frame, Step};
use thumbnail_core::pipeline::{Job, Made, Thumbnails, panicked, report};
use thumbnail_core::settings::DelayKind;
use thumbnail_core::settings::Settings;
use thumbnail_core::video::{Source, Video};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::ffmpeg::Running;

/// Downloads at once, each an ffmpeg: as many as their memory allows, and a server puts up with.
static DOWNLOADS: Semaphore = Semaphore::const_new(32);

/// A closed semaphore would give no permits, and bound nothing.
const NEVER_CLOSED: &str = "nobody closes this semaphore";

/// Makes one video's thumbnails, letting other tasks run whenever it waits.
pub async fn generate_thumbnails(job: &Job, cores: &Semaphore) -> VideoReport {
    let mut recorder = Recorder::pick_up(job.clock, job.lane, &job.video.name);
    let result = caught(run_stages(job, cores, &mut recorder)).await;
    report(job, recorder, result)
}

/// What `catch_unwind` is to a function: a panic fails this video only, and its lane goes on.
async fn caught<T>(stages: impl Future<Output = Result<T>>) -> Result<T> {
    let mut stages = pin!(stages);
    poll_fn(|context| {
        let poll = AssertUnwindSafe(|| stages.as_mut().poll(context));
        catch_unwind(poll).unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))
    })
    .await
}

async fn run_stages(job: &Job, cores: &Semaphore, recorder: &mut Recorder) -> Result<Made> {
    let wanted = job.settings.delay;
    if let DelayKind::Wait = wanted.kind {
        let waiting = sleep(wanted.duration);
        recorder.time_async(Stage::Delay, waiting).await;
    }
    // Kept to the end: with as many videos past this point as the pool has threads, none waits for
    // a thread behind the delays of others. That wait would count against its --timeout.
    let core = cores.acquire().await.expect(NEVER_CLOSED);
    if let DelayKind::Cpu = wanted.kind {
        // Nothing to await in a computation: it would keep this thread from all other tasks.
        on_the_pool(recorder, move |r| r.time(Stage::Delay, || delay(wanted))).await?;
    }
    // A download waits for its server most of the time: it leaves the core to others.
    let (_core, _download) = match job.video.source {
        Source::File(_) => (Some(core), None),
        Source::Url(_) => {
            drop(core);
            (None, Some(DOWNLOADS.acquire().await.expect(NEVER_CLOSED)))
        }
    };
    let deadline = Deadline::after(job.settings.timeout);
    let frames = extract_resize_save(job, recorder);
    match timeout(deadline.left(), frames).await {
        Ok(result) => result,
        Err(_) => Err(deadline.error()),
    }
}

async fn extract_resize_save(job: &Job, recorder: &mut Recorder) -> Result<Made> {
    let mut thumbnails = Thumbnails::new(job);
    let mut frames = recorder.time(Stage::Extract, || Extractor::new(&job.settings, &job.video))?;
    while let Some(frame) = (recorder.time_async(Stage::Extract, frames.next_frame())).await? {
        thumbnails = on_the_pool(recorder, move |recorder| {
            thumbnails.add(&frame, recorder)?;
            Ok(thumbnails)
        })
        .await?;
    }
    recorder.plan = Some(frames.extraction.plan());
    let positions = frames.extraction.positions();
    on_the_pool(recorder, move |r| thumbnails.publish(positions, r)).await
}

/// [`thumbnail_core::pipeline::extract::blocking::Extractor`], awaiting.
struct Extractor<'a> {
    extraction: Extraction<'a>,
    max_pixels: u64,
    running: Option<Running>,
}

impl<'a> Extractor<'a> {
    fn new(settings: &'a Settings, video: &'a Video) -> Result<Self> {
        Ok(Self {
            extraction: Extraction::new(settings, video)?,
            max_pixels: settings.max_pixels,
            running: None,
        })
    }

    async fn next_frame(&mut self) -> Result<Option<Frame>> {
        loop {
            if let Some(running) = &mut self.running
                && self.extraction.expects_more()
                && let Some((picture, info)) = running.next_frame().await?
                && let Some(frame) = self.extraction.accept(picture, &info)
            {
                return Ok(Some(frame));
            }
            if let Some(running) = self.running.take() {
                self.extraction.finish(&running.finish().await?)?;
            }
            match self.extraction.step() {
                Step::Done => return Ok(None),
                Step::Frames(command) => {
                    self.running = Some(Running::start(command, self.max_pixels)?);
                }
                Step::Read(command) => {
                    let running = Running::start(command, self.max_pixels)?;
                    let (listing, ended) = running.read_all().await?;
                    self.extraction.read(&listing, &ended)?;
                }
            }
        }
    }
}

/// On Windows tokio reads each pipe on a thread of the pool, too, and an ffmpeg has two.
pub fn threads_for_pipes(workers: usize) -> usize {
    if cfg!(windows) { 2 * workers } else { 0 }
}

/// Starts the pool's first thread. Where the system allows none, tokio would panic.
pub fn try_pool(runtime: &Runtime) -> Result<()> {
    let nothing = || ();
    let tried = thread::Builder::new().spawn(nothing);
    // Joined, so that there is room for the pool's own.
    drop(tried.map_err(Error::NoThread)?.join());
    runtime.spawn_blocking(nothing);
    Ok(())
}

/// Does `work` on a thread of the blocking pool, once one is free. What it needs moves there and
/// back.
async fn on_the_pool<T: Send + 'static>(
    recorder: &mut Recorder,
    work: impl FnOnce(&mut Recorder) -> Result<T> + Send + 'static,
) -> Result<T> {
    let mut moved = recorder.split();
    let done = spawn_blocking(move || {
        let result = work(&mut moved);
        (result, moved)
    });
    match done.await {
        Ok((result, moved)) => {
            recorder.join(moved);
            result
        }
        Err(error) => match error.try_into_panic() {
            Ok(panic) => Err(panicked(&*panic)),
            Err(error) => Err(Error::Panicked(error.to_string())),
        },
    }
}
