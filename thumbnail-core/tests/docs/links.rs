//! Links inside the repository, read on a page or in rustdoc.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use pulldown_cmark::{BrokenLink, Event, Options, Parser, Tag, TagEnd};

use crate::pages::{Page, pages, root};

/// Where rustdoc finds what the pages link to, seen from a crate's page and from a module's.
const RUSTDOC: &str = "thumbnail-core/docs/rustdoc-links.md";
const RUSTDOC_DEEPER: &str = "thumbnail-core/docs/rustdoc-links-deeper.md";

/// The addresses of all links and pictures, and whatever looks like a link and leads nowhere.
fn links(page: &Page) -> (Vec<String>, Vec<String>) {
    let mut broken = Vec::new();
    let mut on_broken = |link: BrokenLink<'_>| {
        broken.push(link.reference.to_string());
        None
    };
    let options = Options::ENABLE_TABLES;
    let parser = Parser::new_with_broken_link_callback(&page.text, options, Some(&mut on_broken));
    let mut links = Vec::new();
    for event in parser {
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
            links.push(dest_url.to_string());
        }
    }
    (links, broken)
}

/// `[name]: address`, by name.
fn definitions(page: &Page) -> BTreeMap<String, String> {
    let parser = Parser::new(&page.text);
    let all = parser.reference_definitions().iter();
    all.map(|(name, link)| (name.to_owned(), link.dest.to_string()))
        .collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Page) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut heading: Option<String> = None;
    for event in Parser::new(&page.text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let text = heading.take().unwrap_or_default().to_lowercase();
                let kept = text.chars().filter_map(|c| match c {
                    ' ' => Some('-'),
                    '-' | '_' => Some(c),
                    c => c.is_alphanumeric().then_some(c),
                });
                let anchor: String = kept.collect();
                let count = seen.entry(anchor.clone()).or_default();
                anchors.push(match *count {
                    0 => anchor,
                    n => format!("{anchor}-{n}"),
                });
                *count += 1;
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    anchors
}

fn is_elsewhere(link: &str) -> bool {
    link.contains("://") || link.starts_with("mailto:")
}

/// Are these the definitions for rustdoc, which are not relative to their own place?
fn for_rustdoc(page: &Page) -> bool {
    [RUSTDOC, RUSTDOC_DEEPER]
        .iter()
        .any(|path| page.path == Path::new(path))
}

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_in_it() {
    let (root, pages) = (root(), pages());
    let mut wrong = Vec::new();
    for page in pages.iter().filter(|page| !for_rustdoc(page)) {
        let (links, broken) = links(page);
        let here = page.path.display();
        // Words in brackets are no links where they stand for themselves.
        wrong.extend(
            broken
                .iter()
                .map(|name| format!("{here}: [{name}] is not defined")),
        );
        for link in links.iter().filter(|link| !is_elsewhere(link)) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => root.join(&page.path),
                path => root.join(&page.path).parent().unwrap().join(path),
            };
            let Ok(target) = target.canonicalize() else {
                wrong.push(format!("{here}: {link}: no such file"));
                continue;
            };
            let linked = pages.iter().find(|page| root.join(&page.path) == target);
            let known = anchor.is_empty()
                || linked.is_some_and(|page| anchors(page).iter().any(|a| a == anchor));
            if !known {
                wrong.push(format!("{here}: {link}: no such heading"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a page of rustdoc is made from, seen from the repository.
fn source_of(address: &str) -> PathBuf {
    let path = address.trim_start_matches("../");
    let package = |name: &str| name.replace('_', "-");
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["src", name, rest @ ..] => {
            let file = rest.join("/");
            Path::new(&package(name))
                .join("src")
                .join(file.trim_end_matches(".html"))
        }
        [name, "index.html"] => Path::new(&package(name)).join("Cargo.toml"),
        [name, module, "index.html"] => {
            let page = format!("docs/{}.md", package(module));
            Path::new(&package(name)).join(page)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn in_rustdoc_the_same_names_lead_to_the_same_things() {
    let (root, pages) = (root(), pages());
    let find = |path: &str| {
        let page = pages.iter().find(|page| page.path == Path::new(path));
        definitions(page.unwrap())
    };
    let rustdoc = find(RUSTDOC);
    let deeper: BTreeMap<_, _> = find(RUSTDOC_DEEPER)
        .into_iter()
        .map(|(name, address)| (name, address.strip_prefix("../").unwrap().to_owned()))
        .collect();
    assert_eq!(rustdoc, deeper);

    for (name, address) in &rustdoc {
        let (address, _) = address.split_once('#').unwrap_or((address, ""));
        // From target/doc/<crate>/, where cargo puts it unless it is told otherwise.
        let file = match address.strip_prefix("../../../") {
            Some(path) => PathBuf::from(path),
            None => source_of(address),
        };
        assert!(root.join(&file).is_file(), "[{name}]: {}", file.display());
    }

    // The pages that are taken into rustdoc name what they link to.
    let taken_in = |page: &Page| {
        page.path.starts_with("thumbnail-core/docs")
            || page.path.to_string_lossy().starts_with("demo-")
    };
    for page in pages
        .iter()
        .filter(|page| taken_in(page) && !for_rustdoc(page))
    {
        for (name, address) in definitions(page) {
            if !is_elsewhere(&address) {
                let page = page.path.display();
                assert!(
                    rustdoc.contains_key(&name),
                    "{page}: [{name}] is not in {RUSTDOC}"
                );
            }
        }
        let addresses: Vec<_> = definitions(page).into_values().collect();
        for link in links(page).0 {
            let named = is_elsewhere(&link) || link.starts_with('#') || addresses.contains(&link);
            assert!(
                named,
                "{}: {link} has no name for rustdoc",
                page.path.display()
            );
        }
    }
}
