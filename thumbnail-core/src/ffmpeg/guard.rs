//! If this program is killed, it can end nothing any more: an ffmpeg that hangs would hang for ever.
//! So a second process, a shell, waits for its end, and then ends each ffmpeg with all that it
//! started. It knows them by a mark in their environment, so while all is well there is nothing to
//! tell it, and no moment in which an ffmpeg has been started and nobody knows of it.
//!
//! The environment of a process can be seen on Linux only. On Windows a job object does the same
//! without a process of its own; elsewhere there is no guard.
//!
//! Only a program of its own has one ([`start`]): a process that comes and goes would surprise who
//! uses the library. `setpriv --pdeathsig KILL` would need no shell, but it ends ffmpeg alone and not
//! what ffmpeg started (FFMPEG can name a script), and it ends it with the thread that started it.

/// The environment variable that marks each ffmpeg with the run that started it.
pub const MARK_VARIABLE: &str = "THUMBNAIL_RUN";

/// Held until this program ends.
#[cfg(windows)]
static JOB: std::sync::OnceLock<Option<win32job::Job>> = std::sync::OnceLock::new();

/// The mark of this run, for the environment of what it starts.
#[must_use]
pub fn mark() -> &'static str {
    use std::sync::OnceLock;
    use std::time::SystemTime;
    static MARK: OnceLock<String> = OnceLock::new();
    MARK.get_or_init(|| {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let time = time.unwrap_or_default().as_nanos();
        format!("{}-{time}", std::process::id())
    })
}

/// Starts the guard. Where it cannot be started, the run goes on without it.
pub fn start() {
    #[cfg(target_os = "linux")]
    shell::start(mark());
    #[cfg(windows)]
    let _ = JOB.set(super::process_group::end_with_this_program());
}

/// Ends the guard and waits for it, so that no process is left when this one is gone.
pub fn end() {
    #[cfg(target_os = "linux")]
    shell::end();
    // Its handle closes as this program ends: that must not kill the program on its way out, with an
    // exit code that is not its own (seen under Wine).
    #[cfg(windows)]
    if let Some(Some(job)) = JOB.get() {
        // Fails only if the job is gone.
        let _ = job.set_extended_limit_info(&win32job::ExtendedLimitInfo::new());
    }
}

#[cfg(target_os = "linux")]
mod shell {
    use std::io::Write;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Waits for a line, which means that all is well, or for the end of the pipe: then this
    /// program is gone. It looks twice, because something may just be starting.
    const SCRIPT: &str = "
        trap '' HUP INT TERM
        read -r well && exit
        for pause in 0 1; do
            sleep $pause
            for file in $(grep -lsF -- \"$1\" /proc/[0-9]*/environ); do
                process=${file#/proc/}
                kill -s KILL \"${process%/environ}\"
            done
        done";

    /// `None` where it could not be started, and once it has ended.
    static GUARD: Mutex<Option<Child>> = Mutex::new(None);

    fn guard() -> MutexGuard<'static, Option<Child>> {
        GUARD.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Out of the terminal's reach, with nothing open that somebody could be waiting for.
    pub(super) fn start(mark: &str) {
        let child = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "guard"])
            .arg(format!("{}={mark}", super::MARK_VARIABLE))
            .env_remove(super::MARK_VARIABLE)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        *guard() = child.ok();
    }

    pub(super) fn end() {
        let Some(mut child) = guard().take() else {
            return;
        };
        if let Some(mut pipe) = child.stdin.take() {
            // Fails only if somebody has ended the guard.
            let _ = pipe.write_all(b"well\n");
        }
        let _ = child.wait();
    }
}
