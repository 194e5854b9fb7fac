//! Who may use whom: what stands further down in a list uses what stands above it, and never the other
//! way round. Without circles, a reader can begin at the top.

use std::collections::{HashMap, HashSet};
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
        let listed = |rest: &'a str| match rest.strip_prefix('{') {
            Some(list) => list.split(',').collect(),
            None => vec![rest],
        };
        after.flat_map(listed).map(move |rest| {
            let rest = rest.trim_start();
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

/// Whom each file or folder in `folder` uses of its neighbours.
fn neighbours(folder: &Path) -> HashMap<String, HashSet<String>> {
    let entries = fs::read_dir(folder).unwrap();
    let entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    let inside = folder.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let inside = inside.unwrap().to_string_lossy().replace('/', "::");
    let uses = |path: &PathBuf| {
        let mut used = HashSet::new();
        for source in sources(path) {
            let text = fs::read_to_string(&source).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let mut prefixes = vec![format!("crate::{inside}::")];
            // In a folder further down that word means another place.
            if source == *path {
                prefixes.push("super::".into());
            }
            for before in &prefixes {
                used.extend(named(text, before).map(|(name, _)| name.to_owned()));
            }
        }
        used
    };
    let all: HashSet<_> = entries.iter().map(|path| name(path)).collect();
    let of = |path: &PathBuf| (name(path), &uses(path) & &all);
    entries
        .iter()
        .map(of)
        .filter(|(name, _)| name != "mod")
        .collect()
}

#[test]
fn nothing_in_a_folder_goes_in_circles() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pipeline")];
    for above in ["ffmpeg", "measure", "program"] {
        folders.push(folders[0].with_file_name(above));
    }
    let mut checked = 0;
    while let Some(folder) = folders.pop() {
        let below = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        folders.extend(below.filter(|path| path.is_dir()));
        let mut left = neighbours(&folder);
        checked += left.values().map(HashSet::len).sum::<usize>();
        // Whatever uses nothing that is left can be read first.
        while !left.is_empty() {
            let names: HashSet<_> = left.keys().cloned().collect();
            let before = left.len();
            left.retain(|name, used| used.iter().any(|u| u != name && names.contains(u)));
            assert!(left.len() < before, "{}: {left:?}", folder.display());
        }
    }
    assert!(checked > 20, "the lines were not found");
}
