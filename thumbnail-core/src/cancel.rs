//! An interrupt: every stage stops at its next step, every ffmpeg is killed, and what was finished
//! stays. The program decides when to raise one; the demos do it in their signal handlers
//! ([`crate::program::signals`]).
//!
//! An interrupt sets a flag, wakes sleeping threads and runs callbacks. The stages call [`check`] and
//! fail with [`Error::Interrupted`] as with any other error. So each model shuts down in the way in
//! which it handles failed videos, and temporary directories are removed as their owners are dropped.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

type Callback = Box<dyn FnOnce() + Send>;

/// The exit code of the first [`raise`]; 0 while there is no interrupt. An atomic and not behind a lock,
/// because the CPU delay reads it in its inner loop: the threads would contend for the lock, and the run
/// would measure that.
static EXIT_CODE: AtomicU8 = AtomicU8::new(0);

/// The callbacks that have not run yet. [`EXIT_CODE`] is set only while this lock is held, so each
/// callback runs exactly once.
static CALLBACKS: Mutex<Vec<Callback>> = Mutex::new(Vec::new());
static RAISED: Condvar = Condvar::new();

fn callbacks() -> MutexGuard<'static, Vec<Callback>> {
    CALLBACKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Interrupts the run; the program is to end with `exit_code`, 128 + the signal's number. An interrupt
/// cannot be undone.
pub fn raise(exit_code: u8) {
    let callbacks = {
        let mut callbacks = callbacks();
        // The first exit code stays.
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
/// that calls [`raise`] (in the demos the one that handles signals), so it must not block.
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
    /// The longest single wait: no platform refuses it, and waking up once a day costs nothing.
    const LONGEST_SLEEP: Duration = Duration::from_secs(24 * 3600);
    // `None` if the end is later than an `Instant` can hold: then there is no end.
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
