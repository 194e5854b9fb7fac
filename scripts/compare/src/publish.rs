//! Puts the report's directory in its place: whole or not at all.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use thumbnail_core::program::may_change;

/// The manifest in a report's directory: a line for each file of the report, with its checksum. A directory
/// with any other file, or without a manifest, may hold somebody's own files and is never replaced.
const MANIFEST: &str = ".made-by-compare";

/// A report that is still being made, in a directory beside its place.
#[derive(Debug)]
pub struct Unpublished {
    place: PathBuf,
    /// Removed with its content however the program ends, except by `kill -9`.
    staging: TempDir,
}

impl Unpublished {
    /// Makes a directory beside `place`. Whether the report can go there is checked now rather than after
    /// minutes of measuring.
    ///
    /// # Errors
    /// When nothing can be written there, or if `place` is something other than an earlier report.
    pub fn new(place: &Path) -> Result<Self> {
        let cannot = || format!("cannot write the report to {}", place.display());
        // `components` drops a slash at the end, with which a symbolic link would be followed.
        let place = std::path::absolute(place).with_context(cannot)?;
        let place: PathBuf = place.components().collect();
        refuse_unlisted(&place).with_context(cannot)?;
        let (Some(parent), Some(_)) = (place.parent(), place.file_name()) else {
            bail!(
                "{} cannot be replaced by a report. Choose another --out",
                place.display()
            );
        };
        fs::create_dir_all(parent).with_context(cannot)?;
        let staging = tempfile::Builder::new()
            .prefix(".compare-")
            .tempdir_in(parent);
        let staging = staging.with_context(cannot)?;
        for part in ["new", "scratch"] {
            fs::create_dir(staging.path().join(part)).with_context(cannot)?;
        }
        Ok(Self { place, staging })
    }

    /// The directory in which the report is being made.
    #[must_use]
    pub fn report_dir(&self) -> PathBuf {
        self.staging.path().join("new")
    }

    /// The directory in which the report will be.
    #[must_use]
    pub fn destination(&self) -> &Path {
        &self.place
    }

    /// A directory for everything that is not part of the report. On the same file system, so that files can
    /// be renamed from here into the report.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.staging.path().join("scratch")
    }

    /// Writes one file of the report.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.report_dir().join(name);
        let directory = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = directory.and_then(|()| fs::write(&path, content));
        written.with_context(|| format!("cannot write {name}"))
    }

    /// Moves the report to its place, where it replaces an earlier one. Returns the place.
    ///
    /// # Errors
    /// When it cannot be moved. What was in its place is then still there, or where the error says.
    pub fn publish(self) -> Result<PathBuf> {
        let cannot = || format!("cannot move the report to {}", self.place.display());
        // Somebody may have put a file there during the minutes since the first check.
        refuse_unlisted(&self.place).with_context(cannot)?;
        let made = manifest(&self.report_dir()).with_context(cannot)?;
        fs::write(self.report_dir().join(MANIFEST), made.join("\n")).with_context(cannot)?;
        let old = self.staging.path().join("old");
        match fs::rename(&self.place, &old) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e).with_context(cannot),
            _ => {}
        }
        // The last check, after the rename: under its new name nobody adds files to it.
        let replaced =
            refuse_unlisted(&old).and_then(|()| Ok(fs::rename(self.report_dir(), &self.place)?));
        if let Err(e) = replaced {
            // Puts an earlier report back; without one, this fails and changes nothing.
            let _ = fs::rename(&old, &self.place);
            if old.exists() {
                // Something else has taken the place. The staging directory is kept: it holds the earlier one.
                let kept = self.staging.keep().join("old");
                return Err(e).with_context(|| {
                    format!("{}; what was there is now in {}", cannot(), kept.display())
                });
            }
            return Err(e).with_context(cannot);
        }
        Ok(self.place)
    }
}

/// Fails if `place` is a symbolic link, or holds anything that its manifest does not list: a file of somebody's
/// own, or one of an earlier report that was changed; or if this user may not remove what is there.
fn refuse_unlisted(place: &Path) -> Result<()> {
    if place.is_symlink() {
        bail!(
            "{} is a link, and links are not followed. Choose another --out",
            place.display()
        );
    }
    let here = match manifest(place) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        here => here?,
    };
    let made = fs::read_to_string(place.join(MANIFEST)).unwrap_or_default();
    let made: HashSet<_> = made.lines().collect();
    if let Some(unlisted) = here.iter().find(|line| !made.contains(line.as_str())) {
        let name = unlisted
            .split_once(' ')
            .map_or(&**unlisted, |(_, name)| name);
        bail!(
            "{} holds {name}, which is not an unchanged file of an earlier report, and which would be lost.\n\
             Choose another --out",
            place.display()
        );
    }
    // To rename a directory takes less than to remove it: the old report would be left beside the new one.
    let directories = here
        .iter()
        .filter_map(|line| line.strip_prefix("directory "));
    let directories = directories.map(|name| place.join(name));
    let protected = |directory: &PathBuf| directory.is_dir() && !may_change(directory);
    if let Some(protected) = std::iter::once(place.to_owned())
        .chain(directories)
        .find(protected)
    {
        bail!(
            "an earlier report is there, and this user may not change {}. Choose another --out",
            protected.display()
        );
    }
    Ok(())
}

/// The lines of a manifest for everything below a directory: the checksum (CRC-32) and path of each file, and
/// the path of each directory.
fn manifest(directory: &Path) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next)? {
            let entry = entry?;
            let path = entry.path();
            let name = path.strip_prefix(directory).unwrap_or(&path);
            // Escaped, so that a name stays on one line, and cannot act on a terminal that shows it.
            let name = name.to_string_lossy().replace(MAIN_SEPARATOR, "/");
            let name = name.escape_debug().to_string();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                lines.push(format!("directory {name}"));
                left.push(path);
            } else if kind.is_file() && name != MANIFEST {
                lines.push(format!("{:08x} {name}", crc32fast::hash(&fs::read(&path)?)));
            } else if name != MANIFEST {
                // A symbolic link, socket or the like: a report never has one.
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
        // A file with the name of one of ours does not make it a report.
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
