//! Who may use whom: what stands further down in a list uses what stands above it, and never the other
//! way round. Without circles, a reader can begin at the top.

use std::fs;
use std::path::{Path, PathBuf};

const LIBRARY: [&str; 13] = [
    "error",
    "cancel",
    "deadline",
    "path_json",
    "wanted",
    "settings",
    "video",
    "ffmpeg",
    "measure",
    "pipeline",
    "stages",
    "internal",
    "program",
];

/// The modules that `text` names after `before`, with the line.
fn named<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(move |line| {
        let after = line.split(before).skip(1);
        after.map(move |rest| {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            (&rest[..end.unwrap_or(rest.len())], line)
        })
    })
}

fn sources(at: &Path) -> Vec<PathBuf> {
    let below = |dir: &Path| {
        let entries = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries.flat_map(|path| sources(&path)).collect()
    };
    match at.extension() {
        Some(extension) if extension == "rs" => vec![at.to_owned()],
        _ if at.is_dir() => below(at),
        _ => Vec::new(),
    }
}

#[test]
fn no_module_uses_one_that_stands_further_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    for (place, module) in LIBRARY.iter().enumerate() {
        let (folder, file) = (root.join(module), root.join(format!("{module}.rs")));
        for source in sources(if folder.is_dir() { &folder } else { &file }) {
            let text = fs::read_to_string(&source).unwrap();
            for (used, line) in named(&text, "crate::") {
                // What `lib.rs` re-exports is for others; in here a module is called what it is.
                let its_place = LIBRARY.iter().position(|name| *name == used);
                let its_place = its_place.unwrap_or_else(|| panic!("{}: {line}", source.display()));
                assert!(its_place <= place, "{}: {line}", source.display());
                checked += 1;
            }
        }
    }
    assert!(checked > LIBRARY.len(), "the lines were not found");
}
