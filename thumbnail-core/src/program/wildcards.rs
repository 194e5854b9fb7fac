//! Expands wildcards (`*.mp4`, `clip?.mkv`) on Windows. A shell on Unix expands them itself; cmd and
//! PowerShell leave that to the program.

use std::ffi::OsString;

/// Replaces each pattern by the names of the files that match it. A pattern that matches none stays as
/// it is, and so does everything on Unix.
#[must_use]
pub fn expand(arguments: Vec<OsString>) -> Vec<OsString> {
    #[cfg(windows)]
    return arguments.into_iter().flat_map(files).collect();
    #[cfg(not(windows))]
    arguments
}

/// The files that match `argument`, or `argument` itself. A file name on Windows cannot contain `*` or `?`,
/// so only a URL (`?t=1`) can mean them literally.
#[cfg(windows)]
fn files(argument: OsString) -> Vec<OsString> {
    use crate::video::Source;
    let as_windows_does = glob::MatchOptions {
        case_sensitive: false,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let pattern = match (argument.to_str(), Source::parse(argument.clone())) {
        // In glob's syntax a bracket begins a set of characters; on Windows it is part of a name.
        (Some(text), Source::File(_)) if text.contains(['*', '?']) => text.replace('[', "[[]"),
        _ => return vec![argument],
    };
    let found = glob::glob_with(&pattern, as_windows_does);
    let found: Vec<_> = found.into_iter().flatten().flatten().collect();
    if found.is_empty() {
        return vec![argument];
    }
    found.into_iter().map(Into::into).collect()
}

#[cfg(all(test, windows))]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_becomes_the_files_that_it_stands_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).into_os_string();
        for name in ["a.mp4", "B [1].MP4", "c.mkv"] {
            std::fs::write(path(name), "").unwrap();
        }
        let expanded = |name: &str| expand(vec![path(name)]);
        assert_eq!(expanded("*.mp4"), [path("B [1].MP4"), path("a.mp4")]);
        assert_eq!(expanded("b [1]*"), [path("B [1].MP4")]);
        assert_eq!(expanded("?.mk?"), [path("c.mkv")]);
        assert_eq!(expanded("*.avi"), [path("*.avi")]);
        let address = OsString::from("http://host/a.mp4?t=*");
        assert_eq!(expand(vec![address.clone()]), [address]);
    }
}
