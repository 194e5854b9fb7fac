//! Progress while a run goes on, on stderr: a bar on a terminal, a line for each event elsewhere.
//!
//! The bar is redrawn when something happens and never by a clock: that would take a thread, and
//! the async demo is there to show that one thread is enough.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::text::{count, error_text, file_name, shown};
use crate::measure::report::{Status, VideoReport};
use crate::measure::span::Stage;

/// A detour that takes longer is told of, in seconds.
const WORTH_A_WORD: f64 = 1.0;

/// A run's progress. Workers share it by reference.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    quiet: bool,
    start: Instant,
    /// On a terminal.
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    finished: usize,
    /// The names of the videos in flight, in the order in which they were picked up.
    in_flight: Vec<String>,
    /// The last error, to be told once if it is of ffmpeg and not of a video.
    of_ffmpeg: Option<String>,
}

impl Progress {
    /// Progress of a run of `total` videos, counted from now. When `quiet`, only failures are
    /// printed.
    #[must_use]
    pub fn new(total: usize, quiet: bool) -> Self {
        let on_terminal = console::Term::stderr().is_term();
        let bar = (on_terminal && !quiet).then(|| bar(total));
        Self {
            total,
            quiet,
            start: Instant::now(),
            bar,
            state: Mutex::default(),
        }
    }

    /// A worker has picked up the video named `source`.
    pub fn started(&self, source: &str, lane: usize) {
        let name = shown(file_name(source));
        let mut state = self.state();
        if !self.quiet && self.bar.is_none() {
            self.line(&state, &format!("{name}: started on lane {lane}"));
        }
        state.in_flight.push(name);
        self.draw(&state);
    }

    /// A video is done, one way or the other.
    pub fn finished(&self, video: &VideoReport) {
        let name = shown(file_name(&video.source));
        let mut state = self.state();
        state.finished += 1;
        if let Some(place) = state.in_flight.iter().position(|other| *other == name) {
            state.in_flight.remove(place);
        }
        if video.status == Status::Failed {
            let error = video.error.as_deref().unwrap_or("no reason was given");
            // What is wrong with ffmpeg is wrong for every video: it is told once.
            if error.starts_with("this ffmpeg ") && state.of_ffmpeg.as_deref() == Some(error) {
                self.line(&state, &format!("{name}: failed for the same reason"));
            } else {
                let text = error_text(error, ERROR_INDENT, usize::MAX);
                self.line(&state, &format!("{name}: failed: {}", text.trim()));
                state.of_ffmpeg = Some(error.to_owned());
            }
        } else if !self.quiet && self.bar.is_none() {
            let frames = count(video.frames.len(), "frame");
            let (from, to) = video.in_flight().unwrap_or_default();
            self.line(&state, &format!("{name}: {frames} in {:.2} s", to - from));
        }
        let detour = video
            .plan
            .as_ref()
            .is_some_and(|p| p.way.decodes_everything());
        let seconds = video.seconds_in(Stage::Extract);
        if detour && seconds > WORTH_A_WORD && !self.quiet {
            let why = "seeking did not lead to its frames, so the whole stream was decoded";
            self.line(&state, &format!("{name}: {why} ({seconds:.1} s)"));
        }
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        self.draw(&state);
    }

    /// Takes the bar away, so that the report starts on a clean line. Call it before anything else
    /// is printed.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Prints a line that stays, above the bar if there is one.
    fn line(&self, state: &State, text: &str) {
        let line = if self.quiet {
            text.to_owned()
        } else {
            format!("[{}/{}] {text}", state.finished, self.total)
        };
        match &self.bar {
            Some(bar) => bar.println(line),
            // Nobody listening on stderr is no reason to stop, and `eprintln!` would panic.
            None => drop(writeln!(io::stderr(), "{line}")),
        }
    }

    fn draw(&self, state: &State) {
        if let Some(bar) = &self.bar {
            bar.set_message(message(
                state,
                self.total,
                self.start.elapsed().as_secs_f64(),
            ));
        }
    }

    /// A worker that panicked while it held the lock leaves nothing half done that matters here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The second and later lines of an error stand below its first.
const ERROR_INDENT: usize = 6;

/// `2/5 videos after 4.8 s, now c.mp4, d.mp4`: the time is that of the last event, since the bar
/// stands still in between.
fn message(state: &State, total: usize, seconds: f64) -> String {
    let done = format!("{}/{}", state.finished, count(total, "video"));
    let named = state.in_flight.len().min(MOST_NAMED);
    let mut now = state.in_flight[..named].join(", ");
    if let more @ 1.. = state.in_flight.len() - named {
        let _ = write!(now, " and {more} more");
    }
    match now.is_empty() {
        true => format!("{done} after {seconds:.1} s"),
        false => format!("{done} after {seconds:.1} s, now {now}"),
    }
}

/// So many of the videos in flight are named: `demo-async` may have thousands.
const MOST_NAMED: usize = 8;

const TEMPLATE: &str = "{bar:20.cyan} {wide_msg}";

fn bar(total: usize) -> ProgressBar {
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    // The template is a constant that the tests parse; without it, there would still be a bar.
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_can_share_it() {
        const fn shareable<T: Sync + Send>() {}
        shareable::<Progress>();
    }

    #[test]
    fn the_bar_says_how_far_and_with_what() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
        let mut state = State {
            finished: 2,
            in_flight: vec!["c.mp4".into(), "d.mp4".into()],
            ..State::default()
        };
        assert_eq!(
            message(&state, 5, 4.82),
            "2/5 videos after 4.8 s, now c.mp4, d.mp4"
        );
        state.in_flight.clear();
        assert_eq!(message(&state, 2, 4.82), "2/2 videos after 4.8 s");
    }
}
