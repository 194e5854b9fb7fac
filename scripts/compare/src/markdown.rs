//! `report.md`: the tables as Markdown, to paste into an issue or a README.

use std::fmt::Write as _;

use crate::comparison::Comparison;
use crate::sentences::{heading, python_note, remarks_of};
use crate::tables::{Look, draw, header, resources, times};

/// The whole report.
#[must_use]
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = "# The four models compared\n".to_owned();
    text += &list("Findings", &comparison.findings);
    text += &list("Warnings", &comparison.warnings);
    for scenario in &comparison.scenarios {
        let _ = write!(
            text,
            "\n## {}\n\nWall times; × is times faster than single.\n\n{}\nWhat the runs used; *own* is the program without ffmpeg.\n\n{}",
            heading(scenario),
            draw(&times(scenario), Look::Markdown),
            draw(&resources(scenario), Look::Markdown)
        );
    }
    text += &python_note(comparison);
    text += &list(
        "Where measurement and prediction differ",
        &remarks_of(comparison),
    );
    text += &list("How it was measured", &comparison.method);
    text += "\n## The machine\n\n| | |\n|---|---|\n";
    for (name, value) in header(comparison) {
        let _ = writeln!(text, "| {name} | {} |", plain(&value));
    }
    text
}

fn list(heading: &str, lines: &[String]) -> String {
    let mut text = String::new();
    if !lines.is_empty() {
        let _ = write!(text, "\n## {heading}\n\n");
        for line in lines {
            let _ = writeln!(text, "- {}", plain(line));
        }
    }
    text
}

/// Text with Markdown's special characters escaped: a file name may hold any of them.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#'
        ) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::markdown;
    use crate::example;

    #[test]
    fn tables_have_all_rows_and_names_stay_names() {
        let mut comparison = example::comparison();
        comparison.options.videos = vec!["<script>|_a_.mp4".into()];
        let text = markdown(&comparison);
        for row in ["single", "threads", "process", "async", "async --blocking"] {
            let named = |line: &&str| line.split('|').nth(1).is_some_and(|c| c.trim() == row);
            // Two tables for each of the two delays.
            assert_eq!(text.lines().filter(named).count(), 4, "{row} in {text}");
        }
        assert!(text.contains(r"\<script\>\|\_a\_.mp4"), "{text}");
    }
}
