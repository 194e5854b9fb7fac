//! [`thumbnail_core::generate_thumbnails`] once more, with an `.await` wherever that one blocks.

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
    Deadline, Extraction, Frame, Made, Step, Thumbnails, delay, panicked, video_report,
};
use thumbnail_core::{Job, Source};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::ffmpeg::{Running, within};

/// Permits to fetch the index of a remote video, by an ffmpeg that decodes nothing. So many connections at once
/// a server still accepts.
static DOWNLOADS: Semaphore = Semaphore::const_new(32);

/// The memory limit of an ffmpeg that fetches an index, in bytes: most need half of it. An index that needs more
/// is fetched again once its video has the permit for a core, with the limit of all other ffmpegs.
const DOWNLOAD_MEMORY: u64 = 96 << 20;

/// Why to expect a permit: only a closed semaphore refuses one.
const NEVER_CLOSED: &str = "nobody closes this semaphore";

/// Makes one video's thumbnails, letting other tasks run whenever it waits.
pub async fn generate_thumbnails(job: &Job, cores: &Semaphore) -> VideoReport {
    let mut recorder = Recorder::pick_up(job.clock, job.lane, &job.video.name);
    let result = caught(run_stages(job, cores, &mut recorder)).await;
    video_report(job, recorder, result)
}

/// `catch_unwind` for a future: a panic fails this video only, and its lane goes on.
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
    // A remote video waits for its server first: a permit that it held meanwhile would keep a core idle.
    let remote = matches!(job.video.source, Source::Url(_));
    let mut core = if remote && wanted.kind == DelayKind::Wait {
        None
    } else {
        Some(permit(cores).await)
    };
    if let DelayKind::Cpu = wanted.kind {
        // A computation has no `.await`: on this thread it would block all other tasks.
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
    // Decoding needs a core and much memory, for remote videos as well. The time until there is a permit does
    // not count against the timeout. The permit is kept to the end: so no more videos get past this point than
    // the pool has threads, and none of them waits for a thread behind the delays of others.
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

/// Can this be the error of an ffmpeg that ran out of memory? Not every version says so.
fn may_lack_memory(error: &Error) -> bool {
    matches!(
        error,
        Error::NeedsMemory { .. }
            | Error::Ffmpeg { .. }
            | Error::Confused(_)
            | Error::Silent { .. }
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
            thumbnails.add(frame, recorder)?;
            Ok(thumbnails)
        })
        .await?;
    }
    recorder.plan = Some(frames.extraction.plan());
    let positions = frames.extraction.positions();
    on_the_pool(recorder, move |r| thumbnails.publish(positions, r)).await
}

/// An [`Extraction`] whose ffmpegs are awaited.
struct Extractor {
    // In a box, so that the future of the task, which is moved by value, stays small.
    extraction: Box<Extraction>,
    limits: Limits,
    running: Option<Running>,
}

impl Extractor {
    /// Opens the video and reads its index, up to the step that decodes.
    async fn look_at(job: &Job, limits: Limits, recorder: &mut Recorder) -> Result<Self> {
        let (settings, video) = (job.settings.clone(), job.video.clone());
        // Reading a file blocks, so it is not done on this thread.
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

/// How many more threads the blocking pool needs for pipes: on Windows tokio reads each pipe on a thread of that
/// pool, and each ffmpeg has two pipes.
pub fn threads_for_pipes(workers: usize) -> usize {
    if cfg!(windows) { 2 * workers } else { 0 }
}

/// Starts the pool's first thread, or fails if the system allows no further thread: there `spawn_blocking`
/// would panic.
pub fn try_pool(runtime: &Runtime) -> Result<()> {
    let nothing = || ();
    let tried = thread::Builder::new().spawn(nothing);
    // Joined, so that the limit on threads has room for the pool's own.
    drop(tried.map_err(Error::NoThread)?.join());
    runtime.spawn_blocking(nothing);
    Ok(())
}

/// Runs `work` on a thread of the blocking pool, once one is free. The recorder moves there and
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
            Err(_) => Err(Error::Interrupted), // not begun when the runtime was dropped
        },
    }
}
