//! The worker process, from both sides of the pipe.
//!
//! What one side sends is a line of JSON: a [`Job`] to the worker; back the name of each stage as it
//! begins, and in the end a [`VideoReport`]. Memory is not shared, so whatever a worker needs to know
//! has to be written down and read again.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use thumbnail_core::cancel;
use thumbnail_core::error::{Error, Result};
use thumbnail_core::ffmpeg::guard;
use thumbnail_core::measure::report::VideoReport;
use thumbnail_core::measure::span::{Recorder, Stage};
use thumbnail_core::measure::watch;
use thumbnail_core::pipeline::{Job, generate_thumbnails, report};
use thumbnail_core::program::advice::advise_in;
use thumbnail_core::program::signals;
use thumbnail_core::settings::DelayKind;

/// How long the rest of a reply may take, once its beginning is there.
const REST_OF_A_REPLY: Duration = Duration::from_secs(10);

/// The most that a worker may say to one job, in bytes: a hundred times what 1000 frames take.
const LONGEST_REPLY: usize = 64 << 20;

/// The worker's side: does one job after another until there is no more, or nobody to do it for.
pub fn serve() -> anyhow::Result<ExitCode> {
    static AT_WORK: AtomicBool = AtomicBool::new(false);
    guard::start();
    signals::install();
    let (submit, jobs) = mpsc::channel();
    // A thread of its own, because it has to notice the end of stdin while a job is being done: the
    // pipe closes when the parent ends, however it ends.
    let listener = thread::Builder::new().spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            AT_WORK.store(true, Ordering::SeqCst);
            submit.send(line).expect("the loop below takes every job");
        }
        if AT_WORK.load(Ordering::SeqCst) {
            cancel::raise(signals::SIGTERM_EXIT);
        }
    });
    listener.map_err(Error::NoThread)?;
    // Whoever waits for the report sees how far it is, and where the worker was if it is killed.
    watch::on_stage(|_, stage| {
        // If the parent is gone, the listener above hears of it.
        let _ = stage.map(|stage| send_line(serde_json::to_string(&stage)));
    });
    for line in jobs {
        let job: Job = serde_json::from_str(&line)?;
        let mut report = generate_thumbnails(&job);
        advise_in(&mut report);
        AT_WORK.store(false, Ordering::SeqCst);
        if send_line(serde_json::to_string(&report)).is_err() {
            // The parent is gone, and its terminal is none of ours to complain in.
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn send_line(message: serde_json::Result<String>) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all((message? + "\n").as_bytes())?;
    stdout.flush()
}

/// The parent's side of one worker process.
pub struct Worker {
    child: Child,
    /// Shared with whoever closes it when the run is interrupted.
    jobs: Arc<Mutex<Option<ChildStdin>>>,
    replies: BufReader<ChildStdout>,
}

impl Worker {
    /// Has `worker` do the job, or a new one if there is none. Gives the worker back if it is still
    /// alive.
    pub fn do_job(worker: Option<Self>, job: &Job) -> (VideoReport, Option<Self>) {
        let mut recorder = Recorder::pick_up(job.clock, job.lane, &job.video.name);
        let asked = worker
            .map_or_else(Self::start, Ok)
            .and_then(|worker| worker.ask(job, &mut recorder));
        recorder.ends_elsewhere();
        match asked {
            Ok((report, survivor)) => (report, Some(survivor)),
            Err(error) => (report(job, recorder, Err(error)), None),
        }
    }

    /// Starts this program once more, as a worker.
    fn start() -> Result<Self> {
        cancel::check()?;
        let start = || {
            Command::new(this_program()?)
                .arg("--worker")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
        };
        let died = |e: io::Error| Error::WorkerDied(format!("it could not be started: {e}"));
        let mut child = start().map_err(died)?;
        let (Some(jobs), Some(replies)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::WorkerDied("its pipes are missing".into()));
        };
        let jobs = Arc::new(Mutex::new(Some(jobs)));
        // Without its stdin a worker stops what it is doing, cleans up and ends.
        let to_close = Arc::clone(&jobs);
        cancel::on_interrupt(move || drop(take(&to_close)));
        Ok(Self {
            child,
            jobs,
            replies: BufReader::new(replies),
        })
    }

    /// Sends a job and waits for its report, however long that takes.
    fn ask(mut self, job: &Job, recorder: &mut Recorder) -> Result<(VideoReport, Self)> {
        let works = |stage| stage == Stage::Delay && job.settings.delay.kind == DelayKind::Cpu;
        let begins = |stage| recorder.begins_elsewhere(stage, works(stage));
        let Some(reply) = self.send(job).and_then(|()| self.reply(begins)) else {
            return Err(self.cause_of_death());
        };
        let error = match serde_json::from_slice::<VideoReport>(&reply) {
            Ok(report) if report.source == job.video.source.to_string() => {
                return Ok((report, self));
            }
            Ok(_) => "the report of another video".into(),
            Err(error) => error.to_string(),
        };
        // Whatever it is doing, its answers are of no use any more.
        let _ = self.child.kill();
        Err(Error::WorkerConfused(error))
    }

    /// `None` if the worker is gone.
    fn send(&self, job: &Job) -> Option<()> {
        let mut line = serde_json::to_vec(job).ok()?;
        line.push(b'\n');
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_mut()?.write_all(&line).ok()
    }

    /// The first line that is not the name of a stage; `None` if the worker ended before.
    fn reply(&mut self, mut begins: impl FnMut(Stage)) -> Option<Vec<u8>> {
        let mut read = 0;
        loop {
            let mut line = Vec::new();
            // The first bytes come when a stage begins or the job is done.
            if self.replies.fill_buf().ok()?.contains(&b'\n') {
                self.replies.read_until(b'\n', &mut line).ok()?;
            } else {
                self.read_the_rest(&mut line);
            }
            read += line.len();
            match serde_json::from_slice(&line) {
                Ok(stage) if read < LONGEST_REPLY => begins(stage),
                _ => return (line.ends_with(b"\n") || read >= LONGEST_REPLY).then_some(line),
            }
        }
    }

    /// Reads a reply of which a part has come. The rest has to follow at once.
    fn read_the_rest(&mut self, reply: &mut Vec<u8>) {
        let child = &mut self.child;
        let mut limited = (&mut self.replies).take(LONGEST_REPLY as u64);
        let (complete, waiting) = mpsc::channel::<()>();
        thread::scope(|scope| {
            // Without this thread, half a reply would be waited for as long as its worker lives.
            let impatient = thread::Builder::new().spawn_scoped(scope, move || {
                if waiting.recv_timeout(REST_OF_A_REPLY) == Err(RecvTimeoutError::Timeout) {
                    let _ = child.kill();
                }
            });
            if impatient.is_ok() {
                // Fails if the worker is gone; then the reply is not complete.
                let _ = limited.read_until(b'\n', reply);
            }
            drop(complete);
        });
    }

    /// Why a worker that gave no report is gone.
    fn cause_of_death(mut self) -> Error {
        if cancel::check().is_err() {
            return Error::Interrupted;
        }
        // It may be alive and have sent nonsense.
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) => Error::WorkerDied(status.to_string()),
            Err(error) => Error::WorkerDied(error.to_string()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Closing its stdin tells it to end.
        drop(take(&self.jobs));
        let _ = self.child.wait();
    }
}

/// What to start for one more of this process.
fn this_program() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    // If cargo has built it anew in the meantime, Linux still has the one that runs.
    if cfg!(target_os = "linux") && !program.exists() {
        return Ok("/proc/self/exe".into());
    }
    Ok(program)
}

fn take(jobs: &Mutex<Option<ChildStdin>>) -> Option<ChildStdin> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).take()
}
