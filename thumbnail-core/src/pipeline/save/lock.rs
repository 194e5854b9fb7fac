//! Locks on directories. The operating system releases a lock when the process that holds it ends, even
//! if it crashes or is killed.

pub(super) use system::{lock, lock_left_over};

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    use rustix::fs::{FlockOperation, flock};

    /// Locks a directory that this process has created. Fails with `WouldBlock` if another process has
    /// the lock.
    pub(in crate::pipeline::save) fn lock(directory: &Path) -> io::Result<File> {
        let file = File::open(directory)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(file)
    }

    /// Locks a directory in order to remove it. Fails if its owner is still running.
    pub(in crate::pipeline::save) fn lock_left_over(directory: &Path) -> io::Result<File> {
        lock(directory)
    }
}

/// Windows has no locks on directories, so share modes stand in for them
/// (<https://learn.microsoft.com/en-us/windows/win32/fileio/creating-and-opening-files>). The owner opens
/// the directory for writing. [`lock_left_over`] opens it without `FILE_SHARE_WRITE`, which fails while
/// the owner has it open. Both share deletion, so that the owner can still rename and remove it.
#[cfg(windows)]
mod system {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;

    const FILE_SHARE_READ: u32 = 1;
    const FILE_SHARE_DELETE: u32 = 4;
    /// A directory can be opened with this flag only.
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    const ERROR_SHARING_VIOLATION: i32 = 32;

    /// Locks a directory that this process has created. Fails with `WouldBlock` if another process is
    /// about to remove it.
    pub(in crate::pipeline::save) fn lock(directory: &Path) -> io::Result<File> {
        open(directory, OpenOptions::new().read(true).write(true))
    }

    /// Locks a directory in order to remove it. Fails if its owner is still running.
    pub(in crate::pipeline::save) fn lock_left_over(directory: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true);
        options.share_mode(FILE_SHARE_READ | FILE_SHARE_DELETE);
        open(directory, &mut options)
    }

    fn open(directory: &Path, options: &mut OpenOptions) -> io::Result<File> {
        let opened = options
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
            .open(directory);
        opened.map_err(|e| match e.raw_os_error() {
            Some(ERROR_SHARING_VIOLATION) => io::ErrorKind::WouldBlock.into(),
            _ => e,
        })
    }
}
