//! [`thumbnail_core::generate_thumbnails`] once more, awaiting where that one blocks.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::process::Command;
use std::task::Poll;
use std::thread;

use thumbnail_core::error::{Error, Result};
use thumbnail_core::measure::recorder::Recorder;
use thumbnail_core::measure::report::VideoReport;
use thumbnail_core::measure::span::Stage;
use thumbnail_core::settings::{DelayKind, Limits};
use thumbnail_core::stages::{
    Deadline, Extraction, Frame, Made, Step, Thumbnails, delay, panicked, report,
};
use thumbnail_core::{Job, Source};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::ffmpeg::{Running, within};

/// Downloads of which the index is being fetched, each by an ffmpeg that decodes nothing: as many as a
/// server puts up with.
static DOWNLOADS: Semaphore = Semaphore::const_new(32);

/// The most memory that an ffmpeg may take to fetch an index, in bytes: most need half of it. One that needs more
/// is asked again once it has a core, and may then take as much as any other.
const DOWNLOAD_MEMORY: u64 = 96 << 20;

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
    // What waits for a server needs no core: it would keep it from the others.
    let remote = matches!(job.video.source, Source::Url(_));
    let mut core = if remote && wanted.kind == DelayKind::Wait {
        None
    } else {
        Some(permit(cores).await)
    };
    if let DelayKind::Cpu = wanted.kind {
        // Nothing to await in a computation: it would keep this thread from all other tasks.
        on_the_pool(recorder, move |r| r.time(Stage::Delay, || delay(wanted))).await?;
    }
    let download = if remote {
        core = None;
        Some(permit(&DOWNLOADS).await)
    } else {
        None
    };
    let deadline = Deadline::after(job.settings.timeout);
    let late = || deadline.error();
    let full = job.settings.limits();
    let mut limits = full;
    if remote {
        limits.ffmpeg_memory = limits.ffmpeg_memory.min(DOWNLOAD_MEMORY);
    }
    let index = Box::pin(Extractor::look_at(job, limits, recorder));
    let frames = match within(deadline, index).await.ok_or_else(late)? {
        Err(error) if remote && may_lack_memory(&error) => None,
        frames => Some(frames?),
    };
    // Decoding needs a core and much memory, wherever the video comes from. Waiting for that does not
    // count. Kept to the end: with as many videos past this point as the pool has threads, none waits for a
    // thread behind the delays of others.
    let left = deadline.left();
    drop(download);
    let _core = match core {
        Some(core) => core,
        None => permit(cores).await,
    };
    let deadline = deadline.not_counting_since(left);
    let thumbnails = async {
        let frames = match frames {
            Some(frames) => Extractor {
                limits: full,
                ..frames
            },
            None => Extractor::look_at(job, full, recorder).await?,
        };
        decode_resize_save(job, frames, recorder).await
    };
    within(deadline, Box::pin(thumbnails))
        .await
        .ok_or_else(late)?
}

/// Is it what an ffmpeg that may take little memory can end in? Not all of them tell.
fn may_lack_memory(error: &Error) -> bool {
    matches!(
        error,
        Error::NeedsMemory(_) | Error::Ffmpeg { .. } | Error::Confused(_)
    )
}

async fn permit(of: &Semaphore) -> SemaphorePermit<'_> {
    of.acquire().await.expect(NEVER_CLOSED)
}

async fn decode_resize_save(
    job: &Job,
    mut frames: Extractor,
    recorder: &mut Recorder,
) -> Result<Made> {
    let mut thumbnails = Thumbnails::new(job);
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

/// The extraction, driven by awaiting.
struct Extractor {
    // Beside the task, which is moved about while it is small.
    extraction: Box<Extraction>,
    limits: Limits,
    running: Option<Running>,
}

impl Extractor {
    /// Looks at the video, and learns which frames there are, until the next step is to decode.
    async fn look_at(job: &Job, limits: Limits, recorder: &mut Recorder) -> Result<Self> {
        let (settings, video) = (job.settings.clone(), job.video.clone());
        // A file is read by calls that block: never on this thread.
        let look = move || Extraction::new(&settings, &video).map(Box::new);
        let extraction = on_the_pool(recorder, |r| r.time(Stage::Extract, look)).await?;
        let mut frames = Self {
            extraction,
            limits,
            running: None,
        };
        while let Step::Read(command) = frames.extraction.step() {
            (recorder.time_async(Stage::Extract, frames.read(command))).await?;
        }
        Ok(frames)
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
                Step::Read(command) => self.read(command).await?,
                Step::Frames(command) => {
                    self.running = Some(Running::start(command, self.limits)?);
                }
            }
        }
    }

    async fn read(&mut self, command: Command) -> Result<()> {
        let running = Running::start(command, self.limits)?;
        let (listing, ended) = running.read_all().await?;
        self.extraction.read(&listing, &ended)
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
