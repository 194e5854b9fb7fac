//! Signal handlers: SIGINT (Ctrl-C), SIGTERM and SIGHUP interrupt the run.

use std::process::exit;
#[cfg(unix)]
use std::sync::Arc;
use std::sync::{Once, OnceLock};
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

/// The same for a worker process, except that it does not react to what a terminal sends to the program and
/// its workers alike (SIGINT, SIGHUP): its parent closes its stdin. Else it could be interrupted before its
/// parent is, and be given another video.
pub fn install_in_worker() {
    install_once(false);
}

fn install_once(from_terminal: bool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // If they cannot be installed, a signal has its default effect: it ends the program.
        let _ = listen(from_terminal);
    });
}

#[cfg(unix)]
fn listen(from_terminal: bool) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    // With a handler for SIGXFSZ, a write beyond the limit on file size (ulimit -f) is an error of that
    // write. The default action would kill the program.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for signal in signals.forever() {
                match signal {
                    SIGTERM => on_signal(SIGTERM_EXIT),
                    _ if !from_terminal => {}
                    SIGINT => on_signal(SIGINT_EXIT),
                    _ => on_signal(SIGTERM_EXIT),
                }
            }
        })?;
    Ok(())
}

#[cfg(windows)]
fn listen(from_terminal: bool) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || {
        if from_terminal {
            on_signal(SIGINT_EXIT);
        }
    })
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
