//! Which files a run makes in a video's directory, by name and contents. Only these are ever removed or
//! replaced, file by file; any other file that someone has put there stays.

use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use image::{ImageFormat, ImageReader};

use crate::settings::Format;

/// The label of the decoded frame. A thumbnail's label is its width.
pub(super) const ORIGINAL: &str = "original";

/// The label of the contact sheet.
pub(super) const CONTACT_SHEET: &str = "contact-sheet";

const FORMATS: [Format; 3] = [Format::Png, Format::Jpeg, Format::Webp];

/// How complete a directory should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Completeness {
    /// Published: positions 0, 1, 2 … without a gap, each with its original, and perhaps a contact sheet
    /// beside them, all in one format.
    Whole,
    /// Left by a killed program: any part of that, and a file can be empty.
    Unfinished,
}

/// The name of a picture's file.
pub(super) fn file_name(label: &str, format: Format) -> String {
    format!("{label}.{}", format.extension())
}

/// Looks in `directory` for something that no run has made. Returns its path, relative to `directory`.
///
/// A name proves little: `0/320.png` may belong to the user. So a file has to be a picture of the format
/// that its extension says and of the width that its name says.
pub(super) fn find_foreign(directory: &Path, state: Completeness) -> io::Result<Option<PathBuf>> {
    let mut positions = Vec::new();
    let mut formats = Vec::new();
    let mut sheet = None;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        if let Some(found) = contact_sheet(&entry.file_name())
            && is(&entry, fs::FileType::is_file)
            && found.matches_contents(&entry.path(), state)?
        {
            sheet = Some(name);
            formats.push(found.format);
            continue;
        }
        let position = position(&entry.file_name()).filter(|_| is(&entry, fs::FileType::is_dir));
        let Some(position) = position else {
            return Ok(Some(name));
        };
        positions.push((position, name.clone()));
        let mut has_original = false;
        for entry in fs::read_dir(entry.path())? {
            let entry = entry?;
            let found = match picture_name(&entry.file_name()) {
                Some(found)
                    if is(&entry, fs::FileType::is_file)
                        && found.matches_contents(&entry.path(), state)? =>
                {
                    found
                }
                _ => return Ok(Some(name.join(entry.file_name()))),
            };
            has_original |= found.width.is_none();
            formats.push(found.format);
            if state == Completeness::Whole && formats[0] != found.format {
                return Ok(Some(name.join(entry.file_name())));
            }
        }
        if state == Completeness::Whole && !has_original {
            return Ok(Some(name));
        }
    }
    // A run never writes a contact sheet without frames, or in another format than the frames.
    let foreign_sheet = positions.is_empty() || formats.windows(2).any(|pair| pair[0] != pair[1]);
    if let Some(name) = sheet.filter(|_| foreign_sheet && state == Completeness::Whole) {
        return Ok(Some(name));
    }
    positions.sort_unstable();
    let gap = positions.iter().enumerate().find(|(n, (p, _))| n != p);
    let gap = gap.filter(|_| state == Completeness::Whole);
    Ok(gap.map(|(_, (_, name))| name.clone()))
}

/// The first directory of a result from which this user may remove nothing: it is read-only, or another user's.
pub(super) fn find_protected(directory: &Path) -> Option<PathBuf> {
    let entries = |directory: &Path| fs::read_dir(directory).into_iter().flatten().flatten();
    let positions = entries(directory).filter(|entry| is(entry, fs::FileType::is_dir));
    std::iter::once(directory.to_owned())
        .chain(positions.map(|entry| entry.path()))
        .find(|directory| !may_change(directory) && entries(directory).next().is_some())
}

/// May this user remove what is in `directory`?
#[cfg(unix)]
#[must_use]
pub fn may_change(directory: &Path) -> bool {
    use rustix::fs::{Access, access};
    use rustix::io::Errno;
    // Another error means that somebody is replacing the directory.
    let refused = access(directory, Access::WRITE_OK | Access::EXEC_OK).err();
    !matches!(refused, Some(Errno::ACCESS | Errno::PERM | Errno::ROFS))
}

/// On Windows the read-only attribute of a directory does not protect what is in it.
#[cfg(not(unix))]
#[must_use]
pub fn may_change(_: &Path) -> bool {
    true
}

