//! Moves a finished directory to its final path: by an atomic rename or exchange where the system has
//! it, by two renames elsewhere.

use std::fs;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::error::Obstacle;

use super::made::{self, Completeness};
use super::replaced;
use super::unfinished::Unfinished;

/// How often to try when other runs write to the same path at the same time.
const TRIES: usize = 100;

/// The pause between two tries on Windows while another program has a file open: a second in all.
const PAUSE: Duration = Duration::from_millis(10);

/// Moves `finished` to `place`. The result of an earlier run is removed, but only after the new one is in
/// place.
pub(super) fn move_into_place(place: &Path, finished: Unfinished) -> io::Result<()> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for _ in 0..TRIES {
        refuse_foreign(place)?;
        match try_to_move(place, finished.path()) {
            Ok(AtTemporaryPath::Nothing) => {
                finished.keep();
                return Ok(());
            }
            // Dropping `finished` removes the old result, which is now at the temporary path.
            #[cfg(target_os = "linux")]
            Ok(AtTemporaryPath::OldResult) => return Ok(()),
            Err(e) if is_race(&e) => last = e,
            // On Windows this means that the target exists by now, or that another program (a virus
            // scanner, a viewer) has a file in it open.
            Err(e) if cfg!(windows) && e.kind() == io::ErrorKind::PermissionDenied => {
                last = e;
                sleep(PAUSE);
            }
            Err(e) => return Err(e),
        }
    }
    Err(last)
}

/// What the temporary path holds after the move.
enum AtTemporaryPath {
    Nothing,
    #[cfg(target_os = "linux")]
    OldResult,
}

/// Can the error come from another run that moves its result to or from the same path?
fn is_race(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotFound};
    matches!(error.kind(), AlreadyExists | DirectoryNotEmpty)
        // The path existed at the first system call and not at the second.
        || error.kind() == NotFound
}

