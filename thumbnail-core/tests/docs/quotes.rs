//! Code that a page quotes stands in the files that it is quoted from.

use std::fs;
use std::process::Command;

use crate::pages::{files, pages, root};

/// Without the indentation, which depends on the place.
fn bare(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn quoted_code_is_in_the_sources() {
    let root = root();
    for (language, ending) in [("rust,ignore", ".rs"), ("python", ".py")] {
        let sources = files(&root, ending).into_iter();
        let sources: Vec<_> = sources
            .map(|f| bare(&fs::read_to_string(f).unwrap()))
            .collect();
        for page in pages() {
            for quote in page.blocks_in(language) {
                let found = sources.iter().any(|source| source.contains(&bare(&quote)));
                assert!(
                    found,
                    "{}: nowhere in a {ending}:\n{quote}",
                    page.path.display()
                );
            }
        }
    }
}

/// Only rustdoc's nightly looks at the code behind `compile_fail`; the stable one is content with
/// any error.
#[test]
fn what_does_not_compile_fails_with_the_error_that_the_page_names() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("example.rs");
    for code in ["E0277", "E0382"] {
        let blocks = pages().into_iter();
        let blocks = blocks.flat_map(|page| page.blocks_in(&format!("compile_fail,{code}")));
        for block in blocks {
            fs::write(&source, format!("fn main() {{\n{block}\n}}\n")).unwrap();
            let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let result = Command::new(rustc)
                .args(["--edition", "2024", "--emit", "metadata", "--out-dir"])
                .args([dir.path(), &source])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&result.stderr);
            assert!(said.contains(&format!("error[{code}]")), "{block}\n{said}");
            let errors = said.lines().filter(|line| line.starts_with("error["));
            assert_eq!(errors.count(), 1, "{said}");
        }
    }
}

#[test]
fn files_have_as_many_lines_as_a_page_says() {
    let mut counted = 0;
    for page in pages() {
        for block in page.blocks_in("console") {
            for line in block.lines() {
                let Some((lines, file)) = line.trim().split_once(' ') else {
                    continue;
                };
                let Ok(source) = fs::read_to_string(root().join(file)) else {
                    continue;
                };
                if let Ok(lines) = lines.parse::<usize>() {
                    let path = page.path.display();
                    assert_eq!(lines, source.lines().count(), "{path}: {file}");
                    counted += 1;
                }
            }
        }
    }
    assert!(counted > 0, "no page counts lines");
}
