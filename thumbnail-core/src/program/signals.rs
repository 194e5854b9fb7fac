//! Ctrl-C and requests to terminate interrupt the run.

use std::process::exit;
#[cfg(unix)]
use std::sync::Arc;
use std::sync::{Once, OnceLock};
use std::time::{Duration, Instant};

use crate::cancel;

/// The exit code of a program that Ctrl-C ended: 128 + the signal's number, as a shell has it.
pub const SIGINT_EXIT: u8 = 130;
/// The exit code of a program that SIGTERM ended.
pub const SIGTERM_EXIT: u8 = 143;

/// Handles signals from here on. The first winds the run down; a second one ends the program at
/// once. Does nothing when called again.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without a handler the operating system's own applies: the program just ends.
        let _ = listen();
    });
}

#[cfg(unix)]
fn listen() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    // A file that grows past a quota (ulimit -f) is an error of that write, and not the program's
    // end.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
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

#[cfg(windows)]
fn listen() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| on_signal(SIGINT_EXIT))
}

fn on_signal(exit_code: u8) {
    /// Closer together than this, two signals are one that came twice: `timeout` sends its signal to
    /// the program and to its group. (What a worker hears from its parent is no signal.)
    const ONE: Duration = Duration::from_millis(500);
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let mut is_first = false;
    let first = FIRST.get_or_init(|| {
        is_first = true;
        Instant::now()
    });
    if is_first {
        cancel::raise(exit_code);
    } else if first.elapsed() > ONE {
        exit(exit_code.into());
    }
}
