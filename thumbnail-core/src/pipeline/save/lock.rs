//! Locks on directories: one goes with its process, however that ends.

pub(super) use system::{lock, lock_left_over};

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    use rustix::fs::{FlockOperation, flock};

    /// Fails with `WouldBlock` if another has the lock.
    pub(in crate::pipeline::save) fn lock(directory: &Path) -> io::Result<File> {
        let file = File::open(directory)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(file)
    }

    /// Fails if another has the lock.
    pub(in crate::pipeline::save) fn lock_left_over(directory: &Path) -> io::Result<File> {
        lock(directory)
    }
}

/// Windows has no lock for a directory, but whoever opens it says what others may do to it meanwhile:
/// <https://learn.microsoft.com/en-us/windows/win32/fileio/creating-and-opening-files>. All may move
/// and remove it, as the owner itself does. Who looks for what was left over allows no writing, and
/// that is refused while the owner has it open to be written to.
#[cfg(windows)]
mod system {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;

    const FILE_SHARE_READ: u32 = 1;
    const FILE_SHARE_DELETE: u32 = 4;
    /// Without it a directory cannot be opened.
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    const ERROR_SHARING_VIOLATION: i32 = 32;

    /// Fails with `WouldBlock` if somebody takes it for left over.
    pub(in crate::pipeline::save) fn lock(directory: &Path) -> io::Result<File> {
        open(directory, OpenOptions::new().read(true).write(true))
    }

    /// Fails if another has the lock.
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
