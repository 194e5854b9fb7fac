//! Progress while a run goes on, on stderr: a bar on a terminal, a line for each event elsewhere.
//!
//! Below the bar stands what each lane does. It is drawn again when a stage begins, and every 100 ms by a
//! thread of indicatif: so neither the workers nor the one thread of `demo-async` have to draw periodically.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::lanes::Lanes;
use super::text::{count, error_text, escaped, file_name};
use crate::cancel;
use crate::measure::report::{Failure, Status, VideoReport};
use crate::measure::span::Stage;
use crate::measure::watch;

/// If a whole stream had to be decoded, and that took longer than this, a line says so; in seconds.
const SLOW_DECODING: f64 = 1.0;

/// A run's progress. Workers share it by reference.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    quiet: bool,
    /// On a terminal.
    bar: Option<ProgressBar>,
    /// Locked while the bar is drawn: whoever holds it must not call the bar.
    lanes: Arc<Mutex<Lanes>>,
    state: Mutex<Printed>,
}

#[derive(Debug, Default)]
struct Printed {
    finished: usize,
    /// The last error of this machine's ffmpeg that was printed.
    of_ffmpeg: Option<String>,
    /// Whether it has been printed that the run was interrupted.
    interrupted: bool,
}

impl Progress {
    /// Progress of a run of `total` videos, counted from now. When `quiet`, only failures are
    /// printed.
    #[must_use]
    pub fn new(total: usize, quiet: bool) -> Self {
        let on_terminal = console::Term::stderr().is_term();
        let lanes = Arc::default();
        Self {
            total,
            quiet,
            bar: (on_terminal && !quiet).then(|| bar(total, &lanes)),
            lanes,
            state: Mutex::default(),
        }
    }

    /// A worker has picked up the video named `source`.
    pub fn started(&self, source: &str, lane: usize) {
        // After Ctrl-C every video that is left is picked up, only to fail.
        if cancel::check().is_err() {
            return;
        }
        let name = escaped(file_name(source));
        lock(&self.lanes).begin(lane, &name);
        match &self.bar {
            Some(bar) => bar.tick(),
            None if self.quiet => {}
            None => self.line(
                &lock(&self.state),
                &format!("{name}: started on lane {lane}"),
            ),
        }
    }

    /// A video is done, one way or the other.
    pub fn finished(&self, video: &VideoReport) {
        let name = escaped(file_name(&video.source));
        lock(&self.lanes).end(video.spans.first().map(|span| span.lane), &name);
        let mut state = lock(&self.state);
        state.finished += 1;
        if video.status() == Status::Failed {
            self.failed(&mut state, &name, video);
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
        if detour && seconds > SLOW_DECODING && !self.quiet {
            let why = "seeking did not lead to its frames, so the whole stream was decoded";
            self.line(&state, &format!("{name}: {why} ({seconds:.1} s)"));
        }
        // Printed even with `--quiet`: the frames are not those of the whole video.
        if let Some(cut_off) = video.plan.as_ref().and_then(|p| p.cut_off.as_ref()) {
            let why = format!("the file is cut short ({cut_off}): its frames are of what is there");
            self.line(&state, &format!("{name}: {why}"));
        }
        if video.plan.as_ref().is_some_and(|p| p.lost_alpha) {
            let why = "its transparency is lost, as this ffmpeg was built without libvpx";
            self.line(&state, &format!("{name}: {why}"));
        }
        if video.plan.as_ref().is_some_and(|p| p.lost_colours) {
            let why = "its colours are not right, as this ffmpeg cannot convert them: one with zscale may";
            self.line(&state, &format!("{name}: {why}"));
        }
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// Prints a failure. A reason that fails all videos is printed once: an interrupt, an ffmpeg that cannot
    /// run or lacks something.
    fn failed(&self, state: &mut Printed, name: &str, video: &VideoReport) {
        let error = video.error.as_deref().unwrap_or("no reason was given");
        if cancel::check().is_err() && video.failure == Some(Failure::Interrupted) {
            if state.interrupted {
                return;
            }
            state.interrupted = true;
        }
        let text = error_text(error, ERROR_INDENT, usize::MAX);
        let text = text.trim();
        if video.failure != Some(Failure::Ffmpeg) {
            self.line(state, &format!("{name}: failed: {text}"));
            return;
        }
        if state.of_ffmpeg.as_deref() != Some(error) {
            self.line(state, text);
            state.of_ffmpeg = Some(error.to_owned());
        }
        self.line(state, &format!("{name}: failed"));
    }

    /// Takes the bar away, so that the report starts on a clean line. Call it before anything else
    /// is printed.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Prints a line that stays, above the bar if there is one.
    fn line(&self, state: &Printed, text: &str) {
        let line = if self.quiet {
            text.to_owned()
        } else {
            format!("[{}/{}] {text}", state.finished, self.total)
        };
        match &self.bar {
            Some(bar) => bar.println(line),
            // If stderr is closed, the run still goes on; `eprintln!` would panic.
            None => drop(writeln!(io::stderr(), "{line}")),
        }
    }
}

/// Ignores poisoning: a panic while the lock is held leaves nothing half done that matters here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The second and later lines of an error stand below its first.
const ERROR_INDENT: usize = 6;

const TEMPLATE: &str = "{bar:20.cyan} {pos}/{len} videos after {seconds}{lanes}";

/// How often the bar is drawn when nothing happens.
const TICK: Duration = Duration::from_millis(100);

fn bar(total: usize, lanes: &Arc<Mutex<Lanes>>) -> ProgressBar {
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    // The template is a constant that the tests parse; without it, there would still be a bar.
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        let (start, drawn) = (Instant::now(), Arc::clone(lanes));
        let seconds = move |_: &ProgressState, to: &mut dyn std::fmt::Write| {
            let _ = write!(to, "{:.1} s", start.elapsed().as_secs_f64());
        };
        let lanes = move |_: &ProgressState, to: &mut dyn std::fmt::Write| {
            let (rows, columns) = console::Term::stderr().size();
            let text = lock(&drawn).text(rows.into(), columns.into(), Instant::now());
            let _ = to.write_str(&text);
        };
        bar.set_style(style.with_key("seconds", seconds).with_key("lanes", lanes));
    }
    let (lanes, drawn) = (Arc::clone(lanes), bar.downgrade());
    watch::on_stage(move |lane, stage| {
        lock(&lanes).stage(lane, stage);
        if let Some(bar) = drawn.upgrade() {
            bar.tick();
        }
    });
    bar.enable_steady_tick(TICK);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_can_share_it() {
        const fn shareable<T: Sync + Send>() {}
        shareable::<Progress>();
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
