//! Kills a running ffmpeg when its deadline passes, or when the run is interrupted.
//!
//! For each ffmpeg there is a thread that sleeps until the deadline, so the kill is on time even while another
//! thread is blocked on ffmpeg's pipes. The sleeping thread is joined before ffmpeg is reaped, so that it never
//! kills a PID that the system has given to another process.

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

/// A child with its process group (on Windows its job object), which holds what the child has started.
#[derive(Debug)]
struct Tree {
    child: SharedChild,
    group: Group,
}

struct Watched {
    id: u64,
    tree: Arc<Tree>,
}

/// The children that have not been reaped. While a child is in this list, its PID cannot belong to another
/// process.
static WATCHED: Mutex<Vec<Watched>> = Mutex::new(Vec::new());

fn watched() -> MutexGuard<'static, Vec<Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a child in the list of those to kill at the deadline or at an interrupt, until it is reaped. Dropping
/// the watch kills and reaps the child: no orphan, no zombie.
#[derive(Debug)]
pub(super) struct Watch {
    id: u64,
    tree: Arc<Tree>,
    deadline: Deadline,
    timer: Option<KillTimer>,
}

/// The thread that kills a child at its deadline. It ends early when the sender is dropped.
#[derive(Debug)]
struct KillTimer {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl KillTimer {
    /// `None` if the system allows no further thread. Then the deadline is still checked by the thread that
    /// reads from ffmpeg.
    fn start(tree: Arc<Tree>, deadline: Deadline) -> Option<Self> {
        let (stop, stopped) = mpsc::channel();
        let wait = move || {
            if deadline.receive(&stopped) == Err(RecvTimeoutError::Timeout) {
                tree.kill();
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

/// Puts a child that has just been started under watch.
pub(super) fn watch(child: SharedChild, group: Group, deadline: Deadline) -> Watch {
    static START: Once = Once::new();
    // The PID cannot serve as ID: once the child is reaped, the system may give it to another process.
    static NEXT_ID: AtomicU64 = AtomicU64::new(0);
    START.call_once(|| cancel::on_interrupt(kill_all));
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let tree = Arc::new(Tree { child, group });
    watched().push(Watched {
        id,
        tree: Arc::clone(&tree),
    });
    // An interrupt between the caller's check and the `push` has not found this child in the list.
    if cancel::check().is_err() {
        tree.kill();
    }
    Watch {
        id,
        timer: KillTimer::start(Arc::clone(&tree), deadline),
        tree,
        deadline,
    }
}

impl Watch {
    /// Fails if the deadline has passed or the run is interrupted: then the child is killed, or about to be.
    pub(super) fn check(&self) -> Result<()> {
        cancel::check()?;
        self.deadline.check()
    }

    /// Kills the child and all processes that it has started.
    pub(super) fn kill(&self) {
        self.tree.kill();
    }

    /// Kills the child as [`Watch::kill`] does, from another thread and at any time: if it has not been reaped.
    pub(super) fn killer(&self) -> impl Fn() + Send + use<> {
        let id = self.id;
        move || {
            if let Some(unreaped) = watched().iter().find(|w| w.id == id) {
                unreaped.tree.kill();
            }
        }
    }

    /// Waits until the child ends, and reaps it. Before that, it is taken off the list and the timer is
    /// stopped: once it is reaped nobody may kill it, because its PID may belong to another process.
    pub(super) fn wait(&mut self) -> io::Result<ExitStatus> {
        wait_for_end(&self.tree.child);
        watched().retain(|w| w.id != self.id);
        if let Some(timer) = self.timer.take() {
            timer.stop();
        }
        self.tree.child.wait()
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

impl Tree {
    /// Call this only for a child that has not been reaped. If the child itself has already ended, this still
    /// kills what it has started.
    fn kill(&self) {
        self.group.kill();
        // For a child without a group; otherwise it is dead already.
        let _ = self.child.kill();
    }
}

/// Kills every child that has not been reaped: called when the run is interrupted.
fn kill_all() {
    for watched in watched().iter() {
        watched.tree.kill();
    }
}
