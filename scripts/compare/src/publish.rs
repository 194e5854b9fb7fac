//! The report's directory: it appears whole or not at all.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// The list of what a report consists of, in its directory: a line for each file, with its checksum. A directory with
/// anything else in it, or without a list, is not ours to replace.
const LIST: &str = ".made-by-compare";

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
        // Without a slash at the end, which would have a link followed.
        let place = std::path::absolute(place).with_context(cannot)?;
        let place: PathBuf = place.components().collect();
        refuse_strangers(&place).with_context(cannot)?;
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
        // Once more: minutes have passed.
        refuse_strangers(&self.place).with_context(cannot)?;
        let made = list(&self.report()).with_context(cannot)?;
        fs::write(self.report().join(LIST), made.join("\n")).with_context(cannot)?;
        let old = self.workshop.path().join("old");
        match fs::rename(&self.place, &old) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e).with_context(cannot),
            _ => {}
        }
        // And again: now nobody can put anything into it by its name.
        let replaced =
            refuse_strangers(&old).and_then(|()| Ok(fs::rename(self.report(), &self.place)?));
        if let Err(e) = replaced {
            // If there was an earlier one it goes back, and if not there is nothing to move.
            let _ = fs::rename(&old, &self.place);
            if old.exists() {
                // Somebody has made another one meanwhile. Nothing of the workshop is removed then.
                let kept = self.workshop.keep().join("old");
                return Err(e).with_context(|| {
                    format!("{}; what was there is {}", cannot(), kept.display())
                });
            }
            return Err(e).with_context(cannot);
        }
        Ok(self.place)
    }
}

/// Fails if `place` holds anything that is not known to be part of an earlier report.
fn refuse_strangers(place: &Path) -> Result<()> {
    if place.is_symlink() {
        bail!(
            "{} is a link, and links are not followed. Choose another --out",
            place.display()
        );
    }
    let here = match list(place) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        here => here?,
    };
    let made = fs::read_to_string(place.join(LIST)).unwrap_or_default();
    let made: HashSet<_> = made.lines().collect();
    if let Some(stranger) = here.iter().find(|line| !made.contains(line.as_str())) {
        let name = stranger
            .split_once(' ')
            .map_or(&**stranger, |(_, name)| name);
        bail!(
            "{} holds {name}, which no earlier comparison has written like that, and which would be lost.\n\
             Choose another --out",
            place.display()
        );
    }
    Ok(())
}

/// What is in a directory and below: a line for each file with its checksum (CRC-32) and its name, and one for each
/// directory.
fn list(directory: &Path) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next)? {
            let entry = entry?;
            let path = entry.path();
            let name = path.strip_prefix(directory).unwrap_or(&path);
            // On one line, and nothing in it steers a terminal.
            let name = name.to_string_lossy().escape_debug().to_string();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                lines.push(format!("directory {name}"));
                left.push(path);
            } else if kind.is_file() && name != LIST {
                lines.push(format!("{:08x} {name}", crc32fast::hash(&fs::read(&path)?)));
            } else if name != LIST {
                // A link, or something odder: never ours.
                lines.push(format!("other {name}"));
            }
        }
    }
    Ok(lines)
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
        let place = home.path().join("report");
        let publish = || -> anyhow::Result<_> {
            let report = Unpublished::new(&place)?;
            report.write("report.md", b"made")?;
            report.write("thumbnails/0.png", b"made")?;
            report.publish()
        };
        // Its names alone make no report.
        fs::create_dir(&place).expect("is new");
        fs::write(place.join("report.md"), "mine").expect("can write");
        let error = publish().expect_err("is refused");
        assert!(format!("{error:#}").contains("report.md"), "{error:#}");
        fs::remove_file(place.join("report.md")).expect("is there");

        for (name, content) in [("thumbnails/photo.jpg", "mine"), ("report.md", "changed")] {
            publish().expect("is ours");
            let before = fs::read(place.join(name)).ok();
            fs::write(place.join(name), content).expect("can write");
            let error = publish().expect_err("is refused");
            assert!(format!("{error:#}").contains(name), "{error:#}");
            let kept = fs::read_to_string(place.join(name)).expect("is there");
            assert_eq!(kept, content);
            match before {
                Some(before) => fs::write(place.join(name), before).expect("can write"),
                None => fs::remove_file(place.join(name)).expect("is there"),
            }
        }
        publish().expect("is ours again");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_an_earlier_report_stays_one() {
        let home = tempfile::tempdir().expect("temp");
        let earlier = Unpublished::new(&home.path().join("earlier")).expect("can be made");
        let earlier = earlier.publish().expect("can be moved");
        let link = home.path().join("link");
        std::os::unix::fs::symlink(&earlier, &link).expect("can be made");
        for place in [link.clone(), link.join("")] {
            let error = Unpublished::new(&place).expect_err("is refused");
            assert!(format!("{error:#}").contains("is a link"), "{error:#}");
        }
        assert!(link.is_symlink());
    }

    #[test]
    fn what_is_put_there_in_the_meantime_stays() {
        let home = tempfile::tempdir().expect("temp");
        let place = home.path().join("report");
        let report = Unpublished::new(&place).expect("can be made");
        fs::create_dir(&place).expect("is new");
        fs::write(place.join("thesis.tex"), "mine").expect("can write");
        let error = report.publish().expect_err("is refused");
        assert!(format!("{error:#}").contains("thesis.tex"), "{error:#}");
        assert!(place.join("thesis.tex").exists());
    }
}
