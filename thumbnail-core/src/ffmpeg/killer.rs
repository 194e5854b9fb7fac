//! Kills a running ffmpeg when its deadline passes, or when the run is interrupted.
//!
//! Each has a thread that sleeps until its deadline, whatever the thread that reads its pipes is doing.
//! It is joined before ffmpeg is reaped.

use std::io;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, JoinHandle};

use shared_child::SharedChild;

use super::process_group::{Group, wait_for_end};
use crate::cancel;
use crate::deadline::Deadline;
use crate::error::Result;

/// A child, and what it starts.
#[derive(Debug)]
struct Family {
    child: SharedChild,
    group: Group,
}

struct Watched {
    id: u64,
    family: Arc<Family>,
}

/// Those that have not been reaped: as long as a child is in here, its PID is its own.
static WATCHED: Mutex<Vec<Watched>> = Mutex::new(Vec::new());

fn watched() -> MutexGuard<'static, Vec<Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds a child under watch until it has been reaped. Dropped, it kills and reaps the child: no
/// orphan, no zombie.
#[derive(Debug)]
pub(super) struct Watch {
    id: u64,
    family: Arc<Family>,
    deadline: Deadline,
    alarm: Option<Alarm>,
}

/// The thread that kills a child at its deadline. It ends early when the sender is dropped.
#[derive(Debug)]
struct Alarm {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Alarm {
    /// `None` if the system allows no further thread. Then an ffmpeg that is late is still noticed,
    /// when it next writes something.
    fn start(family: Arc<Family>, deadline: Deadline) -> Option<Self> {
        let (stop, stopped) = mpsc::channel();
        let wait = move || {
            if deadline.receive(&stopped) == Err(RecvTimeoutError::Timeout) {
                family.kill();
            }
        };
        let thread = thread::Builder::new().spawn(wait).ok()?;
        Some(Self { stop, thread })
    }

    fn stop(self) {
        drop(self.stop);
        // Fails only if the thread panicked.
        let _ = self.thread.join();
    }
}

pub(super) fn watch(child: SharedChild, group: Group, deadline: Deadline) -> Watch {
    static START: Once = Once::new();
    // Not the process number, which the system may give to another process soon.
    static NEXT_ID: AtomicU64 = AtomicU64::new(0);
    START.call_once(|| cancel::on_interrupt(kill_all));
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let family = Arc::new(Family { child, group });
    watched().push(Watched {
        id,
        family: Arc::clone(&family),
    });
    // An interrupt that came since the caller's own check did not find this child in the list.
    if cancel::check().is_err() {
        family.kill();
    }
    Watch {
        id,
        alarm: Alarm::start(Arc::clone(&family), deadline),
        family,
        deadline,
    }
}

impl Watch {
    /// Fails if the child was, or is about to be, killed from here.
    pub(super) fn check(&self) -> Result<()> {
        cancel::check()?;
        self.deadline.check()
    }

    /// Kills the child with all that it started.
    pub(super) fn kill(&self) {
        self.family.kill();
    }

    /// Waits for its end and reaps it. Once it is reaped nobody kills it any more: its PID may then be
    /// another's.
    pub(super) fn wait(&mut self) -> io::Result<ExitStatus> {
        wait_for_end(&self.family.child);
        watched().retain(|w| w.id != self.id);
        if let Some(alarm) = self.alarm.take() {
            alarm.stop();
        }
        self.family.child.wait()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let unfinished = watched().iter().any(|w| w.id == self.id);
        if unfinished {
            self.kill();
            let _ = self.wait();
        }
    }
}

impl Family {
    /// For a child in the list only. It may have ended, and what it started may go on.
    fn kill(&self) {
        self.group.kill();
        // Where it has no group; otherwise it does nothing more.
        let _ = self.child.kill();
    }
}

fn kill_all() {
    for watched in watched().iter() {
        watched.family.kill();
    }
}
