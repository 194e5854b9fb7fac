//! Makes text that comes from outside safe to print, and short enough.
//!
//! A file may be called anything, and ffmpeg's messages repeat what files contain. Printed as it
//! is, such a text could clear the screen, change the window's title, reach over the lines around
//! it, or (by a bidirectional override) read backwards: `gpj.exe` for `exe.jpg`.

use std::collections::HashMap;
use std::path::MAIN_SEPARATOR;

use console::measure_text_width;

use crate::measure::report::VideoReport;

/// What stands in for the part that was cut out.
const ELLIPSIS: char = '…';

/// `text` on one line, with everything that could steer a terminal written as an escape: `\n`,
/// `\t`, `\u{1b}`.
///
/// ```
/// use thumbnail_core::program::show::text::escaped;
///
/// assert_eq!(escaped("holiday\n\u{1b}[2J.mp4"), r"holiday\n\u{1b}[2J.mp4");
/// ```
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if steers_the_terminal(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Control characters, and the invisible ones that reorder, split or hide what stands around them.
/// The joiners U+200C and U+200D stay: Persian and emoji need them, and they do no harm.
pub(super) fn steers_the_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' // soft hyphen
            | '\u{61c}' | '\u{200e}' | '\u{200f}' // direction marks
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // direction overrides, isolates
            | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            | '\u{2028}' | '\u{2029}' // line and paragraph separators
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}') // annotations, tags
}

/// An error's text: its lines stay lines, because errors have several on purpose; anything else
/// that could steer a terminal is escaped as by [`escaped`]. Each line is indented by `indent`
/// columns and wrapped so that it ends before column `width`.
#[must_use]
pub(crate) fn error_text(error: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(1);
    let mut text = String::new();
    for line in error.lines().flat_map(|line| wrap(&escaped(line), room)) {
        // No trailing blanks on empty lines.
        let indent = if line.is_empty() { 0 } else { indent };
        text += &" ".repeat(indent);
        text += &line;
        text.push('\n');
    }
    text
}

/// The last part of a path or address: short enough for a column. All of `source` if it has none.
#[must_use]
pub fn file_name(source: &str) -> &str {
    let path = match source.split_once("://") {
        // A query is not part of the name, and may hold a token.
        Some((_, address)) => address.split(['?', '#']).next().unwrap_or(address),
        None => source,
    };
    let separators = ['/', MAIN_SEPARATOR];
    let path = path.trim_end_matches(separators);
    let name = path.rsplit(separators).next().unwrap_or(path);
    if name.is_empty() { source } else { name }
}

/// A name for each video, safe to show: its file name, or the whole source where two videos of the
/// run have the same file name.
#[must_use]
pub fn names(videos: &[VideoReport]) -> Vec<String> {
    let sources: Vec<_> = videos.iter().map(|v| v.source.clone()).collect();
    let mut uses = HashMap::new();
    for source in &sources {
        *uses.entry(file_name(source)).or_insert(0) += 1;
    }
    let name = |source: &String| match file_name(source) {
        name if uses[name] == 1 => escaped(name),
        _ => escaped(source),
    };
    sources.iter().map(name).collect()
}

/// `text` in at most `width` columns, by taking out its middle: the beginning tells names apart,
/// and the end has the number and the extension.
#[must_use]
pub fn fit(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let tail_room = room / 2;
    let head = take(text.chars(), room - tail_room);
    let tail: String = take(text.chars().rev(), tail_room).chars().rev().collect();
    match width {
        0 => String::new(),
        _ => format!("{head}{ELLIPSIS}{tail}"),
    }
}

/// As many of `chars` as fit into `width` columns.
fn take(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut taken = String::new();
    for c in chars {
        taken.push(c);
        if measure_text_width(&taken) > width {
            taken.pop();
            break;
        }
    }
    taken
}

/// `line` as lines of at most `width` columns, broken between words where there are any.
#[must_use]
pub(super) fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = line.trim_end();
    while measure_text_width(rest) > width {
        let most = take(rest.chars(), width).len();
        // A single character wider than the line is let through: it has to go somewhere.
        let most = most.max(rest.chars().next().map_or(0, char::len_utf8));
        let words = if rest[most..].starts_with(' ') {
            Some(most)
        } else {
            rest[..most]
                .rfind(' ')
                .filter(|&at| !rest[..at].trim().is_empty())
        };
        let (line, after) = rest.split_at(words.unwrap_or(most));
        lines.push(line.trim_end().to_owned());
        rest = if words.is_some() {
            after.trim_start()
        } else {
            after
        };
    }
    lines.push(rest.to_owned());
    lines
}

/// `1 video`, `2 videos`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_lose_their_power_and_friendly_ones_stay() {
        assert_eq!(
            escaped("\u{1b}]0;owned\u{7}.mp4"),
            r"\u{1b}]0;owned\u{7}.mp4"
        );
        assert_eq!(escaped("a\r\n\tb\u{9b}2J"), r"a\r\n\tb\u{9b}2J");
        assert_eq!(escaped("\u{202e}4pm.exe"), r"\u{202e}4pm.exe");
        for name in ["C:\\clips\\a.mp4", "été 東京 👩‍🚀.mp4", "100 %d 'q\".mp4"] {
            assert_eq!(escaped(name), name);
        }
    }

    #[test]
    fn the_middle_goes_when_a_name_is_too_long() {
        assert_eq!(fit("sample-1.mp4", 12), "sample-1.mp4");
        assert_eq!(fit("a-very-long-name-1.mp4", 12), "a-very…1.mp4");
        // Each of these is two columns wide.
        assert_eq!(fit("東京東京東京", 6), "東…京");
        assert_eq!(fit("abc", 1), "…");
        assert_eq!(fit("abc", 0), "");
    }

    #[test]
    fn errors_keep_their_lines_but_nothing_else() {
        let error = "cannot read it\nffmpeg said: \u{1b}[31mbad\n\ntry another file";
        let text = "  cannot read it\n  ffmpeg said:\n  \\u{1b}[31mbad\n\n  try another file\n";
        assert_eq!(error_text(error, 2, 18), text);
    }

    #[test]
    fn file_names_of_paths_and_addresses() {
        assert_eq!(file_name("/clips/a b.mp4"), "a b.mp4");
        assert_eq!(file_name("clips/"), "clips");
        assert_eq!(file_name("https://host/v/a.mp4?token=1/2"), "a.mp4");
        assert_eq!(file_name("/"), "/");
        assert_eq!(file_name(""), "");
    }
}
