//! Which stage begins or ends right now, for whoever shows a run's progress.

use std::sync::OnceLock;

use super::span::Stage;

type Watcher = Box<dyn Fn(usize, Option<Stage>) + Send + Sync>;

static WATCHER: OnceLock<Watcher> = OnceLock::new();

/// From here on `watcher` is called with a lane's number and the stage that begins there; with `None`
/// when that stage has ended. It runs on the thread that does the work, so it has to return at once.
/// A process has one watcher: a second call does nothing.
pub fn on_stage(watcher: impl Fn(usize, Option<Stage>) + Send + Sync + 'static) {
    let _ = WATCHER.set(Box::new(watcher));
}

/// Passes it on to the watcher, if there is one.
pub(super) fn tell(lane: usize, stage: Option<Stage>) {
    if let Some(watcher) = WATCHER.get() {
        watcher(lane, stage);
    }
}
