//! One running ffmpeg, awaited. The blocking form is `thumbnail-core/src/ffmpeg/process.rs`.

use std::mem;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbnail_core::error::{Confusion, Error, Result};
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

/// Awaits `work`, but only until the deadline. `None` if the deadline came first: `work` is then dropped, which
/// kills its ffmpeg.
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

/// A running ffmpeg, which is killed when this is dropped.
pub struct Running {
    /// `None` only while it is dropped.
    child: Option<Child>,
    /// The process group of ffmpeg and of the processes that it starts; `None` if it is reaped already.
    group: Option<Arc<Group>>,
    stdout: BufReader<ChildStdout>,
    frames: FrameStream,
    /// The task that reads stderr to its end: a full pipe would block ffmpeg for ever. The blocking
    /// form takes a thread for this.
    listener: JoinHandle<Log>,
    infos: UnboundedReceiver<FrameInfo>,
}

impl Running {
    /// Starts ffmpeg. `limits` bound its memory and the size of the pictures that are taken from it.
    pub fn start(command: Command, limits: Limits) -> Result<Self> {
        let path = command.get_program().into();
        // Reaps what has ended by now, so that the videos that time out leave no zombies in a long run.
        killed().retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        let mut command = tokio::process::Command::from(command);
        let mut child = command
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Error::Start { path, source })?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Error::Confused(Confusion::NotPiped));
        };
        let group = id(&child).map(Group::of).map(Arc::new);
        if let Some(group) = &group {
            bound_memory(group, limits.ffmpeg_memory);
        }
        let (sender, infos) = unbounded_channel();
        Ok(Self {
            child: Some(child),
            stdout: BufReader::with_capacity(PIPE_BYTES, stdout),
            frames: FrameStream::new(limits.max_pixels),
            listener: tokio::spawn(listen(stderr, sender, group.clone())),
            group,
            infos,
        })
    }

    /// Reads all of its stdout, a packet list. Gives that, its exit status and its log.
    pub async fn read_all(mut self) -> Result<(Vec<u8>, Ended)> {
        let mut listing = PacketList::default();
        loop {
            let bytes = self.stdout.fill_buf().await.map_err(Error::Pipe)?;
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
            let bytes = self.stdout.fill_buf().await.map_err(Error::Pipe)?;
            if bytes.is_empty() {
                return Ok(None);
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

    /// Kills ffmpeg if its stdout is not at its end, reaps it, and gives its exit status and its log.
    pub async fn finish(mut self) -> Result<Ended> {
        let at_end = self.stdout.fill_buf().await.is_ok_and(<[u8]>::is_empty);
        if !at_end {
            self.kill();
        }
        // First stderr, to its end. A process that ffmpeg left behind can hold that pipe open until the
        // deadline. Then `drop` kills the process group, and it can only while ffmpeg is not reaped.
        let log = (&mut self.listener).await.expect("it does not panic");
        let child = self.child.as_mut().expect("taken by drop alone");
        let status = child.wait().await.map_err(Error::Pipe)?;
        Ok(Ended {
            status,
            log,
            killed: !at_end,
            mid_frame: at_end && self.frames.end().is_err(),
        })
    }
}

impl Running {
    /// Kills ffmpeg and the processes that it started.
    fn kill(&mut self) {
        let Some(child) = &mut self.child else { return };
        // `id` is `None` once ffmpeg is reaped: then the process group of its PID may be somebody else's.
        if let (Some(_), Some(group)) = (child.id(), &self.group) {
            group.kill();
        }
        // For systems without process groups. Fails only if ffmpeg has ended in the meantime.
        let _ = child.start_kill();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        self.listener.abort(); // From here on, ffmpeg may be reaped.
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

/// Reads stderr to its end. Kills ffmpeg if it is stuck.
async fn listen(
    stderr: ChildStderr,
    infos: UnboundedSender<FrameInfo>,
    group: Option<Arc<Group>>,
) -> Log {
    let mut log = Log::default();
    let mut stderr = BufReader::new(stderr);
    while let Ok(bytes) = stderr.fill_buf().await
        && !bytes.is_empty()
    {
        let mut left = bytes;
        while let Some(info) = log.push(&mut left) {
            // Fails if the receiver is gone: then nobody needs it.
            let _ = infos.send(info);
        }
        let all = bytes.len();
        stderr.consume(all);
        if let Some(group) = group.as_ref().filter(|_| log.is_stuck()) {
            group.kill();
        }
    }
    log.end();
    log
}