/// Removes the files and directories in `directory` that have a name as a run gives, then `directory`
/// itself.
///
/// # Errors
/// Something cannot be removed, or the directory holds something else; that stays.
pub(super) fn remove(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if position(&entry.file_name()).is_some() && is(&entry, fs::FileType::is_dir) {
            remove_position(&entry.path())?;
        }
        if contact_sheet(&entry.file_name()).is_some() && is(&entry, fs::FileType::is_file) {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir(directory)
}

/// As [`remove`], for the directory of one position.
pub(super) fn remove_position(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if picture_name(&entry.file_name()).is_some() && is(&entry, fs::FileType::is_file) {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir(directory)
}

/// Checks the type of the entry itself: a symbolic link is neither a directory nor a file.
fn is(entry: &DirEntry, wanted: fn(&fs::FileType) -> bool) -> bool {
    entry.file_type().is_ok_and(|found| wanted(&found))
}

/// Reads the name of a position's directory: `0`, `1`, `2` …, without a sign or a leading zero.
fn position(name: &OsStr) -> Option<usize> {
    let name = name.to_str()?;
    let number = name.parse::<usize>().ok()?;
    (number.to_string() == name).then_some(number)
}

/// What a picture's file name says.
struct PictureName {
    /// `None` for the original, and for a contact sheet.
    width: Option<u32>,
    format: Format,
}

fn picture_name(name: &OsStr) -> Option<PictureName> {
    let (label, extension) = name.to_str()?.split_once('.')?;
    let format = *FORMATS.iter().find(|f| f.extension() == extension)?;
    let width = match label {
        ORIGINAL => None,
        label => Some(label.parse().ok().filter(|width: &u32| *width > 0)?),
    };
    let as_written = width.map_or_else(|| ORIGINAL.to_owned(), |width| width.to_string());
    (as_written == label).then_some(PictureName { width, format })
}

fn contact_sheet(name: &OsStr) -> Option<PictureName> {
    let name = name.to_str()?;
    let format = FORMATS
        .into_iter()
        .find(|f| name == file_name(CONTACT_SHEET, *f))?;
    Some(PictureName {
        width: None,
        format,
    })
}

impl PictureName {
    /// Has `file` the format and the width that its name says? Only its header is read.
    fn matches_contents(&self, file: &Path, state: Completeness) -> io::Result<bool> {
        // The program was killed while it wrote this file.
        if state == Completeness::Unfinished
            && fs::metadata(file).is_ok_and(|found| found.len() == 0)
        {
            return Ok(true);
        }
        let format = match self.format {
            Format::Png => ImageFormat::Png,
            Format::Jpeg => ImageFormat::Jpeg,
            Format::Webp => ImageFormat::WebP,
        };
        match ImageReader::open(file).and_then(ImageReader::with_guessed_format) {
            // Another run has replaced the directory since it was listed.
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(e) => Err(e),
            Ok(reader) if reader.format() != Some(format) => Ok(false),
            Ok(reader) => Ok(reader
                .into_dimensions()
                .is_ok_and(|(found, _)| self.width.is_none_or(|width| width == found))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with an entry for each name: a directory if the name ends in a slash, and otherwise a
    /// real picture, 16 pixels wide.
    fn with(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            let path = dir.path().join(name);
            if name.ends_with('/') {
                fs::create_dir_all(path).unwrap();
                continue;
            }
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            image::GrayImage::new(16, 4).save(path).unwrap();
        }
        dir
    }

    fn foreign_among(names: &[&str]) -> Option<String> {
        let found = find_foreign(with(names).path(), Completeness::Whole).unwrap();
        found.map(|path| path.to_string_lossy().replace('\\', "/"))
    }

    #[test]
    fn what_a_run_makes_is_known() {
        assert_eq!(foreign_among(&[]), None);
        assert_eq!(foreign_among(&["0/original.png", "0/16.png"]), None);
        assert_eq!(foreign_among(&["0/original.webp", "1/original.webp"]), None);
        let with_sheet = ["0/original.png", "contact-sheet.png"];
        assert_eq!(foreign_among(&with_sheet), None);
    }

    #[test]
    fn what_no_run_makes_is_found() {
        for (names, found) in [
            (&["2019/original.png"][..], "2019"),
            (&["0/original.png", "2/original.png"], "2"),
            (&["00/original.png"], "00"),
            (&["+0/"], "+0"),
            (&["0.png"], "0.png"),
            (&["0/"], "0"),
            (&["0/16.png"], "0"),
            (&["0/original.png", "0/320.png"], "0/320.png"),
            (&["0/original.png", "0/016.png"], "0/016.png"),
            (&["0/original.png", "0/16.png/"], "0/16.png"),
            (&["0/original.png", "0/16.png.png"], "0/16.png.png"),
            (&["0/original.png", "0/deep/"], "0/deep"),
            (&["contact-sheet.png"], "contact-sheet.png"),
            (
                &["0/original.png", "contact-sheet.webp"],
                "contact-sheet.webp",
            ),
            (
                &["0/original.png", "contact-sheet.png/"],
                "contact-sheet.png",
            ),
            (
                &["0/original.png", "contact-sheet.txt.png"],
                "contact-sheet.txt.png",
            ),
            (
                &["0/original.png", "0/contact-sheet.png"],
                "0/contact-sheet.png",
            ),
        ] {
            assert_eq!(foreign_among(names).as_deref(), Some(found), "{names:?}");
        }
    }

    #[test]
    fn text_in_a_file_with_a_pictures_name_is_foreign() {
        let dir = with(&["0/original.png"]);
        fs::write(dir.path().join("0/16.png"), "notes").unwrap();
        for state in [Completeness::Whole, Completeness::Unfinished] {
            let found = find_foreign(dir.path(), state).unwrap();
            assert_eq!(found, Some("0/16.png".into()));
        }
    }

    #[test]
    fn only_what_a_run_makes_is_removed() {
        let dir = with(&["0/original.png", "0/16.png", "1/original.png", "notes/"]);
        let place = dir.path();
        fs::write(place.join("0/draft.txt"), "mine").unwrap();
        assert!(remove(place).is_err());
        assert!(place.join("0/draft.txt").exists() && place.join("notes").exists());
        let made = ["0/original.png", "0/16.png", "contact-sheet.png"];
        assert!(remove(with(&made).path()).is_ok());
    }
}
