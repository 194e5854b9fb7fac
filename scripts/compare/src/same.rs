//! Checks that two programs made the same files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The first difference between two directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A file that only the first directory has.
    Missing(PathBuf),
    /// A file that only the second directory has.
    Extra(PathBuf),
    /// A file that both have, with different bytes.
    Content(PathBuf),
}

/// Compares the relative paths and the bytes of all files below two directories.
///
/// # Errors
/// When something cannot be read.
pub fn difference(first: &Path, second: &Path) -> io::Result<Option<Difference>> {
    let (first, second) = (files(first)?, files(second)?);
    for (name, path) in &first {
        let Some(other) = second.get(name) else {
            return Ok(Some(Difference::Missing(name.clone())));
        };
        if fs::read(path)? != fs::read(other)? {
            return Ok(Some(Difference::Content(name.clone())));
        }
    }
    let extra = second.keys().find(|name| !first.contains_key(*name));
    Ok(extra.cloned().map(Difference::Extra))
}

/// The path of every file below `root`, by its path relative to `root`.
fn files(root: &Path) -> io::Result<BTreeMap<PathBuf, PathBuf>> {
    let mut found = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else if let Ok(name) = path.strip_prefix(root) {
                found.insert(name.to_owned(), path.clone());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Difference, difference};

    fn make(root: &Path, files: &[(&str, &str)]) {
        for (name, content) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("below root")).expect("can create");
            fs::write(path, content).expect("can write");
        }
    }

    fn differ(first: &[(&str, &str)], second: &[(&str, &str)]) -> Option<Difference> {
        let (a, b) = (
            tempfile::tempdir().expect("temp"),
            tempfile::tempdir().expect("temp"),
        );
        make(a.path(), first);
        make(b.path(), second);
        difference(a.path(), b.path()).expect("can read")
    }

    #[test]
    fn every_file_and_every_byte_counts() {
        let one = [("a/0/640.png", "x"), ("b/0/640.png", "y")];
        assert_eq!(differ(&one, &one), None);
        assert_eq!(
            differ(&one, &one[..1]),
            Some(Difference::Missing("b/0/640.png".into()))
        );
        assert_eq!(
            differ(&one[..1], &one),
            Some(Difference::Extra("b/0/640.png".into()))
        );
        let other = [("a/0/640.png", "x"), ("b/0/640.png", "z")];
        assert_eq!(
            differ(&one, &other),
            Some(Difference::Content("b/0/640.png".into()))
        );
    }
}
