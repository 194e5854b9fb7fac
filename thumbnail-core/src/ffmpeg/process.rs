//! One running ffmpeg, waited for by blocking: its pictures, its messages, its end.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{ChildStderr, ChildStdout, Command};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::killer::{Deadline, Watch, watch};
use super::log::{Ended, FrameInfo, Log};
use super::packet_list::{MAX_LISTING_BYTES, check_listing_size};
use super::process_group::spawn;
use crate::cancel;
use crate::error::{Error, Result};
use crate::ffmpeg::frame_stream::Picture;

/// A running ffmpeg. Dropped, it is killed and waited for: no orphan, no zombie.
#[derive(Debug)]
pub struct Running {
    watch: Watch,
    stdout: BufReader<ChildStdout>,
    /// Reads stderr all the while: a full pipe would stop ffmpeg for ever.
    listener: JoinHandle<Log>,
    told: Receiver<FrameInfo>,
}

impl Running {
    /// Starts ffmpeg. It is killed at `deadline`, and when the run is interrupted.
    ///
    /// # Errors
    /// [`Error::Start`], or [`Error::Interrupted`].
    pub fn start(mut command: Command, deadline: Deadline) -> Result<Self> {
        cancel::check()?;
        let cannot_start = |command: &Command, source| Error::Start {
            path: command.get_program().into(),
            source,
        };
        let (child, group) = spawn(&mut command).map_err(|e| cannot_start(&command, e))?;
        let pipes = (child.take_stdout(), child.take_stderr());
        // From here on the child ends with its watch.
        let watch = watch(child, group, deadline);
        let (Some(stdout), Some(stderr)) = pipes else {
            let missing = io::Error::other("its output is not piped");
            return Err(cannot_start(&command, missing));
        };
        let (tell, told) = mpsc::channel();
        let listener = thread::Builder::new().spawn(move || listen(stderr, &tell));
        Ok(Self {
            watch,
            stdout: BufReader::new(stdout),
            listener: listener.map_err(Error::NoThread)?,
            told,
        })
    }

    /// All that it writes, to its end.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`], [`Error::Confused`],
    /// [`Error::TooManyFrames`].
    pub fn read_all(&mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        let read = (&mut self.stdout)
            .take(MAX_LISTING_BYTES + 1)
            .read_to_end(&mut all);
        self.watch.check()?;
        read.map_err(|e| Error::Confused(e.to_string()))?;
        check_listing_size(&all)?;
        Ok(all)
    }

    /// The next picture; `None` at the end.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`], [`Error::Confused`], and [`Error::TooLarge`]
    /// if it has more than `max_pixels`.
    pub fn next_picture(&mut self, max_pixels: u64) -> Result<Option<Picture>> {
        let picture = Picture::read(&mut self.stdout, max_pixels);
        // A picture that is cut off by our own kill is no fault of ffmpeg's.
        self.watch.check()?;
        picture
    }

    /// What ffmpeg tells of the picture that it has sent, for each in turn.
    ///
    /// # Errors
    /// [`Error::Confused`] if it tells nothing.
    pub fn told(&mut self) -> Result<FrameInfo> {
        // It tells before it writes the picture, so this does not wait for long.
        self.told
            .recv()
            .map_err(|_| Error::Confused("it sent a frame without telling when it is shown".into()))
    }

    /// Ends it if it has not ended by itself, and gives how it ended and what it said.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Interrupted`].
    pub fn finish(mut self) -> Result<Ended> {
        // Once nobody reads its output, it ends at its next write; at the end of the stream it has
        // ended already, and its exit status is its own.
        let at_end = self.stdout.fill_buf().is_ok_and(<[u8]>::is_empty);
        if !at_end {
            self.watch.kill();
        }
        // First its messages, to their end: once it has been waited for, nobody can stop what it may
        // have left behind, and that can hold the pipe open.
        let log = self.listener.join().unwrap_or_default();
        let status = self.watch.wait();
        self.watch.check()?;
        Ok(Ended {
            status: status.map_err(|e| Error::Confused(e.to_string()))?,
            log,
            cut_off: !at_end,
        })
    }
}

/// Reads stderr to its end.
fn listen(stderr: ChildStderr, tell: &Sender<FrameInfo>) -> Log {
    let mut log = Log::default();
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = (&mut stderr).take(Log::MAX_LINE_BYTES);
        match limited.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return log,
            Ok(_) => {}
        }
        if let Some(info) = log.line(&String::from_utf8_lossy(&line)) {
            // Nobody may be waiting for it any more.
            let _ = tell.send(info);
        }
    }
}
