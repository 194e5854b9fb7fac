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
use thumbnail_core::stages::{Deadline, video_report};

use crate::serve::HEARTBEAT;

/// A worker may be silent for as long as `--timeout`, but at least for this long: heartbeats are late on a
/// loaded machine.
const SHORTEST_SILENCE: Duration = Duration::from_secs(5);

/// How long a worker may take to clean up and end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest line that is read from a worker, in bytes: a hundred times the report of 1000 frames.
const LONGEST_REPLY: u64 = 64 << 20;

/// The parent's side of one worker process.
pub struct Worker {
    child: Child,
    /// Its stdin, shared with the callback that closes it when the run is interrupted.
    jobs: Arc<Mutex<Option<ChildStdin>>>,
    /// The lines of its stdout, from a thread that reads them: a read from a pipe has no timeout.
    replies: Receiver<Vec<u8>>,
}

impl Worker {
    /// Has `worker` do the job, or a new one if there is none. Gives the worker back if it can do
    /// another job.
    pub fn do_job(worker: Option<Self>, job: &Job) -> (VideoReport, Option<Self>) {
        let mut recorder = Recorder::pick_up(job.clock, job.lane, &job.video.name);
        let asked = worker
            .map_or_else(Self::start, Ok)
            .and_then(|worker| worker.ask(job, &mut recorder));
        recorder.ends_elsewhere();
        match asked {
            Ok((report, survivor)) => (report, Some(survivor)),
            Err(error) => (video_report(job, recorder, Err(error)), None),
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
        let mut child = start().map_err(Error::WorkerStart)?;
        let jobs = child.stdin.take().expect("it is piped");
        let replies = child.stdout.take().expect("it is piped");
        let jobs = Arc::new(Mutex::new(Some(jobs)));
        let replies = lines_of(replies).inspect_err(|_| {
            // A worker ends when its stdin is closed.
            drop(take(&jobs));
            let _ = child.wait();
        })?;
        // When its stdin is closed, a worker stops its job, cleans up and ends.
        let to_close = Arc::clone(&jobs);
        cancel::on_interrupt(move || drop(take(&to_close)));
        Ok(Self {
            child,
            jobs,
            replies,
        })
    }

    /// Sends a job and waits for its report, for as long as the worker sends heartbeats.
    fn ask(mut self, job: &Job, recorder: &mut Recorder) -> Result<(VideoReport, Self)> {
        let works = |stage| stage == Stage::Delay && job.settings.delay.kind == DelayKind::Cpu;
        let begins = |stage| recorder.begins_elsewhere(stage, works(stage));
        let sent = self.send(job).ok_or(RecvTimeoutError::Disconnected);
        let reply = match sent.and_then(|()| self.reply(job.settings.timeout, begins)) {
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
            Ok(_) => Error::WrongReport,
            Err(error) => Error::WorkerConfused(error.to_string()),
        };
        // A worker that breaks the protocol once cannot be trusted with another job.
        let _ = self.child.kill();
        Err(error)
    }

    /// `None` if the worker is gone.
    fn send(&self, job: &Job) -> Option<()> {
        let line = serde_json::to_string(job).ok()? + "\n";
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_mut()?.write_all(line.as_bytes()).ok()
    }

    /// The first line that is neither a heartbeat nor the name of a stage. Fails if the worker has
    /// ended, or was silent for as long as a video may take.
    fn reply(
        &self,
        timeout: Duration,
        mut begins: impl FnMut(Stage),
    ) -> Result<Vec<u8>, RecvTimeoutError> {
        let silence = || Deadline::after(timeout.max(SHORTEST_SILENCE));
        let (mut deadline, mut shutting_down) = (silence(), false);
        loop {
            match self.replies.recv_timeout(deadline.next_look()) {
                Ok(line) => {
                    match serde_json::from_slice(&line) {
                        Ok(stage) => begins(stage),
                        Err(_) if line == HEARTBEAT.as_bytes() => {}
                        // Half a line: the worker ended while it wrote it.
                        Err(_) if !line.ends_with(b"\n") && (line.len() as u64) < LONGEST_REPLY => {
                            return Err(RecvTimeoutError::Disconnected);
                        }
                        Err(_) => return Ok(line),
                    }
                    if !shutting_down {
                        deadline = silence();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(ended) => return Err(ended),
            }
            if deadline.passed() {
                return Err(RecvTimeoutError::Timeout);
            }
            if !shutting_down && cancel::check().is_err() {
                shutting_down = true;
                deadline = Deadline::after(SHUTDOWN_TIMEOUT);
            }
        }
    }

    /// Reaps a worker that gave no report, and says how it ended.
    fn cause_of_death(mut self) -> Error {
        if cancel::check().is_err() {
            return Error::Interrupted;
        }
        // It may be alive, with a pipe closed.
        let _ = self.child.kill();
        Error::WorkerDied(self.child.wait())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Closing its stdin tells it to end.
        drop(take(&self.jobs));
        let deadline = Deadline::after(SHUTDOWN_TIMEOUT);
        // When it ends, its stdout closes, and this loop ends. A worker that is stopped (SIGSTOP) does
        // not end, and is killed.
        while !deadline.passed() && deadline.receive(&self.replies).is_ok() {}
        if deadline.passed() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The lines that a worker writes, as they come. The last one may be half a line.
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

/// The path by which this program can be started again.
fn this_program() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    // If cargo has replaced the file since, Linux still has the program that runs under this path.
    if cfg!(target_os = "linux") && !program.exists() {
        return Ok("/proc/self/exe".into());
    }
    Ok(program)
}

fn take(jobs: &Mutex<Option<ChildStdin>>) -> Option<ChildStdin> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).take()
}
