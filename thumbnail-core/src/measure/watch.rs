//! A callback for each stage that begins or ends: for a progress bar, or for a worker process that reports
//! to its parent.

use std::sync::OnceLock;

use super::span::Stage;

type Watcher = Box<dyn Fn(usize, Option<Stage>) + Send + Sync>;

static WATCHER: OnceLock<Watcher> = OnceLock::new();

/// Registers `watcher`. It is called with a lane's number and the stage that begins there, and with `None`
/// when that stage has ended. It runs on the thread that does the work, so it must not block. A process has
/// one watcher: a second call of `on_stage` does nothing.
pub fn on_stage(watcher: impl Fn(usize, Option<Stage>) + Send + Sync + 'static) {
    let _ = WATCHER.set(Box::new(watcher));
}

/// Calls the watcher, if there is one.
pub(super) fn tell(lane: usize, stage: Option<Stage>) {
    if let Some(watcher) = WATCHER.get() {
        watcher(lane, stage);
    }
}
