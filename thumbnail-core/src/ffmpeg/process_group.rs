//! Kills an ffmpeg with all that it started: what FFMPEG names can be a script around the real one,
//! and what `choco install ffmpeg` puts into PATH on Windows is a shim that starts it.

#[cfg(unix)]
pub use unix::{ChildId, Group};
#[cfg(unix)]
pub(super) use unix::{lead_a_group, spawn, wait_for_end};
#[cfg(windows)]
pub use windows::{ChildId, Group};
#[cfg(windows)]
pub(super) use windows::{end_with_this_program, lead_a_group, spawn, wait_for_end};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
    use shared_child::SharedChild;

    /// What the system knows a child by.
    pub type ChildId = u32;

    /// The process group that a child leads.
    #[derive(Debug)]
    pub struct Group(Option<Pid>);

    impl Group {
        /// The group of a child that a command of `ffmpeg/command.rs` has started.
        #[must_use]
        pub fn of(leader: ChildId) -> Self {
            Self(pid(leader))
        }

        #[cfg(target_os = "linux")]
        pub(in crate::ffmpeg) fn leader(&self) -> Option<Pid> {
            self.0
        }

        /// Kills every process in it. Call it only while the child has not been reaped: after
        /// that, its PID may be another's.
        pub fn kill(&self) {
            // Fails only if all of them have ended.
            let _ = self.0.map(|pid| kill_process_group(pid, Signal::KILL));
        }
    }

    /// Starts a child that leads a group.
    pub(in crate::ffmpeg) fn spawn(command: &mut Command) -> io::Result<(SharedChild, Group)> {
        let child = SharedChild::spawn(command)?;
        let group = Group::of(child.id());
        Ok((child, group))
    }

    fn pid(child: u32) -> Option<Pid> {
        i32::try_from(child).ok().and_then(Pid::from_raw)
    }

    /// Puts the child into a group of its own, out of the terminal's reach: with Ctrl-C it would end
    /// first, and be taken for a crash. The run ends it as soon as it has heard of the Ctrl-C itself.
    pub(in crate::ffmpeg) fn lead_a_group(command: &mut Command) {
        command.process_group(0);
    }

    /// Waits until a child has ended, and leaves it to be waited for: until then its number is its
    /// own.
    pub(in crate::ffmpeg) fn wait_for_end(child: &SharedChild) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let wait = |pid| rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), options));
        // What fails here fails once more when it is waited for, and is told then.
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

    /// What the system knows a child by.
    pub type ChildId = RawHandle;

    /// The job object that holds a child and what it starts. Dropped, it kills what is left of them.
    ///
    /// The child runs when it is put into the job, and what it has started before would stay
    /// outside. A shim has to be loaded first, which takes longer.
    #[derive(Debug)]
    pub struct Group(Mutex<Option<Job>>);

    impl Group {
        /// Puts a child that has just been started into a job of its own.
        #[must_use]
        pub fn of(child: ChildId) -> Self {
            let job = kill_on_close().and_then(|job| {
                job.assign_process(child as isize)?;
                Ok(job)
            });
            // Without a job, the child alone can be killed. It may have ended, too.
            Self(Mutex::new(job.ok()))
        }

        /// Kills every process in it.
        pub fn kill(&self) {
            drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// Starts a child in a job of its own.
    pub(in crate::ffmpeg) fn spawn(command: &mut Command) -> io::Result<(SharedChild, Group)> {
        let child = command.spawn()?;
        let group = Group::of(child.as_raw_handle());
        Ok((SharedChild::new(child)?, group))
    }

    /// A job whose processes are killed when its last handle is closed, by whatever ends the owner.
    fn kill_on_close() -> Result<Job, JobError> {
        Job::create_with_limit_info(ExtendedLimitInfo::new().limit_kill_on_job_close())
    }

    /// Puts this program into a job, which all that it starts from here on inherits: Windows closes
    /// it, and kills them, when this program is gone. `None` where the system does not let it.
    pub(in crate::ffmpeg) fn end_with_this_program() -> Option<Job> {
        let job = kill_on_close().ok()?;
        job.assign_current_process().ok()?;
        Some(job)
    }

    /// Has Ctrl-C reach this program alone, which then ends the child: the child would end first, and
    /// be taken for a crash.
    pub(in crate::ffmpeg) fn lead_a_group(command: &mut Command) {
        /// <https://learn.microsoft.com/en-us/windows/win32/procthread/process-creation-flags>
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        command.creation_flags(CREATE_NEW_PROCESS_GROUP);
    }

    /// Waits until a child has ended: its handle stays its own for as long as it is held.
    pub(in crate::ffmpeg) fn wait_for_end(child: &SharedChild) {
        // What fails here fails once more when it is waited for, and is told then.
        let _ = child.wait();
    }
}
