//! A finished directory takes its place.

use std::fs;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::made::{self, State};
use super::unfinished::{Unfinished, temporary};

/// How often to try anew when another run takes the place in between.
const TRIES: usize = 100;

/// How long to wait for somebody who looks at it, on Windows: a second in all tries.
const PAUSE: Duration = Duration::from_millis(10);

/// Moves `finished` to `place`. What an earlier run left there goes, but only once the new one is
/// there.
pub(super) fn take(place: &Path, finished: Unfinished) -> io::Result<()> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for _ in 0..TRIES {
        refuse_foreign(place)?;
        match try_to_take(place, finished.path()) {
            // Under its temporary name there is nothing left to remove.
            Ok(Left::Nothing) => {
                finished.keep();
                return Ok(());
            }
            // It now holds the old one, and removes it.
            #[cfg(target_os = "linux")]
            Ok(Left::TheOld) => return Ok(()),
            Err(e) if in_between(&e) => last = e,
            // So Windows says that a directory is there by now, or that somebody looks at a file in
            // it: a virus scanner, a viewer.
            Err(e) if cfg!(windows) && e.kind() == io::ErrorKind::PermissionDenied => {
                last = e;
                sleep(PAUSE);
            }
            Err(e) => return Err(e),
        }
    }
    Err(last)
}

/// What is under the temporary name afterwards.
enum Left {
    Nothing,
    #[cfg(target_os = "linux")]
    TheOld,
}

fn in_between(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotFound};
    matches!(error.kind(), AlreadyExists | DirectoryNotEmpty)
        // The place was taken at the first look and free at the second.
        || error.kind() == NotFound
}

/// On Linux the two change places in one step: there is no moment without a result.
#[cfg(target_os = "linux")]
fn try_to_take(place: &Path, finished: &Path) -> io::Result<Left> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    let rename = |flags| renameat_with(CWD, finished, CWD, place, flags);
    match rename(RenameFlags::NOREPLACE) {
        Ok(()) => Ok(Left::Nothing),
        Err(Errno::EXIST) => match rename(RenameFlags::EXCHANGE) {
            Ok(()) => match refuse_foreign(finished) {
                Ok(()) => Ok(Left::TheOld),
                // Somebody has put it there since the look before.
                Err(foreign) => {
                    rename(RenameFlags::EXCHANGE)?;
                    Err(foreign)
                }
            },
            Err(Errno::INVAL | Errno::NOSYS) => step_aside(place, finished),
            Err(e) => Err(e.into()),
        },
        // Some file systems know neither.
        Err(Errno::INVAL | Errno::NOSYS) => step_aside(place, finished),
        Err(e) => Err(e.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn try_to_take(place: &Path, finished: &Path) -> io::Result<Left> {
    step_aside(place, finished)
}

/// A directory cannot be renamed onto one that has something in it, so the old one steps aside
/// first, and comes back if the new one cannot take its place.
fn step_aside(place: &Path, finished: &Path) -> io::Result<Left> {
    let aside = temporary(place.parent().unwrap_or(Path::new(".")))?;
    // The name is what is wanted.
    fs::remove_dir(&aside)?;
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
        // Unless somebody else is there now, who is as good.
        if was_there && !place.exists() {
            fs::rename(&aside, place)?;
        }
        return Err(e);
    }
    if was_there {
        made::remove(&aside)?;
    }
    Ok(Left::Nothing)
}

/// Fails if something that is no result of an earlier run stands at `place`: with `--out ~` and a
/// video called `Documents.mp4`, replacing would be a catastrophe.
pub(super) fn refuse_foreign(place: &Path) -> io::Result<()> {
    match fs::symlink_metadata(place) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
        Ok(found) if found.is_symlink() => {
            return Err(io::Error::other("it is a link, and links are not followed"));
        }
        Ok(found) if !found.is_dir() => {
            return Err(io::Error::other("it exists and is no directory"));
        }
        Ok(_) => {}
    }
    let mut before = None;
    loop {
        match made::stranger(place, State::Whole) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
            Ok(None) => return Ok(()),
            Ok(Some(stranger)) if before.as_ref() == Some(&stranger) => {
                return Err(io::Error::other(format!(
                    "it exists and holds other files than a run makes: {}",
                    stranger.display()
                )));
            }
            // What another run replaces during the look can seem to have a gap; not so twice.
            Ok(stranger) => before = stranger,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_steps_aside_where_two_directories_cannot_change_places() {
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
            step_aside(&place, finished.path()).unwrap();
            finished.keep();
        }
        assert_eq!(fs::read_dir(&place).unwrap().count(), 1);
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);
        fs::write(place.join("0/mine.txt"), "").unwrap();
        let finished = Unfinished::create(out.path()).unwrap();
        let error = step_aside(&place, finished.path()).err().unwrap();
        assert!(error.to_string().contains("mine.txt"), "{error}");
        assert!(place.join("0/mine.txt").exists());
    }

    #[test]
    #[cfg(unix)]
    fn a_planted_link_is_not_followed() {
        let (out, victim) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let place = out.path().join("clip");
        std::os::unix::fs::symlink(victim.path(), &place).unwrap();
        let finished = Unfinished::create(out.path()).unwrap();
        let error = take(&place, finished).unwrap_err();
        assert!(error.to_string().contains("link"), "{error}");
        assert!(place.is_symlink() && victim.path().is_dir());
    }
}
