//! Where an earlier result is while a new one is moved to its place, on systems that cannot exchange the two.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::made::{self, Completeness};
use crate::video::{REPLACED, is_reserved};

/// The path to which the result at `place` is moved: it tells where the result belongs.
pub(super) fn path_of(place: &Path) -> io::Result<PathBuf> {
    let name = place.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut aside = std::ffi::OsString::from(REPLACED);
    aside.push(name);
    Ok(place.with_file_name(aside))
}

/// Moves the results back whose run was killed before it had moved the new one into place, and removes those
/// that have been replaced. Failures are ignored: the next run tries again.
pub(super) fn restore(out_dir: &Path) {
    for entry in fs::read_dir(out_dir).into_iter().flatten().flatten() {
        let (name, aside) = (entry.file_name(), entry.path());
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(REPLACED)) else {
            continue;
        };
        // No video has such a name.
        if is_reserved(name) || ["", ".", ".."].contains(&name) {
            continue;
        }
        if !entry.file_type().is_ok_and(|file_type| file_type.is_dir()) || !is_result(&aside) {
            continue;
        }
        let place = out_dir.join(name);
        if fs::symlink_metadata(&place).is_err() {
            // Fails if a run that was not killed has moved its result there in the meantime.
            let _ = fs::rename(&aside, place);
        } else if is_result(&place) {
            let _ = made::remove(&aside);
        }
    }
}

fn is_result(directory: &Path) -> bool {
    made::find_foreign(directory, Completeness::Whole).is_ok_and(|found| found.is_none())
}
