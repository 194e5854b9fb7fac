//! What is running, and how long it will still take.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::sentences::words::duration;

/// Steps of the bar per second of work.
const STEPS: f64 = 1000.0;

/// A bar on a terminal, a line for each run elsewhere; on stderr.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Seconds of all work as it was predicted, of what is done of it, and what that took.
    predicted: f64,
    done: f64,
    took: f64,
}

impl Progress {
    /// For work that should take `predicted` seconds.
    #[must_use]
    pub fn new(predicted: f64) -> Self {
        let bar =
            ProgressBar::with_draw_target(Some(steps(predicted)), ProgressDrawTarget::stderr());
        // The template is a constant, and indicatif's own style does if it should be wrong.
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            predicted,
            done: 0.0,
            took: 0.0,
        }
    }

    /// Says what starts now.
    pub fn starts(&self, what: &str) {
        // Predictions that were too low or too high so far will be so for the rest.
        let pace = if self.done > 0.0 {
            self.took / self.done
        } else {
            1.0
        };
        let left = duration((self.predicted - self.done).max(0.0) * pace);
        let line = format!("{what}, about {left} left");
        if self.bar.is_hidden() {
            eprintln!("{line}");
        } else {
            self.bar.set_message(line);
        }
    }

    /// Work that should have taken `predicted` seconds took so many.
    pub fn done(&mut self, predicted: f64, seconds: f64) {
        self.done += predicted;
        self.took += seconds;
        self.bar.set_position(steps(self.done));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

// Saturating: a bar of 2^64 steps would take 500 million years.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn steps(seconds: f64) -> u64 {
    (seconds * STEPS) as u64
}
