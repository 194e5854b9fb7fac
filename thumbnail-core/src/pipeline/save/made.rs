//! What a run makes in a video's directory: the one list of its names. Only what is on it is ever
//! removed or replaced, file by file; whatever else somebody has put there stays.

use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use image::{ImageFormat, ImageReader};

use crate::settings::Format;

/// The label of the frame as it was decoded; a thumbnail's is its width.
pub(super) const ORIGINAL: &str = "original";

/// The label of the picture of all frames.
pub(super) const CONTACT_SHEET: &str = "contact-sheet";

const FORMATS: [Format; 3] = [Format::Png, Format::Jpeg, Format::Webp];

/// How far a run has come with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Positions 0, 1, 2 … without a gap, each with its original, and perhaps a contact sheet beside
    /// them, all in one format.
    Whole,
    /// Some of that; a file can be empty.
    Unfinished,
}

/// The name of a picture's file.
pub(super) fn file_name(label: &str, format: Format) -> String {
    format!("{label}.{}", format.extension())
}

/// Something in `directory` that no run has made, by its path from there.
///
/// A name alone proves little (`0/320.png` may be anybody's), so a picture has to be one: of the
/// format that its extension says, and as wide as its name says.
pub(super) fn stranger(directory: &Path, state: State) -> io::Result<Option<PathBuf>> {
    let mut positions = Vec::new();
    let mut formats = Vec::new();
    let mut sheet = None;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        if let Some(found) = contact_sheet(&entry.file_name())
            .filter(|_| is(&entry, fs::FileType::is_file))
            .filter(|picture| picture.is_in(&entry.path(), state))
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
            let found = picture(&entry.file_name())
                .filter(|_| is(&entry, fs::FileType::is_file))
                .filter(|picture| picture.is_in(&entry.path(), state));
            let Some(found) = found else {
                return Ok(Some(name.join(entry.file_name())));
            };
            has_original |= found.width.is_none();
            formats.push(found.format);
            if state == State::Whole && formats[0] != found.format {
                return Ok(Some(name.join(entry.file_name())));
            }
        }
        if state == State::Whole && !has_original {
            return Ok(Some(name));
        }
    }
    // Nothing is a contact sheet of no frames, or in a format of its own.
    let alone = positions.is_empty() || formats.windows(2).any(|pair| pair[0] != pair[1]);
    if let Some(name) = sheet.filter(|_| alone && state == State::Whole) {
        return Ok(Some(name));
    }
    positions.sort_unstable();
    let gap = positions.iter().enumerate().find(|(n, (p, _))| n != p);
    let gap = gap.filter(|_| state == State::Whole);
    Ok(gap.map(|(_, (_, name))| name.clone()))
}

/// Removes `directory` and what a run makes in it, name by name.
///
/// # Errors
/// Something cannot be removed, or something else is in there, which stays.
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

/// The same for one position's directory.
pub(super) fn remove_position(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if picture(&entry.file_name()).is_some() && is(&entry, fs::FileType::is_file) {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir(directory)
}

/// The type of the entry itself: a link is neither a directory nor a file.
fn is(entry: &DirEntry, wanted: fn(&fs::FileType) -> bool) -> bool {
    entry.file_type().is_ok_and(|found| wanted(&found))
}

/// `0`, `1`, `2` …, without a sign or a leading zero.
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

fn picture(name: &OsStr) -> Option<PictureName> {
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
    /// Is `file` what its name says? Only its first bytes are looked at.
    fn is_in(&self, file: &Path, state: State) -> bool {
        // What was written last when the program was killed.
        if state == State::Unfinished && fs::metadata(file).is_ok_and(|found| found.len() == 0) {
            return true;
        }
        let format = match self.format {
            Format::Png => ImageFormat::Png,
            Format::Jpeg => ImageFormat::Jpeg,
            Format::Webp => ImageFormat::WebP,
        };
        match ImageReader::open(file).and_then(ImageReader::with_guessed_format) {
            // Another run has replaced it since its name was read.
            Err(e) => e.kind() == io::ErrorKind::NotFound,
            Ok(reader) if reader.format() != Some(format) => false,
            Ok(reader) => reader
                .into_dimensions()
                .is_ok_and(|(found, _)| self.width.is_none_or(|width| width == found)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with `names` in it: a directory where a name ends in a slash, and else a real
    /// picture of 16 pixels' width.
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

    fn stranger_among(names: &[&str]) -> Option<String> {
        let found = stranger(with(names).path(), State::Whole).unwrap();
        found.map(|path| path.to_string_lossy().replace('\\', "/"))
    }

    #[test]
    fn what_a_run_makes_is_known() {
        assert_eq!(stranger_among(&[]), None);
        assert_eq!(stranger_among(&["0/original.png", "0/16.png"]), None);
        assert_eq!(
            stranger_among(&["0/original.webp", "1/original.webp"]),
            None
        );
        let with_sheet = ["0/original.png", "contact-sheet.png"];
        assert_eq!(stranger_among(&with_sheet), None);
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
            assert_eq!(stranger_among(names).as_deref(), Some(found), "{names:?}");
        }
    }

    #[test]
    fn text_under_a_pictures_name_is_no_picture() {
        let dir = with(&["0/original.png"]);
        fs::write(dir.path().join("0/16.png"), "notes").unwrap();
        for state in [State::Whole, State::Unfinished] {
            let found = stranger(dir.path(), state).unwrap();
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
