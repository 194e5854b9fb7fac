//! Every Markdown page of the repository, and what is in it.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// What may stand in the pages, by the word behind the three backticks.
const LANGUAGES: [&str; 8] = [
    "console", // run, by `console`
    "rust",    // compiled and run as an example of this crate
    "rust,ignore",
    "compile_fail,E0277",
    "compile_fail,E0382",
    "python",
    "toml",
    "text",
];

pub struct Page {
    /// Relative to the repository.
    pub path: PathBuf,
    pub text: String,
}

/// A fenced block of code.
pub struct Block {
    pub language: String,
    pub text: String,
}

pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap().canonicalize().unwrap()
}

/// All files below `directory` whose names end so, what is built or fetched left out.
pub fn files(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let skipped = ["target", "thumbnails", "node_modules"].contains(&&*name);
        if path.is_dir() && !skipped && !name.starts_with('.') {
            found.extend(files(&path, ending));
        } else if path.is_file() && name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

pub fn pages() -> Vec<Page> {
    let root = root();
    let read = |path: PathBuf| Page {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(&root).unwrap().to_owned(),
    };
    files(&root, ".md").into_iter().map(read).collect()
}

impl Page {
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut inside = None;
        for event in Parser::new(&self.text) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    let (language, text) = (language.to_string(), String::new());
                    inside = Some(Block { language, text });
                }
                Event::Text(text) => {
                    if let Some(block) = &mut inside {
                        block.text.push_str(&text);
                    }
                }
                Event::End(TagEnd::CodeBlock) => blocks.extend(inside.take()),
                _ => {}
            }
        }
        blocks
    }

    /// The blocks in one language.
    pub fn blocks_in(&self, language: &str) -> Vec<String> {
        let mut blocks = self.blocks();
        blocks.retain(|block| block.language == language);
        blocks.into_iter().map(|block| block.text).collect()
    }
}

#[test]
fn every_block_says_what_it_is_so_that_it_is_tested_as_that() {
    for page in pages() {
        for Block { language, text } in page.blocks() {
            let page = page.path.display();
            assert!(
                LANGUAGES.contains(&&*language),
                "{page}: {language:?} is not one of {LANGUAGES:?}:\n{text}"
            );
            let commands = language != "console" && text.lines().any(|l| l.starts_with("$ "));
            assert!(
                !commands,
                "{page}: commands belong in a console block:\n{text}"
            );
        }
    }
}
