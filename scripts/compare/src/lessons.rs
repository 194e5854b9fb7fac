//! `lessons/`: the project's lessons as HTML, so that the report can link to pages that a browser shows. A
//! browser does not render Markdown.

use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

macro_rules! project {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../", $path)))
    };
}

/// The source of every page, by its path in the project.
const PAGES: [(&str, &str); 8] = [
    project!("demo-single/README.md"),
    project!("demo-threads/README.md"),
    project!("demo-process/README.md"),
    project!("demo-async/README.md"),
    project!("thumbnail-core/docs/words.md"),
    project!("thumbnail-core/docs/three-steps.md"),
    project!("thumbnail-core/docs/from-python.md"),
    project!("thumbnail-core/docs/teaching.md"),
];

/// The pictures in the pages.
const PICTURES: [(&str, &str); 4] = [
    project!("thumbnail-core/docs/single.svg"),
    project!("thumbnail-core/docs/threads.svg"),
    project!("thumbnail-core/docs/process.svg"),
    project!("thumbnail-core/docs/async.svg"),
];

/// All files, by their paths in the report. `to_project` is the relative path from the report to the project
/// ([`crate::page::to_project`]); without it, links to the project's sources lead to the report's page.
pub fn files(to_project: Option<&str>) -> impl Iterator<Item = (String, String)> {
    let pages = PAGES.map(|(path, text)| (file(path), page(path, text, to_project)));
    let pictures = PICTURES.map(|(path, text)| (file(path), text.to_owned()));
    let all = pages.into_iter().chain(pictures);
    all.map(|(name, text)| (format!("lessons/{name}"), text))
}

/// The name in `lessons/` of a file of the project: `demo-single.html`, `words.html`, `single.svg`.
fn file(path: &str) -> String {
    let path = Path::new(path);
    let named = match path.file_name() {
        // A README gets the name of its directory.
        Some(name) if name == "README.md" => path.parent(),
        _ => Some(path),
    };
    let named = named.unwrap_or(path);
    let extension = named.extension().filter(|e| *e == "svg");
    let name = named.with_extension(extension.unwrap_or("html".as_ref()));
    name.file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into())
}

fn page(path: &str, text: &str, to_project: Option<&str>) -> String {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES);
    let mut events: Vec<Event<'_>> = parser.collect();
    let mut title = String::new();
    // The anchor goes into the heading's start event, but is made of its text, which follows: hence indices.
    for at in 0..events.len() {
        if matches!(events[at], Event::Start(Tag::Heading { .. })) {
            let words = events[at + 1..]
                .iter()
                .take_while(|e| !matches!(e, Event::End(TagEnd::Heading(_))));
            let words: String = words.filter_map(text_of).collect();
            if title.is_empty() {
                title.clone_from(&words);
            }
            if let Event::Start(Tag::Heading { id, .. }) = &mut events[at] {
                *id = Some(anchor(&words).into());
            }
        }
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) =
            &mut events[at]
        {
            *dest_url = address(path, dest_url, to_project);
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    let style = crate::page::STYLE;
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{style}\nbody {{ max-width: 56rem }} pre, table {{ display: block; overflow-x: auto }} \
         pre {{ padding: 0.8rem; background: var(--panel) }} img {{ max-width: 100% }} td, th {{ white-space: normal; text-align: left }}\
         </style>\n<p><a href=\"../report.html\">The comparison</a></p>\n{body}</html>\n"
    )
}

fn text_of<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text),
        _ => None,
    }
}

/// A heading's anchor as GitHub generates it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || "-_".contains(c) => Some(c),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

/// The target, relative to `lessons/`, of a link in the page whose source is at `path`.
fn address<'a>(path: &str, link: &str, to_project: Option<&str>) -> CowStr<'a> {
    if link.contains("://") || link.starts_with('#') {
        return link.to_owned().into();
    }
    let (target, anchor) = link
        .split_once('#')
        .map_or((link, String::new()), |(t, a)| (t, format!("#{a}")));
    let mut in_project = PathBuf::new();
    for part in Path::new(path).with_file_name(target).components() {
        match part {
            Component::ParentDir => drop(in_project.pop()),
            part => in_project.push(part),
        }
    }
    let in_project = in_project.to_string_lossy().replace('\\', "/");
    let here = PAGES
        .iter()
        .chain(&PICTURES)
        .any(|(path, _)| *path == in_project);
    match to_project {
        _ if here => format!("{}{anchor}", file(&in_project)).into(),
        Some(up) => format!("../{up}{in_project}{anchor}").into(),
        None => "../report.html".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_are_pages_whose_links_lead_to_pages_and_sources() {
        let files: Vec<_> = files(Some("../../")).collect();
        let page = |name: &str| {
            &files
                .iter()
                .find(|(path, _)| path == name)
                .expect("is there")
                .1
        };
        let threads = page("lessons/demo-threads.html");
        assert!(threads.contains("<title>A pool of threads</title>"));
        assert!(threads.contains("<h1 id=\"a-pool-of-threads\">"));
        assert!(threads.contains("src=\"threads.svg\""));
        assert!(threads.contains("href=\"demo-async.html\""));
        assert!(threads.contains("href=\"../../../demo-threads/src/main.rs\""));
        assert!(!threads.contains(".md\""), "no link leads to Markdown");
        let anchors = page("lessons/demo-async.html")
            .matches("href=\"demo-threads.html#")
            .count();
        assert_eq!(anchors, 1);
        assert!(threads.contains("id=\"why-not-one-thread-for-each-video\""));
    }

    #[test]
    fn outside_the_project_no_link_tells_where_it_is() {
        for (name, text) in files(None) {
            assert!(!text.contains("href=\"../../"), "{name}");
        }
    }
}
