//! The worker's side of the pipes; the parent's is [`crate::worker`].
//!
//! Each message is one line. The parent sends a [`Job`] as JSON. While the worker does it, it sends the name
//! of each stage as it begins and, twice a second, an empty line as a heartbeat; at the end it sends the
//! video's report as JSON. Processes share no memory, so whatever a worker needs to know is serialized.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use thumbnail_core::cancel;
use thumbnail_core::error::Error;
use thumbnail_core::measure::watch;
use thumbnail_core::program::advice::advise_in;
use thumbnail_core::program::{guard, signals};
use thumbnail_core::{Job, generate_thumbnails};

/// What a worker sends, every [`INTERVAL`], while it works: the parent kills one that is silent for too long.
pub const HEARTBEAT: &str = "\n";

const INTERVAL: Duration = Duration::from_millis(500);

/// Does one job after another until stdin ends, or the parent is gone.
pub fn jobs() -> anyhow::Result<ExitCode> {
    static AT_WORK: AtomicBool = AtomicBool::new(false);
    signals::install_in_worker();
    guard::start();
    let (submit, jobs) = mpsc::channel();
    // A thread of its own, because it has to notice the end of stdin while a job is being done: the
    // pipe closes when the parent ends, however it ends.
    let listener = thread::Builder::new().spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            AT_WORK.store(true, Ordering::SeqCst);
            if submit.send(line).is_err() {
                // The loop below has ended, and this process is about to.
                return;
            }
        }
        if AT_WORK.load(Ordering::SeqCst) {
            cancel::raise(signals::SIGTERM_EXIT);
        }
    });
    listener.map_err(Error::NoThread)?;
    // Never joined: this thread ends with the process.
    let heart = thread::Builder::new().spawn(|| {
        while !AT_WORK.load(Ordering::SeqCst) || send(HEARTBEAT).is_ok() {
            thread::sleep(INTERVAL);
        }
    });
    heart.map_err(Error::NoThread)?;
    // The parent shows it as progress, and if the worker is killed, knows in which stage.
    watch::on_stage(|_, stage| {
        // Fails if the parent is gone, which the listener above notices, too.
        let _ = stage.map(|stage| send_line(serde_json::to_string(&stage)));
    });
    for line in jobs {
        let job: Job = serde_json::from_str(&line)?;
        let mut report = generate_thumbnails(&job);
        advise_in(&mut report);
        AT_WORK.store(false, Ordering::SeqCst);
        if send_line(serde_json::to_string(&report)).is_err() {
            // The parent is gone, so nobody waits for an error message.
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn send_line(message: serde_json::Result<String>) -> io::Result<()> {
    send(&(message? + "\n"))
}

/// Sends whole lines. The lock on stdout keeps those of two threads apart.
fn send(lines: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(lines.as_bytes())?;
    stdout.flush()
}
