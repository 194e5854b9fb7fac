//! Kills every running ffmpeg when its deadline passes, or when the run is interrupted.
//!
//! One thread for the whole program, asleep until the next deadline: a read from a pipe cannot be
//! given a time limit, but killing the process at its other end ends it.

use std::io;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use shared_child::SharedChild;

use super::process_group::{Group, wait_for_end};
use crate::cancel;
use crate::error::{Error, Result};

/// When the work on one video must be done.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    at: Instant,
    allowed: Duration,
}

impl Deadline {
    /// `allowed` from now on.
    #[must_use]
    pub fn after(allowed: Duration) -> Self {
        /// What counts as never, where the clock cannot reach as far as was asked.
        const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        let now = Instant::now();
        let at = now.checked_add(allowed).unwrap_or(now + NEVER);
        Self { at, allowed }
    }

    /// How long until then.
    #[must_use]
    pub fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// What to say when it has passed.
    #[must_use]
    pub fn error(self) -> Error {
        Error::TimedOut(self.allowed)
    }
}

/// A child, and what it starts.
#[derive(Debug)]
struct Family {
    child: SharedChild,
    group: Group,
}

struct Watched {
    id: u64,
    family: Arc<Family>,
    deadline: Deadline,
}

/// Those that have not been waited for: as long as a child is in here, its number is its own.
static WATCHED: Mutex<Vec<Watched>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

fn watched() -> MutexGuard<'static, Vec<Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds a child under watch until it has been waited for. Dropped, it kills the child and waits for
/// it: no orphan, no zombie.
#[derive(Debug)]
pub(super) struct Watch {
    id: u64,
    family: Arc<Family>,
    deadline: Deadline,
}

pub(super) fn watch(child: SharedChild, group: Group, deadline: Deadline) -> Watch {
    static START: Once = Once::new();
    // Not the process number, which the system may give to another process soon.
    static NEXT_ID: AtomicU64 = AtomicU64::new(0);
    START.call_once(|| {
        // Without it an ffmpeg that is late is still noticed, when it next writes something.
        let _ = thread::Builder::new().spawn(kill_the_late);
        cancel::on_interrupt(kill_all);
    });
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let family = Arc::new(Family { child, group });
    watched().push(Watched {
        id,
        family: Arc::clone(&family),
        deadline,
    });
    CHANGED.notify_all();
    // An interrupt that came since the caller's own check did not find this child in the list.
    if cancel::check().is_err() {
        family.kill();
    }
    Watch {
        id,
        family,
        deadline,
    }
}

impl Watch {
    /// Fails if the child was, or is about to be, killed from here.
    pub(super) fn check(&self) -> Result<()> {
        cancel::check()?;
        match self.deadline.left() {
            Duration::ZERO => Err(self.deadline.error()),
            _ => Ok(()),
        }
    }

    /// Kills the child with all that it started.
    pub(super) fn kill(&self) {
        self.family.kill();
    }

    /// Waits for its end. Once that is known, nobody kills it any more: its number may then be
    /// another's.
    pub(super) fn wait(&self) -> io::Result<ExitStatus> {
        wait_for_end(&self.family.child);
        watched().retain(|w| w.id != self.id);
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

fn kill_the_late() {
    /// Woken earlier when there is something to watch.
    const IDLE: Duration = Duration::from_secs(3600);
    let mut watched = watched();
    loop {
        let mut sleep = IDLE;
        for late_or_not in watched.iter() {
            match late_or_not.deadline.left() {
                // It leaves the list by itself, once its owner has seen its end.
                Duration::ZERO => late_or_not.family.kill(),
                left => sleep = sleep.min(left),
            }
        }
        let woken = CHANGED.wait_timeout(watched, sleep);
        watched = woken.unwrap_or_else(PoisonError::into_inner).0;
    }
}
