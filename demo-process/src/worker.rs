//! The parent's side of a worker process; the other side of the pipes is [`crate::serve`].

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use thumbnail_core::Job;
use thumbnail_core::cancel;
use thumbnail_core::error::{Error, Result};
use thumbnail_core::measure::recorder::Recorder;
use thumbnail_core::measure::report::VideoReport;
use thumbnail_core::measure::span::Stage;
use thumbnail_core::settings::DelayKind;
use thumbnail_core::stages::{Deadline, report};

use crate::serve::HEARTBEAT;

/// The shortest silence that counts: a machine under load is late.
const SHORTEST_SILENCE: Duration = Duration::from_secs(5);

/// How long a worker may take to clean up and end.
const TO_WIND_DOWN: Duration = Duration::from_secs(5);

/// The longest reply that is taken in, in bytes: a hundred times that of 1000 frames.
const LONGEST_REPLY: u64 = 64 << 20;

/// The parent's side of one worker process.
pub struct Worker {
    child: Child,
    /// Shared with whoever closes it when the run is interrupted.
    jobs: Arc<Mutex<Option<ChildStdin>>>,
    /// Its lines, from a thread that reads them: a read from a pipe cannot be given a time limit.
    replies: Receiver<Vec<u8>>,
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
        let replies = lines_of(replies).inspect_err(|_| {
            // Without its stdin a worker ends.
            drop(take(&jobs));
            let _ = child.wait();
        })?;
        // Without its stdin a worker stops what it is doing, cleans up and ends.
        let to_close = Arc::clone(&jobs);
        cancel::on_interrupt(move || drop(take(&to_close)));
        Ok(Self {
            child,
            jobs,
            replies,
        })
    }

    /// Sends a job and waits for its report, for as long as the worker's heart beats.
    fn ask(mut self, job: &Job, recorder: &mut Recorder) -> Result<(VideoReport, Self)> {
        let works = |stage| stage == Stage::Delay && job.settings.delay.kind == DelayKind::Cpu;
        let begins = |stage| recorder.begins_elsewhere(stage, works(stage));
        let reply = match self.send(job) {
            Some(()) => self.reply(job.settings.timeout, begins),
            None => Err(RecvTimeoutError::Disconnected),
        };
        let reply = match reply {
            Ok(reply) => reply,
            Err(RecvTimeoutError::Disconnected) => return Err(self.cause_of_death()),
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                cancel::check()?;
                return Err(Error::TimedOut(job.settings.timeout));
            }
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

    /// The first line that is neither a heartbeat nor the name of a stage. Fails if the worker has
    /// ended, or was silent for as long as a video may take.
    fn reply(
        &self,
        timeout: Duration,
        mut begins: impl FnMut(Stage),
    ) -> Result<Vec<u8>, RecvTimeoutError> {
        let patience = || Deadline::after(timeout.max(SHORTEST_SILENCE));
        let (mut silence, mut winding_down) = (patience(), false);
        loop {
            match self.replies.recv_timeout(silence.next_look()) {
                Ok(line) => {
                    match serde_json::from_slice(&line) {
                        Ok(stage) => begins(stage),
                        Err(_) if line == HEARTBEAT.as_bytes() => {}
                        // Cut off by the end of the worker.
                        Err(_) if !line.ends_with(b"\n") && (line.len() as u64) < LONGEST_REPLY => {
                            return Err(RecvTimeoutError::Disconnected);
                        }
                        Err(_) => return Ok(line),
                    }
                    silence = if winding_down { silence } else { patience() };
                }
                Err(RecvTimeoutError::Timeout) if !silence.passed() => {}
                Err(ended) => return Err(ended),
            }
            if !winding_down && cancel::check().is_err() {
                winding_down = true;
                silence = Deadline::after(TO_WIND_DOWN);
            }
        }
    }

    /// Why a worker that gave no report is gone.
    fn cause_of_death(mut self) -> Error {
        if cancel::check().is_err() {
            return Error::Interrupted;
        }
        // It may be alive and have closed its stdout, or sent more than a report's length.
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
        let patience = Deadline::after(TO_WIND_DOWN);
        // Its end closes the pipe. One that is stopped does not hear that it should end.
        while patience.receive(&self.replies).is_ok() {}
        if patience.passed() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The lines that a worker writes, as they come. The last one may be cut off.
fn lines_of(stdout: ChildStdout) -> Result<Receiver<Vec<u8>>> {
    let (sender, lines) = mpsc::channel();
    let reader = move || {
        let mut stdout = BufReader::new(stdout);
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut stdout).take(LONGEST_REPLY);
            let read = limited.read_until(b'\n', &mut line);
            if !matches!(read, Ok(1..)) || sender.send(line).is_err() {
                return;
            }
        }
    };
    let started = thread::Builder::new().spawn(reader);
    started.map(|_| lines).map_err(Error::NoThread)
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
