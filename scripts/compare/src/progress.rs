//! Progress of the comparison: what is running, and the estimated time left.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::sentences::words::duration;

/// Steps of the bar per predicted second.
const STEPS: f64 = 1000.0;

/// On stderr: a bar if it is a terminal, else a line for each run.
#[derive(Debug)]
pub struct Countdown {
    bar: ProgressBar,
    /// Predicted seconds of all runs.
    predicted: f64,
    /// Predicted seconds of the runs that are done.
    done: f64,
    /// Measured seconds of the runs that are done.
    took: f64,
}

impl Countdown {
    /// For work that should take `predicted` seconds.
    #[must_use]
    pub fn new(predicted: f64) -> Self {
        let bar =
            ProgressBar::with_draw_target(Some(steps(predicted)), ProgressDrawTarget::stderr());
        // The template is a valid constant. If it were not, indicatif's default style would do.
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

    /// Shows which run starts now.
    pub fn starts(&self, what: &str) {
        // If the predictions were too low or too high so far, they are likely to stay so.
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

    /// A run has ended. It was predicted to take `predicted` seconds, and took `seconds`.
    pub fn done(&mut self, predicted: f64, seconds: f64) {
        self.done += predicted;
        self.took += seconds;
        self.bar.set_position(steps(self.done));
    }
}

impl Drop for Countdown {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

// The cast saturates at 0 and at 2^64 steps, which is 500 million years.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn steps(seconds: f64) -> u64 {
    (seconds * STEPS) as u64
}
