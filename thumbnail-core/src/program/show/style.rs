//! The width of what is printed, and whether it has colours.

use std::env;

use console::Term;

/// The least width anything is laid out for.
const NARROWEST: usize = 40;

/// The width where there is no terminal: files, pipes, CI logs.
const ELSEWHERE: usize = 100;

/// How a report is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// With terminal colours.
    pub colour: bool,
    /// Columns. Below 40, lines may be longer than this.
    pub width: usize,
}

impl Style {
    /// What suits stdout now. There is colour on a terminal, unless `NO_COLOR` is set and not empty
    /// (<https://no-color.org>) or `TERM` is `dumb`. The width is the terminal's, or 100 where
    /// there is none; `COLUMNS` replaces the 100 and narrows the terminal's; the least is 40.
    #[must_use]
    pub fn for_stdout() -> Self {
        let terminal = Term::stdout();
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let size = terminal
            .size_checked()
            .map(|(_, columns)| usize::from(columns));
        Self {
            colour: terminal.is_term() && !no_color && !dumb,
            width: width(env::var("COLUMNS").ok().as_deref(), size),
        }
    }
}

fn width(columns: Option<&str>, terminal: Option<usize>) -> usize {
    let columns = columns
        .and_then(|columns| columns.trim().parse().ok())
        .filter(|&c| c > 0);
    // Some terminals in containers say 0.
    let terminal = terminal.filter(|&columns| columns > 0);
    let width = match (columns, terminal) {
        (Some(columns), Some(terminal)) => terminal.min(columns),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => ELSEWHERE,
    };
    width.max(NARROWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_fits_the_terminal() {
        assert_eq!(width(None, Some(80)), 80);
        assert_eq!(width(Some("60"), Some(80)), 60);
        assert_eq!(width(Some("200"), Some(80)), 80);
        assert_eq!(width(Some("200"), None), 200);
        assert_eq!(width(None, None), 100);
        assert_eq!(width(Some("wide"), Some(0)), 100);
        assert_eq!(width(Some("3"), None), 40);
    }
}
