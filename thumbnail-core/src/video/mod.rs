//! The videos of a run: where each comes from, and what its output directory is called.

mod name;
mod secrets;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

pub(crate) use name::{REPLACED, UNFINISHED, is_reserved, names_a_device};
use name::{folded, safe_name};
pub use secrets::without_secrets;
use secrets::{has_slashes, shown_path};

/// Where a video is read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A file on this machine.
    File(#[serde(with = "crate::path_json")] PathBuf),
    /// An `http:` or `https:` address, read by ffmpeg.
    Url(String),
}

impl Source {
    /// Parses a command-line argument: an `http(s)://` URL, or else a path.
    #[must_use]
    pub fn parse(argument: OsString) -> Self {
        let url = argument
            .to_str()
            .and_then(|text| Url::parse(text).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        // `http:clip.mp4` is the name of a file, although the URL standard parses it as
        // `http://clip.mp4`.
        let url = url.filter(|_| argument.to_str().is_some_and(has_slashes));
        match url {
            Some(url) => Self::Url(url.into()),
            None => Self::File(argument.into()),
        }
    }

    /// The stem: the file's name without its last extension.
    fn stem(&self) -> String {
        match self {
            Self::File(path) => Path::new(&*shown_path(path))
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                .unwrap_or_default(),
            Self::Url(address) => {
                // `Source::parse` has parsed it once already. The path alone counts, without query and fragment.
                let Ok(url) = Url::parse(address) else {
                    return String::new();
                };
                let last = url.path_segments().and_then(|mut s| s.next_back());
                let last = last.filter(|s| !s.is_empty()).or(url.host_str());
                let name = url_decode(last.unwrap_or_default());
                match name.rsplit_once('.') {
                    Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
                    _ => name,
                }
            }
        }
    }
}

/// Decodes percent-encoding (`%20`). A `+` stays one: it means a space in form data only, not in a path.
fn url_decode(text: &str) -> String {
    let pair = format!("name={}", text.replace('+', "%2B"));
    let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
    decoded.map_or_else(|| text.to_owned(), |(_, value)| value.into_owned())
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&shown_path(path)),
            Self::Url(address) => f.write_str(&without_secrets(address)),
        }
    }
}

/// One video of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    /// Its place among the run's videos, from 0: results are reported in this order.
    pub index: usize,
    /// Where it is read from.
    pub source: Source,
    /// The name of its directory under the output directory; no two videos of a run share one.
    pub name: String,
}

impl Video {
    /// The videos of a run, named. Each is called after its stem; the second with the same stem
    /// gets `-2`, the third `-3`.
    #[must_use]
    pub fn list(sources: impl IntoIterator<Item = Source>) -> Vec<Self> {
        let mut taken = HashSet::new();
        // The last number that was given for each stem. Counting from 2 again for each video would take
        // quadratic time where many videos have one name.
        let mut last_of_stem = HashMap::new();
        sources
            .into_iter()
            .enumerate()
            .map(|(index, source)| {
                let stem = safe_name(&source.stem(), cfg!(windows));
                let mut name = stem.clone();
                let nth = last_of_stem.entry(folded(&stem)).or_insert(1);
                while !taken.insert(folded(&name)) {
                    *nth += 1;
                    name = format!("{stem}-{nth}");
                }
                Self {
                    index,
                    source,
                    name,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn names(paths: &[&str]) -> Vec<String> {
        let sources = paths.iter().map(|p| Source::parse((*p).into()));
        Video::list(sources).into_iter().map(|v| v.name).collect()
    }

    #[test]
    fn videos_that_share_a_stem_are_numbered_in_argument_order() {
        assert_eq!(
            names(&["a.mp4", "x/a.mkv", "b.mp4", "A.avi"]),
            ["a", "a-2", "b", "A-3"]
        );
    }

    #[test]
    fn names_that_some_file_system_holds_to_be_one_are_kept_apart() {
        let same = [
            ("caf\u{e9}", "cafe\u{301}"),
            ("\u{1e69}", "s\u{307}\u{323}"),
            ("stra\u{df}e", "STRASSE"),
            ("\u{1e9e}", "ss"),
            ("\u{212a}", "k"),
            ("\u{212b}", "\u{e5}"),
            ("I", "\u{131}"),
            ("\u{130}", "i"),
            ("\u{fb01}", "FI"),
            ("\u{3a3}\u{3a3}", "\u{3c3}\u{3c2}"),
            ("\u{17f}", "S"),
            ("\u{c9}A", "e\u{301}a"),
            ("a\u{200d}b", "ab"),
        ];
        for (one, other) in same {
            let names = names(&[&format!("{one}.mp4"), &format!("{other}.mkv")]);
            assert_eq!(names, [one.to_owned(), format!("{other}-2")]);
        }
        if !cfg!(windows) {
            assert_eq!(names(&["a.mp4", "a..mp4", "a .mp4"]), ["a", "a.-2", "a -3"]);
        }
        assert_eq!(names(&["a.mp4", "\u{e4}.mp4"]), ["a", "\u{e4}"]);
    }

    #[test]
    fn only_two_slashes_make_an_address() {
        for file in [
            "http:clip.mp4",
            "HTTPS:x",
            "http:/x",
            "file:x",
            "pipe:0",
            "concat:a|b",
        ] {
            assert_eq!(Source::parse(file.into()), Source::File(file.into()));
        }
        assert!(matches!(Source::parse("HTTP://h/a".into()), Source::Url(_)));
    }

    #[test]
    fn a_numbered_name_never_takes_the_place_of_a_real_one() {
        assert_eq!(names(&["a.mp4", "a-2.mp4", "a.mp4"]), ["a", "a-2", "a-3"]);
    }

    #[test]
    fn no_name_can_leave_the_output_directory() {
        // Windows takes no dots at the end of a name.
        let safe = if cfg!(windows) {
            ["_", "_-2", "_-3", "_-4", "_-5"]
        } else {
            ["_", "_-2", "___", "__", "_-3"]
        };
        assert_eq!(names(&["..", "/", "...mp4", "..mp4", ""]), safe);
        assert_eq!(names(&["http://h/%2e%2e%2fetc.mp4"]), [".._etc"]);
    }

    #[test]
    fn no_name_is_that_of_an_unfinished_directory() {
        assert_eq!(names(&[".unfinished-a.mp4"]), ["_.unfinished-a"]);
        assert_eq!(names(&[".replaced-a.mp4"]), ["_.replaced-a"]);
    }

    #[test]
    fn a_url_is_named_after_its_last_segment() {
        assert_eq!(
            names(&["https://h/x/my%20clip.webm?t=1.5", "http://example.org/"]),
            ["my clip", "example"]
        );
    }

    #[test]
    fn a_windows_drive_is_no_url() {
        assert_eq!(
            Source::parse(r"C:\a.mp4".into()),
            Source::File(r"C:\a.mp4".into())
        );
        assert_eq!(
            Source::parse("file:///a.mp4".into()),
            Source::File("file:///a.mp4".into())
        );
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        let long = format!("{}.mp4", "é".repeat(127));
        assert_eq!(names(&[&long]), ["é".repeat(120)]);
    }
}
