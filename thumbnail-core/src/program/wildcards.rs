//! `*.mp4` and `clip?.mkv`. A shell on Unix puts the names of the files in their place; cmd and
//! PowerShell leave that to the program.

use std::ffi::OsString;

/// The names of the files that each pattern stands for, in its place. What stands for none stays as
/// it is, and so does everything where the shell has done it.
#[must_use]
pub fn expand(arguments: Vec<OsString>) -> Vec<OsString> {
    #[cfg(windows)]
    return arguments.into_iter().flat_map(files).collect();
    #[cfg(not(windows))]
    arguments
}

/// No name on Windows holds one of the two characters, so there is nothing that could be meant
/// literally, but for an address (`?t=1`).
#[cfg(windows)]
fn files(argument: OsString) -> Vec<OsString> {
    use crate::video::Source;
    let as_windows_does = glob::MatchOptions {
        case_sensitive: false,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let pattern = match (argument.to_str(), Source::parse(argument.clone())) {
        // For glob a bracket begins a set of characters; here it is a part of the name.
        (Some(text), Source::File(_)) if text.contains(['*', '?']) => text.replace('[', "[[]"),
        _ => return vec![argument],
    };
    let found = glob::glob_with(&pattern, as_windows_does);
    let found: Vec<_> = found.into_iter().flatten().flatten().collect();
    match found.is_empty() {
        true => vec![argument],
        false => found.into_iter().map(Into::into).collect(),
    }
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
