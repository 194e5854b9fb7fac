//! An interrupt: every stage stops at its next step, every ffmpeg is killed, and what was finished
//! stays. A program decides what interrupts it; the demos take signals
//! ([`crate::program::signals`]).
//!
//! An interrupt only sets a flag and wakes sleepers. The stages ask [`check`] and fail with
//! [`Error::Interrupted`] like with any other error, so each model winds down along the path that
//! it has for failed videos, and temporary directories go as their owners are dropped.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

type Callback = Box<dyn FnOnce() + Send>;

/// The exit code that was asked for, 128 + the signal's number; 0 while nobody asked. Atomic,
/// because the CPU delay asks in its inner loop: a lock there would make the threads wait for each
/// other, and the measurement would be of the lock.
static EXIT_CODE: AtomicU8 = AtomicU8::new(0);

/// Whom to tell. [`EXIT_CODE`] changes only under this lock, so nobody is forgotten or told twice.
static CALLBACKS: Mutex<Vec<Callback>> = Mutex::new(Vec::new());
static RAISED: Condvar = Condvar::new();

fn callbacks() -> MutexGuard<'static, Vec<Callback>> {
    CALLBACKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Interrupts the run; the program is to end with `exit_code`. There is no way back.
pub fn raise(exit_code: u8) {
    let callbacks = {
        let mut callbacks = callbacks();
        // Only the first one counts.
        let _ = EXIT_CODE.compare_exchange(0, exit_code, Ordering::Relaxed, Ordering::Relaxed);
        RAISED.notify_all();
        std::mem::take(&mut *callbacks)
    };
    for callback in callbacks {
        callback();
    }
}

/// The exit code that an interrupt asked for; `None` while there was none.
#[must_use]
pub fn exit_code_asked_for() -> Option<u8> {
    match EXIT_CODE.load(Ordering::Relaxed) {
        0 => None,
        code => Some(code),
    }
}

/// Calls `callback` when the run is interrupted, at once if it already was. It runs on the thread
/// that handles signals and should only pass the news on.
pub fn on_interrupt(callback: impl FnOnce() + Send + 'static) {
    let mut callbacks = callbacks();
    if exit_code_asked_for().is_none() {
        callbacks.push(Box::new(callback));
        return;
    }
    drop(callbacks);
    callback();
}

/// Fails once the run is interrupted.
///
/// # Errors
/// [`Error::Interrupted`].
pub fn check() -> Result<()> {
    match exit_code_asked_for() {
        None => Ok(()),
        Some(_) => Err(Error::Interrupted),
    }
}

/// Sleeps, but wakes when the run is interrupted.
///
/// # Errors
/// [`Error::Interrupted`].
pub fn sleep(duration: Duration) -> Result<()> {
    /// A look at the clock now and then costs nothing, and every system can wait this long.
    const LONGEST_SLEEP: Duration = Duration::from_secs(24 * 3600);
    // Where the clock cannot reach as far as was asked: never.
    let end = Instant::now().checked_add(duration);
    let mut callbacks = callbacks();
    loop {
        check()?;
        let left = end.map_or(Duration::MAX, |end| {
            end.saturating_duration_since(Instant::now())
        });
        let left = left.min(LONGEST_SLEEP);
        if left.is_zero() {
            return Ok(());
        }
        let woken = RAISED.wait_timeout(callbacks, left);
        callbacks = woken.unwrap_or_else(PoisonError::into_inner).0;
    }
}
