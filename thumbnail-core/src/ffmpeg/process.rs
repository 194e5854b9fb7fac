//! Runs one ffmpeg process by blocking calls: reads its pictures and its messages, and reaps it.

use std::io::{BufRead, BufReader};
use std::panic::resume_unwind;
use std::process::{ChildStderr, ChildStdout, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::frame_info::FrameInfo;
use super::frame_stream::{FrameStream, PIPE_BYTES, Picture};
use super::killer::{Watch, watch};
use super::log::{Ended, Log};
use super::memory;
use super::packet_list::PacketList;
use super::pipe::wait_for_bytes;
use super::process_group::spawn;
use super::showinfo::{PATIENCE, without_frame_info};
use crate::cancel;
use crate::deadline::Deadline;
use crate::error::{Confusion, Error, Result};
use crate::settings::Limits;

/// A running ffmpeg process. Dropping it kills and reaps the process: no orphan, no zombie.
#[derive(Debug)]
pub struct Running {
    watch: Watch,
    stdout: BufReader<ChildStdout>,
    frames: FrameStream,
    /// Drains stderr while this thread reads stdout: once the pipe is full, ffmpeg would block for ever.
    listener: Listener,
    /// The frame infos that the listener has found in stderr.
    infos: Receiver<FrameInfo>,
}

impl Running {
    /// Starts ffmpeg. It is killed at `deadline`, and when the run is interrupted. `limits` are those of its
    /// memory and of the size of its pictures.
    ///
    /// # Errors
    /// [`Error::Start`], [`Error::NoThread`], [`Error::Interrupted`].
    pub fn start(mut command: Command, deadline: Deadline, limits: Limits) -> Result<Self> {
        cancel::check()?;
        let cannot_start = |command: &Command, source| Error::Start {
            path: command.get_program().into(),
            source,
        };
        let (child, group) = spawn(&mut command).map_err(|e| cannot_start(&command, e))?;
        memory::bound(&group, limits.ffmpeg_memory);
        let pipes = (child.take_stdout(), child.take_stderr());
        // From here on, an early return drops the watch, which kills and reaps the child.
        let watch = watch(child, group, deadline);
        let (Some(stdout), Some(stderr)) = pipes else {
            return Err(Error::Confused(Confusion::NotPiped));
        };
        let (sender, infos) = mpsc::channel();
        let listener = Listener::start(stderr, sender, watch.killer(), deadline)?;
        Ok(Self {
            watch,
            stdout: BufReader::with_capacity(PIPE_BYTES, stdout),
            frames: FrameStream::new(limits.max_pixels),
            listener,
            infos,
        })
    }

    /// Reads stdout, a list of packets, to its end.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`], [`Error::Confused`],
    /// [`Error::TooManyFrames`].
    pub fn read_all(&mut self) -> Result<Vec<u8>> {
        let mut listing = PacketList::default();
        loop {
            self.wait_for_output()?;
            let bytes = self.stdout.fill_buf().map_err(Error::Pipe)?;
            if bytes.is_empty() {
                return Ok(listing.end());
            }
            listing.push(bytes)?;
            let all = bytes.len();
            self.stdout.consume(all);
        }
    }

    /// Reads the next picture and its frame info; `None` at the end of stdout.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`], [`Error::Confused`] if stdout holds something else or
    /// the frame info is missing, [`Error::TooLarge`], [`Error::NoMemory`].
    pub fn next_frame(&mut self) -> Result<Option<(Picture, FrameInfo)>> {
        loop {
            self.wait_for_output()?;
            let bytes = self.stdout.fill_buf().map_err(Error::Pipe)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let mut left = bytes;
            let picture = self.frames.push(&mut left)?;
            let taken = bytes.len() - left.len();
            self.stdout.consume(taken);
            if let Some(picture) = picture {
                let info = Deadline::after(PATIENCE).receive(&self.infos);
                self.watch.check()?;
                return Ok(Some((picture, info.map_err(|_| without_frame_info())?)));
            }
        }
    }

    /// Kills ffmpeg unless it is at the end of its output, reaps it, and returns its exit status and its log.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`].
    pub fn finish(mut self) -> Result<Ended> {
        // If stdout is at its end, ffmpeg is about to exit by itself: let it, to get its real exit status.
        self.wait_for_output()?;
        let at_end = self.stdout.fill_buf().is_ok_and(<[u8]>::is_empty);
        if !at_end {
            self.watch.kill();
        }
        // Read stderr to its end before reaping. A process that ffmpeg has started can hold the pipe open;
        // it is killed through the process group, which is possible only until ffmpeg has been reaped.
        let log = self
            .listener
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic));
        let status = self.watch.wait();
        self.watch.check()?;
        Ok(Ended {
            status: status.map_err(Error::Pipe)?,
            log,
            killed: !at_end,
            mid_frame: at_end && self.frames.end().is_err(),
        })
    }
}

impl Running {
    /// Waits until stdout can be read without blocking. A plain read could block for ever: a process that has
    /// left ffmpeg's process group can hold the pipe open after ffmpeg was killed.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`]. This is checked before the bytes are parsed: a picture that
    /// is cut off by our own kill must not be reported as ffmpeg's fault.
    fn wait_for_output(&self) -> Result<()> {
        if self.stdout.buffer().is_empty() {
            wait_for_bytes(self.stdout.get_ref(), || self.watch.check().is_err());
        }
        self.watch.check()
    }
}

/// The thread that reads ffmpeg's stderr. Dropping the listener joins the thread, so that no thread outlives the
/// work on its video.
#[derive(Debug)]
struct Listener {
    thread: Option<JoinHandle<Log>>,
    /// ffmpeg has been reaped. The thread then stops, even if another process still holds the pipe open.
    reaped: Arc<AtomicBool>,
}

impl Listener {
    fn start(
        stderr: ChildStderr,
        sender: Sender<FrameInfo>,
        kill: impl Fn() + Send + 'static,
        deadline: Deadline,
    ) -> Result<Self> {
        let reaped = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&reaped);
        let over =
            move || seen.load(Ordering::Relaxed) || deadline.passed() || cancel::check().is_err();
        let thread = thread::Builder::new().spawn(move || listen(stderr, &sender, kill, over));
        Ok(Self {
            thread: Some(thread.map_err(Error::NoThread)?),
            reaped,
        })
    }

    fn join(&mut self) -> thread::Result<Log> {
        let thread = self.thread.take();
        thread.map_or_else(|| Ok(Log::default()), JoinHandle::join)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.reaped.store(true, Ordering::Relaxed);
        // Nobody is left to be given its log, or its panic.
        drop(self.join());
    }
}

/// Reads stderr to its end, or until `over` returns true. Kills ffmpeg if it is stuck.
fn listen(
    stderr: ChildStderr,
    infos: &Sender<FrameInfo>,
    kill: impl Fn(),
    over: impl Fn() -> bool,
) -> Log {
    let mut log = Log::default();
    let mut stderr = BufReader::new(stderr);
    while wait_for_bytes(stderr.get_ref(), &over)
        && let Ok(bytes) = stderr.fill_buf()
        && !bytes.is_empty()
    {
        let mut left = bytes;
        while let Some(info) = log.push(&mut left) {
            // Fails if the receiver has been dropped: then nobody wants it any more.
            let _ = infos.send(info);
        }
        let all = bytes.len();
        stderr.consume(all);
        if log.is_stuck() {
            kill();
        }
    }
    log.end();
    log
}
