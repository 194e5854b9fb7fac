//! Kills an ffmpeg process together with all processes that it has started. The environment variable FFMPEG can
//! name a script that starts the real ffmpeg; on Windows, `choco install ffmpeg` puts such a program (a shim)
//! into PATH.

#[cfg(unix)]
pub use unix::{ChildId, Group};
#[cfg(unix)]
pub(super) use unix::{spawn, start_in_new_group, wait_for_end};
#[cfg(windows)]
pub use windows::{ChildId, Group};
#[cfg(windows)]
pub(super) use windows::{kill_children_at_exit, spawn, start_in_new_group, wait_for_end};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
    use shared_child::SharedChild;

    /// The PID of a child process.
    pub type ChildId = u32;

    /// The process group of which a child is the leader.
    #[derive(Debug)]
    pub struct Group(Option<Pid>);

    impl Group {
        /// The group of a child that was started from a command of `ffmpeg/command.rs`: those commands put
        /// the child into a new group, whose ID is the child's PID.
        #[must_use]
        pub fn of(leader: ChildId) -> Self {
            Self(pid(leader))
        }

        #[cfg(target_os = "linux")]
        pub(in crate::ffmpeg) fn leader(&self) -> Option<Pid> {
            self.0
        }

        /// Kills every process in the group. Call this only before the child has been reaped: after
        /// that, the system may give its PID to another process.
        pub fn kill(&self) {
            // Fails only if all of these processes have ended.
            let _ = self.0.map(|pid| kill_process_group(pid, Signal::KILL));
        }
    }

    /// Starts a child and returns it with its process group.
    pub(in crate::ffmpeg) fn spawn(command: &mut Command) -> io::Result<(SharedChild, Group)> {
        let child = SharedChild::spawn(command)?;
        let group = Group::of(child.id());
        Ok((child, group))
    }

    fn pid(child: u32) -> Option<Pid> {
        i32::try_from(child).ok().and_then(Pid::from_raw)
    }

    /// Has the child start in a process group of its own. Then Ctrl-C in the terminal does not reach it, and
    /// this program kills it when it handles the Ctrl-C. Otherwise ffmpeg could end first, which would look
    /// like a crash.
    pub(in crate::ffmpeg) fn start_in_new_group(command: &mut Command) {
        command.process_group(0);
    }

    /// Waits until a child has ended, without reaping it (`WNOWAIT`): until it is reaped, its PID cannot be
    /// given to another process.
    pub(in crate::ffmpeg) fn wait_for_end(child: &SharedChild) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let wait = |pid| rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), options));
        // An error is reported later, by the `wait` that reaps the child.
        let _ = pid(child.id()).map(wait);
    }
}

#[cfg(windows)]
mod windows {
    use std::io;
    use std::os::windows::io::{AsRawHandle, RawHandle};
    use std::os::windows::process::CommandExt;
    use std::process::Command;
    use std::sync::{Mutex, PoisonError};

    use shared_child::SharedChild;
    use win32job::{ExtendedLimitInfo, Job, JobError};

    /// The handle of a child process.
    pub type ChildId = RawHandle;

    /// The job object that holds a child and the processes that it starts. Dropping it kills all of them that
    /// are still running.
    ///
    /// The child is already running when it is put into the job. A process that it has started before that
    /// would stay outside; but even to load a shim takes longer.
    #[derive(Debug)]
    pub struct Group(Mutex<Option<Job>>);

    impl Group {
        /// Puts a child that has just been started into a job object of its own.
        #[must_use]
        pub fn of(child: ChildId) -> Self {
            let job = kill_on_close().and_then(|job| {
                job.assign_process(child as isize)?;
                Ok(job)
            });
            // An error can mean that the child has already ended. Without a job, only the child itself can
            // be killed, not what it starts.
            Self(Mutex::new(job.ok()))
        }

        /// Kills every process in the job, by closing its handle.
        pub fn kill(&self) {
            drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// Starts a child and puts it into a job object of its own.
    pub(in crate::ffmpeg) fn spawn(command: &mut Command) -> io::Result<(SharedChild, Group)> {
        let child = command.spawn()?;
        let group = Group::of(child.as_raw_handle());
        Ok((SharedChild::new(child)?, group))
    }

    /// A job object whose processes are killed when its last handle is closed. The system closes it at the
    /// latest when the owner ends, even if the owner is killed.
    fn kill_on_close() -> Result<Job, JobError> {
        Job::create_with_limit_info(ExtendedLimitInfo::new().limit_kill_on_job_close())
    }

    /// Puts this program into a job object, which all processes that it starts from here on inherit. When this
    /// program ends, Windows closes the job and so kills those processes. `None` if the system refuses.
    pub(in crate::ffmpeg) fn kill_children_at_exit() -> Option<Job> {
        let job = kill_on_close().ok()?;
        job.assign_current_process().ok()?;
        Some(job)
    }

    /// Has the child start in a process group of its own. Then Ctrl-C does not reach it, and this program kills
    /// it when it handles the Ctrl-C. Otherwise ffmpeg could end first, which would look like a crash.
    pub(in crate::ffmpeg) fn start_in_new_group(command: &mut Command) {
        /// <https://learn.microsoft.com/en-us/windows/win32/procthread/process-creation-flags>
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        command.creation_flags(CREATE_NEW_PROCESS_GROUP);
    }

    /// Waits until a child has ended. On Windows its handle stays valid after that, until it is closed.
    pub(in crate::ffmpeg) fn wait_for_end(child: &SharedChild) {
        // An error is reported later, by the second `wait`.
        let _ = child.wait();
    }
}
