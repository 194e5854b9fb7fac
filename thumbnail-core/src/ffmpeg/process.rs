//! One running ffmpeg, by blocking: its pictures, its messages, its end.

use std::io::{self, BufRead, BufReader};
use std::process::{ChildStderr, ChildStdout, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::frame_info::{FrameInfo, PATIENCE, without_frame_info};
use super::frame_stream::{FrameStream, PIPE_BYTES, Picture};
use super::killer::{Watch, watch};
use super::log::{Ended, Log};
use super::memory;
use super::packet_list::PacketList;
use super::pipe::wait_for_bytes;
use super::process_group::spawn;
use crate::cancel;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::settings::Limits;

/// A running ffmpeg. Dropped, it is killed and reaped: no orphan, no zombie.
#[derive(Debug)]
pub struct Running {
    watch: Watch,
    stdout: BufReader<ChildStdout>,
    frames: FrameStream,
    /// Reads stderr all the while: a full pipe would stop ffmpeg for ever.
    listener: Listener,
    infos: Receiver<FrameInfo>,
}

impl Running {
    /// Starts ffmpeg. It is killed at `deadline`, and when the run is interrupted. It may take as much
    /// memory, and send as large pictures, as `limits` say.
    ///
    /// # Errors
    /// [`Error::Start`], or [`Error::Interrupted`].
    pub fn start(mut command: Command, deadline: Deadline, limits: Limits) -> Result<Self> {
        cancel::check()?;
        let cannot_start = |command: &Command, source| Error::Start {
            path: command.get_program().into(),
            source,
        };
        let (child, group) = spawn(&mut command).map_err(|e| cannot_start(&command, e))?;
        memory::bound(&group, limits.ffmpeg_memory);
        let pipes = (child.take_stdout(), child.take_stderr());
        // From here on the child ends with its watch.
        let watch = watch(child, group, deadline);
        let (Some(stdout), Some(stderr)) = pipes else {
            let missing = io::Error::other("its output is not piped");
            return Err(cannot_start(&command, missing));
        };
        let (sender, infos) = mpsc::channel();
        let listener = Listener::start(stderr, sender, deadline)?;
        Ok(Self {
            watch,
            stdout: BufReader::with_capacity(PIPE_BYTES, stdout),
            frames: FrameStream::new(limits.max_pixels),
            listener,
            infos,
        })
    }

    /// All that it writes, to its end.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`], [`Error::Confused`],
    /// [`Error::TooManyFrames`].
    pub fn read_all(&mut self) -> Result<Vec<u8>> {
        let mut listing = PacketList::default();
        loop {
            self.wait_for_output()?;
            let bytes = self.stdout.fill_buf().map_err(broken)?;
            if bytes.is_empty() {
                return Ok(listing.end());
            }
            listing.push(bytes)?;
            let all = bytes.len();
            self.stdout.consume(all);
        }
    }

    /// The next picture with its frame info; `None` at the end.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`], [`Error::Confused`] if something else comes or
    /// there is no frame info, [`Error::TooLarge`], [`Error::NoMemory`].
    pub fn next_frame(&mut self) -> Result<Option<(Picture, FrameInfo)>> {
        loop {
            self.wait_for_output()?;
            let bytes = self.stdout.fill_buf().map_err(broken)?;
            if bytes.is_empty() {
                return self.frames.end().map(|()| None);
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

    /// Ends it if it has not ended by itself, and gives how it ended and what it said.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`].
    pub fn finish(mut self) -> Result<Ended> {
        // Once nobody reads its output, it ends at its next write; at the end of the stream it has
        // ended already, and its exit status is its own.
        self.wait_for_output()?;
        let at_end = self.stdout.fill_buf().is_ok_and(<[u8]>::is_empty);
        if !at_end {
            self.watch.kill();
        }
        // First its messages, to their end: once it has been reaped, nobody can stop what it may
        // have left behind, and that can hold the pipe open.
        let log = self.listener.join();
        let status = self.watch.wait();
        self.watch.check()?;
        Ok(Ended {
            status: status.map_err(broken)?,
            log,
            cut_off: !at_end,
        })
    }
}

impl Running {
    /// Waits until something of its output, or its end, can be read at once. A process that has left
    /// ffmpeg's group can hold the pipe open when ffmpeg itself has been killed.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`]: a picture that is cut off by our own kill is no fault
    /// of ffmpeg's.
    fn wait_for_output(&self) -> Result<()> {
        if self.stdout.buffer().is_empty() {
            wait_for_bytes(self.stdout.get_ref(), || self.watch.check().is_err());
        }
        self.watch.check()
    }
}

/// Joined when it is dropped: no thread outlives the work on its video.
#[derive(Debug)]
struct Listener {
    thread: Option<JoinHandle<Log>>,
    /// ffmpeg has been reaped: what else could write is none of ours.
    reaped: Arc<AtomicBool>,
}

impl Listener {
    fn start(stderr: ChildStderr, sender: Sender<FrameInfo>, deadline: Deadline) -> Result<Self> {
        let reaped = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&reaped);
        let over =
            move || seen.load(Ordering::Relaxed) || deadline.passed() || cancel::check().is_err();
        let thread = thread::Builder::new().spawn(move || listen(stderr, &sender, over));
        Ok(Self {
            thread: Some(thread.map_err(Error::NoThread)?),
            reaped,
        })
    }

    fn join(&mut self) -> Log {
        let log = self.thread.take().map(JoinHandle::join);
        log.and_then(Result::ok).unwrap_or_default()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.reaped.store(true, Ordering::Relaxed);
        self.join();
    }
}

#[allow(clippy::needless_pass_by_value)] // The shape that `map_err` wants.
fn broken(error: io::Error) -> Error {
    Error::Confused(error.to_string())
}

/// Reads stderr to its end, or until it is `over`.
fn listen(stderr: ChildStderr, infos: &Sender<FrameInfo>, over: impl Fn() -> bool) -> Log {
    let mut log = Log::default();
    let mut stderr = BufReader::new(stderr);
    while wait_for_bytes(stderr.get_ref(), &over)
        && let Ok(bytes) = stderr.fill_buf()
        && !bytes.is_empty()
    {
        let mut left = bytes;
        while let Some(info) = log.push(&mut left) {
            // Nobody may be waiting for it any more.
            let _ = infos.send(info);
        }
        let all = bytes.len();
        stderr.consume(all);
    }
    log.end();
    log
}
