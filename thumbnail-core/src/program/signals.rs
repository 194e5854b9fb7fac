//! Signal handlers: SIGINT (Ctrl-C), SIGTERM and, unless it is ignored (`nohup`), SIGHUP interrupt the run.

use std::process::exit;
#[cfg(unix)]
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};
use std::thread::{Builder, sleep};
use std::time::{Duration, Instant};

use crate::cancel;

/// The exit code of a program that SIGINT (Ctrl-C) ended: 128 + the signal's number, as in a shell.
pub const SIGINT_EXIT: u8 = 130;
/// The exit code of a program that SIGTERM ended.
pub const SIGTERM_EXIT: u8 = 143;

/// Installs the signal handlers. The first signal interrupts the run ([`cancel::raise`]); a second one ends
/// the program at once. Does nothing when called again.
pub fn install() {
    install_once(true);
}

/// The same for a worker process, except that it ignores what a terminal sends to the program and its workers
/// alike (SIGINT, SIGHUP): its parent closes its stdin. Otherwise a worker could be interrupted before its parent
/// is, and be given another video.
pub fn install_in_worker() {
    install_once(false);
}

fn install_once(heeds_terminal: bool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // If they cannot be installed, a signal has its default effect: it ends the program.
        let _ = listen(heeds_terminal);
    });
}

#[cfg(unix)]
fn listen(heeds_terminal: bool) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::flag;
    // With a handler for SIGXFSZ, a write beyond the limit on file size (ulimit -f) is an error of that
    // write. The default action would kill the program.
    flag::register(SIGXFSZ, Arc::default())?;
    let mut signals = signal_hook::iterator::Signals::new::<_, i32>([])?;
    for from_terminal in [SIGINT, SIGHUP] {
        if from_terminal == SIGHUP && is_ignored(SIGHUP) {
            // It stays ignored, also by what this program starts.
            continue;
        }
        if heeds_terminal {
            signals.add_signal(from_terminal)?;
        } else {
            // A handler without effect, which unlike SIG_IGN is not inherited by ffmpeg.
            flag::register(from_terminal, Arc::default())?;
        }
    }
    // The last one, by which others see that all are there.
    signals.add_signal(SIGTERM)?;
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for signal in signals.forever() {
                on_signal(if signal == SIGINT {
                    SIGINT_EXIT
                } else {
                    SIGTERM_EXIT
                });
            }
        })?;
    Ok(())
}

/// Has the program that started this one set the signal to be ignored, as `nohup` does with SIGHUP? Known on
/// Linux only, from `SigIgn` in `proc_pid_status(5)`: a mask in hexadecimal whose lowest bit is signal 1.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

#[cfg(windows)]
fn listen(heeds_terminal: bool) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || {
        if heeds_terminal {
            on_signal(SIGINT_EXIT);
        }
    })
}

/// Is all work done, and does the program only wait for the reader of a pipe?
static WAITS_FOR_READER: AtomicBool = AtomicBool::new(false);

/// Calls `write`, which writes to a pipe. If nobody reads from that, a signal ends the program, also one that came
/// before.
pub(crate) fn waiting_for_reader<T>(write: impl FnOnce() -> T) -> T {
    WAITS_FOR_READER.store(true, Ordering::SeqCst);
    // On a thread of its own, because the one that handles signals has to hear a second one. Without that thread
    // only a second signal ends the program.
    cancel::on_interrupt(|| drop(Builder::new().spawn(exit_if_nobody_reads)));
    let written = write();
    WAITS_FOR_READER.store(false, Ordering::SeqCst);
    written
}

/// Ends the program if it still waits for a reader in a moment.
fn exit_if_nobody_reads() {
    /// A reader that is there has taken the rest by then.
    const SLOWEST_READER: Duration = Duration::from_secs(3);
    sleep(SLOWEST_READER);
    if let Some(exit_code) = cancel::exit_code_asked_for()
        && WAITS_FOR_READER.load(Ordering::SeqCst)
    {
        exit(exit_code.into());
    }
}

fn on_signal(exit_code: u8) {
    /// Two signals that are closer together count as one: `timeout` sends its signal twice, to the program
    /// and to its process group. (A worker's parent sends none: it closes the worker's stdin.)
    const SAME_SIGNAL: Duration = Duration::from_millis(500);
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let mut is_first = false;
    let first = FIRST.get_or_init(|| {
        is_first = true;
        Instant::now()
    });
    if is_first {
        cancel::raise(exit_code);
    } else if first.elapsed() > SAME_SIGNAL {
        exit(exit_code.into());
    }
}
