//! The report's directory: it appears whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// Everything that a report consists of. A directory with anything else in it is not ours to
/// replace.
const PARTS: [&str; 8] = [
    "report.json",
    "report.md",
    "report.html",
    "timeline.svg",
    "waiting.svg",
    "trace.json",
    "lessons",
    "thumbnails",
];

/// A report that is being made beside its place.
#[derive(Debug)]
pub struct Unpublished {
    place: PathBuf,
    /// Removed with all that is in it, however the program ends (`kill -9` aside).
    workshop: TempDir,
}

impl Unpublished {
    /// Makes a directory beside `place`, and finds out now rather than after two minutes whether
    /// the report can go there.
    ///
    /// # Errors
    /// When nothing can be written there, or something else than a report is there already.
    pub fn new(place: &Path) -> Result<Self> {
        let cannot = || format!("cannot write the report to {}", place.display());
        let place = std::path::absolute(place).with_context(cannot)?;
        let stranger = stranger(&place).with_context(cannot)?;
        if let Some(name) = stranger {
            bail!(
                "{} holds {name}, which is no part of a report and would be lost.\nChoose another --out",
                place.display()
            );
        }
        let (Some(parent), Some(_)) = (place.parent(), place.file_name()) else {
            bail!(
                "{} cannot be replaced by a report. Choose another --out",
                place.display()
            );
        };
        fs::create_dir_all(parent).with_context(cannot)?;
        let workshop = tempfile::Builder::new()
            .prefix(".compare-")
            .tempdir_in(parent);
        let workshop = workshop.with_context(cannot)?;
        for part in ["new", "scratch"] {
            fs::create_dir(workshop.path().join(part)).with_context(cannot)?;
        }
        Ok(Self { place, workshop })
    }

    /// Where the report is put together.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.workshop.path().join("new")
    }

    /// Where the report is going to be.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Where anything else goes meanwhile. On the same disk.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.workshop.path().join("scratch")
    }

    /// Writes one file of the report.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let part = name.split('/').next().unwrap_or(name);
        debug_assert!(PARTS.contains(&part), "{name} is missing in PARTS");
        let path = self.report().join(name);
        let directory = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = directory.and_then(|()| fs::write(&path, content));
        written.with_context(|| format!("cannot write {name}"))
    }

    /// Moves the report to its place; the earlier one goes. Gives the place.
    ///
    /// # Errors
    /// When it cannot be moved; the earlier one then stays.
    pub fn publish(self) -> Result<PathBuf> {
        let cannot = || format!("cannot move the report to {}", self.place.display());
        let old = self.workshop.path().join("old");
        match fs::rename(&self.place, &old) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e).with_context(cannot),
            _ => {}
        }
        if let Err(e) = fs::rename(self.report(), &self.place) {
            // If there was an earlier one it goes back, and if not there is nothing to move.
            let _ = fs::rename(&old, &self.place);
            return Err(e).with_context(cannot);
        }
        Ok(self.place)
    }
}

/// Something in `place` that is no part of a report.
fn stranger(place: &Path) -> io::Result<Option<String>> {
    let entries = match fs::read_dir(place) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        if !PARTS.iter().any(|part| name == *part) {
            return Ok(Some(name.to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Unpublished;

    #[test]
    fn a_report_appears_whole_and_replaces_the_earlier_one() {
        let home = tempfile::tempdir().expect("temp");
        let place = home.path().join("deep/report dir");
        for text in ["first", "second"] {
            let report = Unpublished::new(&place).expect("can be made");
            report
                .write("report.md", text.as_bytes())
                .expect("can write");
            assert_ne!(fs::read(place.join("report.md")).ok(), Some(text.into()));
            report.publish().expect("can be moved");
            assert_eq!(
                fs::read_to_string(place.join("report.md")).expect("is there"),
                text
            );
        }
        assert_eq!(
            fs::read_dir(home.path().join("deep"))
                .expect("is there")
                .count(),
            1
        );
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let home = tempfile::tempdir().expect("temp");
        drop(Unpublished::new(&home.path().join("out")).expect("can be made"));
        assert_eq!(fs::read_dir(home.path()).expect("is there").count(), 0);
    }

    #[test]
    fn other_peoples_files_are_not_replaced() {
        let home = tempfile::tempdir().expect("temp");
        fs::write(home.path().join("thesis.tex"), "").expect("can write");
        let error = Unpublished::new(home.path()).expect_err("is refused");
        assert!(error.to_string().contains("thesis.tex"), "{error}");
        assert!(home.path().join("thesis.tex").exists());
    }
}
