//! If this program is killed, it can end nothing any more: whatever ffmpeg was doing, or not doing,
//! would go on for ever. So a second process watches over it: a shell that reads from a pipe which
//! of the process groups are running, and kills them when the pipe closes. It closes when this
//! program ends, however it ends. (Linux could have the kernel do it for each ffmpeg, but not for
//! what an ffmpeg that is a script has started.)

/// Keeps the process group that a process leads under guard for as long as it lives.
#[derive(Debug)]
#[must_use = "the group is under guard only while this lives"]
pub struct Guarded {
    #[cfg_attr(not(unix), allow(dead_code))]
    leader: u32,
}

impl Guarded {
    /// Has the group killed when this program ends. The first call starts the guard; where that is
    /// not possible, nothing is guarded.
    pub fn new(leader: u32) -> Self {
        #[cfg(unix)]
        shell::tell("hold", leader);
        Self { leader }
    }
}

#[cfg(unix)]
impl Drop for Guarded {
    fn drop(&mut self) {
        shell::tell("free", self.leader);
    }
}

/// Ends the guard and waits for it, so that no process is left when this one is gone.
pub fn end() {
    #[cfg(unix)]
    shell::end();
}

#[cfg(unix)]
mod shell {
    use std::io::Write;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    const SCRIPT: &str = "
        trap '' HUP INT TERM
        held=
        while read -r what group; do
            others=
            for other in $held; do
                [ \"$other\" = \"$group\" ] || others=\"$others $other\"
            done
            held=$others
            [ \"$what\" = free ] || held=\"$held $group\"
        done
        for group in $held; do
            kill -s KILL -- \"-$group\"
        done";

    enum Guard {
        NotStarted,
        Impossible,
        Running(Child),
    }

    static GUARD: Mutex<Guard> = Mutex::new(Guard::NotStarted);

    fn guard() -> MutexGuard<'static, Guard> {
        GUARD.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(what: &str, leader: u32) {
        let mut guard = guard();
        if let Guard::NotStarted = *guard {
            *guard = start().map_or(Guard::Impossible, Guard::Running);
        }
        if let Guard::Running(child) = &mut *guard
            && let Some(pipe) = &mut child.stdin
        {
            // In one piece. Fails only if somebody has ended the guard.
            let _ = pipe.write_all(format!("{what} {leader}\n").as_bytes());
        }
    }

    /// Out of the terminal's reach, with nothing open that somebody could be waiting for.
    fn start() -> std::io::Result<Child> {
        Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
    }

    pub(super) fn end() {
        let ended = std::mem::replace(&mut *guard(), Guard::Impossible);
        if let Guard::Running(mut child) = ended {
            // Closes its pipe, too.
            let _ = child.wait();
        }
    }
}
