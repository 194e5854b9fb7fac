//! Kills the ffmpeg processes of this program if the program itself is killed (SIGKILL, out of memory): an
//! ffmpeg that hangs would otherwise stay as an orphan for ever.
//!
//! A second process, a shell, waits for the end of this program, and then kills each ffmpeg and what it has
//! started. It finds them by a variable in their environment (the mark). So the guard need not be told of each
//! ffmpeg, and there is no moment at which an ffmpeg is running and the guard does not know it.
//!
//! Only Linux lets one process read the environment of another (`/proc/PID/environ`). On Windows a job object
//! does the same without a second process. On other systems there is no guard.
//!
//! Only the demos start a guard ([`start`]): a library should not start a process that its user does not know
//! of. `setpriv --pdeathsig KILL` would need no shell. But it kills only ffmpeg itself and not what ffmpeg has
//! started (FFMPEG can name a script), and it kills ffmpeg already when the thread that started it ends.

/// The environment variable that marks each ffmpeg with the run that started it.
pub const MARK_VARIABLE: &str = "THUMBNAIL_RUN";

/// The job object of this program; closing its handle kills the processes in it.
#[cfg(windows)]
static JOB: std::sync::OnceLock<Option<win32job::Job>> = std::sync::OnceLock::new();

/// The value of [`MARK_VARIABLE`] for this run: its PID and the time, so that no other run has the same.
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

/// Starts the guard. If this fails, the run goes on without it.
pub fn start() {
    #[cfg(target_os = "linux")]
    shell::start(mark());
    #[cfg(windows)]
    let _ = JOB.set(super::process_group::kill_children_at_exit());
}

/// Ends the guard and reaps it, so that no process is left when this program ends.
pub fn end() {
    #[cfg(target_os = "linux")]
    shell::end();
    // This program is in the job, too. When its handle is closed at exit, the job must not kill the
    // program, which would change its exit code (seen under Wine). So remove the kill-on-close limit.
    #[cfg(windows)]
    if let Some(Some(job)) = JOB.get() {
        // Fails only if the job no longer exists.
        let _ = job.set_extended_limit_info(&win32job::ExtendedLimitInfo::new());
    }
}

#[cfg(target_os = "linux")]
mod shell {
    use std::io::Write;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Reads from stdin, a pipe that this program holds open. A line means that the run is over and there is
    /// nothing to kill. The end of the pipe means that this program was killed. The script then looks for
    /// marked processes twice, because one of them may be starting another at that moment.
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

    /// The guard's process; `None` if it could not be started, and after [`end`].
    static GUARD: Mutex<Option<Child>> = Mutex::new(None);

    fn guard() -> MutexGuard<'static, Option<Child>> {
        GUARD.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the shell in a process group of its own, which Ctrl-C in the terminal does not reach. It must not
    /// inherit stdout or stderr: whoever reads those pipes would wait until the guard ends.
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
            // Fails only if someone has killed the guard.
            let _ = pipe.write_all(b"well\n");
        }
        let _ = child.wait();
    }
}
