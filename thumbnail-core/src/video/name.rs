//! Names of directories that every file system takes, and that none takes for another one.

use std::path::Path;

use icu_normalizer::DecomposingNormalizerBorrowed;

/// The prefix of a temporary directory in which a video's thumbnails are built. No video's own directory has it.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// What the name of a result begins with that is being replaced, where the two cannot be exchanged.
pub(crate) const REPLACED: &str = ".replaced-";

/// A key that is equal for two names that some file system treats as one. Those of macOS and Windows ignore
/// case (`A` and `a`, `ß` and `SS`), the Unicode normal form (`é` as one or as two characters) and some
/// invisible characters. The exact rules differ. A name that gets a number without need does no harm.
pub(super) fn folded(name: &str) -> String {
    /// Zero-width characters and direction marks, which HFS+ ignores (Apple's Technical Note 1150).
    const IGNORED: [std::ops::RangeInclusive<char>; 4] = [
        '\u{200c}'..='\u{200f}',
        '\u{202a}'..='\u{202e}',
        '\u{206a}'..='\u{206f}',
        '\u{feff}'..='\u{feff}',
    ];
    let decompose = DecomposingNormalizerBorrowed::new_nfd();
    let counts = |c: &char| !IGNORED.iter().any(|range| range.contains(c));
    let visible: String = name.chars().filter(counts).collect();
    // Case folding, by lower, upper and lower case: `ẞ` becomes `ß`, `SS` and `ss`, the Kelvin sign becomes `k`.
    // The last step takes each character alone: `str::to_lowercase` has a special sigma for the end of a word.
    let upper = decompose.normalize(&visible).to_lowercase().to_uppercase();
    let lower: String = upper.chars().flat_map(char::to_lowercase).collect();
    // The Turkish `İ` is an `i` and a combining dot once it is decomposed.
    let folded = decompose.normalize(&lower).replace("i\u{307}", "i");
    // Windows removes dots and spaces at the end of a name.
    folded.trim_end_matches(['.', ' ']).to_owned()
}

/// File systems allow 255 bytes in a name; this leaves room for a `-2` at the end.
const MAX_NAME_BYTES: usize = 240;

/// Does this system open a device under this path (`NUL`, `CON`), whatever its directory?
pub(crate) fn names_a_device(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    cfg!(windows) && name.is_some_and(|name| is_device(&name))
}

/// Is this a name that Windows reserves for a device, whatever its extension?
fn is_device(name: &str) -> bool {
    let device = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_lowercase();
    match device.strip_suffix(|c: char| c.is_ascii_digit() || "¹²³".contains(c)) {
        Some(numbered) => matches!(numbered, "com" | "lpt"),
        None => matches!(
            device.as_str(),
            "con" | "prn" | "aux" | "nul" | "conin$" | "conout$"
        ),
    }
}

/// A directory name that cannot leave the output directory and that file systems accept, those of
/// `windows` or of others.
pub(super) fn safe_name(stem: &str, windows: bool) -> String {
    let refused = |c: char| {
        matches!(c, '/' | '\\' | '\0') || windows && (c.is_control() || r#"<>:"|?*"#.contains(c))
    };
    let mut name = stem.replace(refused, "_");
    while name.len() > MAX_NAME_BYTES {
        name.pop();
    }
    if windows {
        name.truncate(name.trim_end_matches(['.', ' ']).len());
        if is_device(&name) {
            name.insert(0, '_');
        }
    }
    // "." and ".." are other directories, and a name cannot be empty.
    if name.chars().all(|c| c == '.') {
        name = format!("_{}", name.replace('.', "_"));
    }
    if is_reserved(&name) {
        name.insert(0, '_');
    }
    name
}

/// Could this be the name of a directory that a killed run has left, and that a later run removes or renames?
pub(crate) fn is_reserved(name: &str) -> bool {
    [UNFINISHED, REPLACED]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_reserves_are_made_safe() {
        let safe = |stem| safe_name(stem, true);
        assert_eq!(safe("CON"), "_CON");
        assert_eq!(safe("COM\u{b9}"), "_COM\u{b9}");
        assert_eq!(safe("aux .mp4"), "_aux .mp4");
        assert_eq!(safe("lpt1.talk"), "_lpt1.talk");
        assert_eq!(safe("concert"), "concert");
        assert_eq!(safe("com"), "com");
        assert_eq!(safe("a: b?. "), "a_ b_");
        assert_eq!(safe_name("CON", false), "CON");
    }
}