/// On Linux an atomic exchange (`RENAME_EXCHANGE`) swaps the old and the new result: at every moment one
/// of them is in place.
#[cfg(target_os = "linux")]
fn try_to_move(place: &Path, finished: &Path) -> io::Result<AtTemporaryPath> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    let rename = |flags| renameat_with(CWD, finished, CWD, place, flags);
    match rename(RenameFlags::NOREPLACE) {
        Ok(()) => Ok(AtTemporaryPath::Nothing),
        Err(Errno::EXIST) => match rename(RenameFlags::EXCHANGE) {
            Ok(()) => match refuse_foreign(finished) {
                Ok(()) => Ok(AtTemporaryPath::OldResult),
                // Someone has added a foreign file since the check in `move_into_place`: swap back.
                Err(foreign) => {
                    rename(RenameFlags::EXCHANGE)?;
                    Err(foreign)
                }
            },
            Err(Errno::INVAL | Errno::NOSYS) => replace_by_two_renames(place, finished),
            Err(e) => Err(e.into()),
        },
        // Some file systems support neither flag.
        Err(Errno::INVAL | Errno::NOSYS) => replace_by_two_renames(place, finished),
        Err(e) => Err(e.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn try_to_move(place: &Path, finished: &Path) -> io::Result<AtTemporaryPath> {
    replace_by_two_renames(place, finished)
}

/// A directory cannot be renamed onto one that is not empty, so the old result is first renamed to
/// another name. If the new one then cannot be moved, the old one is moved back; if this program is killed
/// before that, the next run does it.
fn replace_by_two_renames(place: &Path, finished: &Path) -> io::Result<AtTemporaryPath> {
    let aside = replaced::path_of(place)?;
    if fs::symlink_metadata(&aside).is_ok() {
        // Another run is replacing the same result, or it is the user's.
        let text = format!("{} is in the way", aside.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    let was_there = match fs::rename(place, &aside) {
        Ok(()) => true,
        Err(e) if e.kind() == io::ErrorKind::NotFound => false,
        Err(e) => return Err(e),
    };
    let moved = if was_there {
        refuse_foreign(&aside)
    } else {
        Ok(())
    };
    if let Err(e) = moved.and_then(|()| fs::rename(finished, place)) {
        // If another run has put its result there in the meantime, that one stays.
        if was_there && !place.exists() {
            fs::rename(&aside, place)?;
        }
        return Err(e);
    }
    if was_there {
        // What is left takes disk space only, and the next run tries again.
        let _ = made::remove(&aside);
    }
    Ok(AtTemporaryPath::Nothing)
}

/// Fails if `place` exists and is anything but the result of an earlier run that this user may remove. With
/// `--out ~` and a video called `Documents.mp4`, replacing the directory would delete the user's documents.
pub(super) fn refuse_foreign(place: &Path) -> io::Result<()> {
    match fs::symlink_metadata(place) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
        Ok(found) if found.is_symlink() => {
            return Err(Obstacle::Link.into());
        }
        Ok(found) if !found.is_dir() => {
            return Err(Obstacle::NotADirectory.into());
        }
        Ok(_) => {}
    }
    let mut before = None;
    loop {
        match made::find_foreign(place, Completeness::Whole) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
            // To rename a directory takes less than to remove it: the old result would be left beside the new one.
            Ok(None) => {
                return made::find_protected(place).map_or(Ok(()), |directory| {
                    Err(Obstacle::Protected(directory).into())
                });
            }
            Ok(Some(foreign)) if before.as_ref() == Some(&foreign) => {
                return Err(Obstacle::Foreign(foreign).into());
            }
            // If another run replaced the directory while it was being listed, the listing can mix
            // both. So only what a second listing also finds counts as foreign.
            Ok(foreign) => before = foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_renames_replace_a_result_where_directories_cannot_be_exchanged() {
        let out = tempfile::tempdir().unwrap();
        let place = out.path().join("clip");
        for frames in [2, 1] {
            let finished = Unfinished::create(out.path()).unwrap();
            for frame in 0..frames {
                let directory = finished.path().join(frame.to_string());
                fs::create_dir(&directory).unwrap();
                let picture = image::GrayImage::new(8, 8);
                picture.save(directory.join("original.png")).unwrap();
            }
            replace_by_two_renames(&place, finished.path()).unwrap();
            finished.keep();
        }
        assert_eq!(fs::read_dir(&place).unwrap().count(), 1);
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);
        fs::write(place.join("0/mine.txt"), "").unwrap();
        let finished = Unfinished::create(out.path()).unwrap();
        let error = replace_by_two_renames(&place, finished.path())
            .err()
            .unwrap();
        assert!(error.to_string().contains("mine.txt"), "{error}");
        assert!(place.join("0/mine.txt").exists());
    }

    #[test]
    fn a_result_that_a_killed_run_had_put_aside_comes_back() {
        let out = tempfile::tempdir().unwrap();
        let place = out.path().join("clip");
        let aside = replaced::path_of(&place).unwrap();
        let result = |width| {
            fs::create_dir_all(aside.join("0")).unwrap();
            let picture = image::GrayImage::new(width, 8);
            picture.save(aside.join("0/original.png")).unwrap();
        };
        result(8);
        replaced::restore(out.path());
        assert!(place.join("0/original.png").exists() && !aside.exists());
        // Killed a moment later: the new one is in place.
        result(16);
        replaced::restore(out.path());
        let width = image::image_dimensions(place.join("0/original.png"))
            .unwrap()
            .0;
        assert!(width == 8 && !aside.exists());
        // A directory of the user's that is called so.
        fs::create_dir_all(&aside).unwrap();
        fs::write(aside.join("mine.txt"), "").unwrap();
        replaced::restore(out.path());
        let finished = Unfinished::create(out.path()).unwrap();
        let error = replace_by_two_renames(&place, finished.path())
            .err()
            .unwrap();
        assert!(error.to_string().contains(".replaced-clip"), "{error}");
        assert!(place.exists() && aside.join("mine.txt").exists());
    }

    #[test]
    #[cfg(unix)]
    fn a_planted_link_is_not_followed() {
        let (out, victim) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let place = out.path().join("clip");
        std::os::unix::fs::symlink(victim.path(), &place).unwrap();
        let finished = Unfinished::create(out.path()).unwrap();
        let error = move_into_place(&place, finished).unwrap_err();
        assert!(error.to_string().contains("link"), "{error}");
        assert!(place.is_symlink() && victim.path().is_dir());
    }
}
