//! One running ffmpeg, awaited. The blocking form is `thumbnail-core/src/ffmpeg/process.rs`.

use std::mem;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use thumbnail_core::error::{Error, Result};
use thumbnail_core::settings::Limits;
use thumbnail_core::stages::{
    ChildId, Deadline, Ended, FrameInfo, FrameStream, Group, Log, PATIENCE, PIPE_BYTES, PacketList,
    Picture, bound_memory, without_frame_info,
};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Killed, but not yet reaped: `drop` cannot await, and waiting there would block every task.
static KILLED: Mutex<Vec<Child>> = Mutex::new(Vec::new());

fn killed() -> MutexGuard<'static, Vec<Child>> {
    KILLED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reaps each ffmpeg that was killed, so that none outlives this program.
pub async fn reap_killed() {
    let children = mem::take(&mut *killed());
    for mut child in children {
        // Fails only if somebody else has reaped it.
        let _ = child.wait().await;
    }
}

/// Awaits `work`, but no longer than until the deadline. `None` if that came first: `work` is dropped then,
/// which kills its ffmpeg.
pub async fn within<T>(deadline: Deadline, work: impl Future<Output = T>) -> Option<T> {
    let passed = async {
        while !deadline.passed() {
            sleep(deadline.next_look()).await;
        }
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = passed => None,
    }
}

/// A running ffmpeg. Dropped, it is killed.
pub struct Running {
    /// `None` only while it is dropped.
    child: Option<Child>,
    /// With what it starts. None if it ended at once.
    group: Option<Group>,
    stdout: BufReader<ChildStdout>,
    frames: FrameStream,
    /// Reads stderr all the while: a full pipe would stop ffmpeg for ever. A task is enough for
    /// what takes a thread in the blocking form.
    listener: JoinHandle<Log>,
    infos: UnboundedReceiver<FrameInfo>,
}

impl Running {
    /// Starts ffmpeg. It may take as much memory, and send as large pictures, as `limits` say.
    pub fn start(command: Command, limits: Limits) -> Result<Self> {
        let path = command.get_program().into();
        // Long runs leave no zombies of the videos that timed out.
        killed().retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        let mut command = tokio::process::Command::from(command);
        let mut child = command
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Error::Start { path, source })?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Error::Confused("its output is not piped".into()));
        };
        let group = id(&child).map(Group::of);
        if let Some(group) = &group {
            bound_memory(group, limits.ffmpeg_memory);
        }
        let (sender, infos) = unbounded_channel();
        Ok(Self {
            group,
            child: Some(child),
            stdout: BufReader::with_capacity(PIPE_BYTES, stdout),
            frames: FrameStream::new(limits.max_pixels),
            listener: tokio::spawn(listen(stderr, sender)),
            infos,
        })
    }

    /// All that it writes, how it ended and what it said.
    pub async fn read_all(mut self) -> Result<(Vec<u8>, Ended)> {
        let mut listing = PacketList::default();
        loop {
            let bytes = self.stdout.fill_buf().await.map_err(broken)?;
            if bytes.is_empty() {
                return Ok((listing.end(), self.finish().await?));
            }
            listing.push(bytes)?;
            let all = bytes.len();
            self.stdout.consume(all);
        }
    }

    /// The next picture with its frame info; `None` at the end.
    pub async fn next_frame(&mut self) -> Result<Option<(Picture, FrameInfo)>> {
        loop {
            let bytes = self.stdout.fill_buf().await.map_err(broken)?;
            if bytes.is_empty() {
                return self.frames.end().map(|()| None);
            }
            let mut left = bytes;
            let picture = self.frames.push(&mut left)?;
            let taken = bytes.len() - left.len();
            self.stdout.consume(taken);
            if let Some(picture) = picture {
                let info = within(Deadline::after(PATIENCE), self.infos.recv()).await;
                let info = info.flatten().ok_or_else(without_frame_info)?;
                return Ok(Some((picture, info)));
            }
        }
    }

    /// Ends it if it has not ended by itself, and gives how it ended and what it said.
    pub async fn finish(mut self) -> Result<Ended> {
        let at_end = self.stdout.fill_buf().await.is_ok_and(<[u8]>::is_empty);
        if !at_end {
            self.kill();
        }
        // First its messages, to their end: once it has been reaped, nobody can stop what it may
        // have left behind, and that can hold the pipe open.
        let log = (&mut self.listener).await.unwrap_or_default();
        let child = self.child.as_mut().expect("taken by drop alone");
        let status = child.wait().await.map_err(broken)?;
        Ok(Ended {
            status,
            log,
            cut_off: !at_end,
        })
    }
}

impl Running {
    /// Kills it with all that it started.
    fn kill(&mut self) {
        let Some(child) = &mut self.child else { return };
        // No PID once it has been reaped.
        if let (Some(_), Some(group)) = (child.id(), &self.group) {
            group.kill();
        }
        // Where there are no groups. Fails only if it has ended in the meantime.
        let _ = child.start_kill();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let unreaped = self.child.take().filter(|child| child.id().is_some());
        killed().extend(unreaped);
    }
}

#[cfg(unix)]
fn id(child: &Child) -> Option<ChildId> {
    child.id()
}

#[cfg(windows)]
fn id(child: &Child) -> Option<ChildId> {
    child.raw_handle()
}

#[allow(clippy::needless_pass_by_value)] // The shape that `map_err` wants.
fn broken(error: std::io::Error) -> Error {
    Error::Confused(error.to_string())
}

/// Reads stderr to its end.
async fn listen(stderr: ChildStderr, infos: UnboundedSender<FrameInfo>) -> Log {
    let mut log = Log::default();
    let mut stderr = BufReader::new(stderr);
    while let Ok(bytes) = stderr.fill_buf().await
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
