//! A panic on demand, so that the tests can show that it fails one video only. Nothing of this is in
//! a release build.
//!
//! With the environment variable `THUMBNAIL_FORCE_PANIC` set to `extract NAME` or `save NAME`, the
//! work on the video whose output directory is called NAME panics: as its extraction begins (in
//! `demo-async` on the one thread of the tasks), or with its first frame (there on the pool).

/// The environment variable that asks for a panic.
const VARIABLE: &str = "THUMBNAIL_FORCE_PANIC";

/// Panics if the environment asks for it at this point of the work on this video.
pub(crate) fn panic_if_asked(point: &str, name: &str) {
    if cfg!(debug_assertions)
        && let Ok(asked) = std::env::var(VARIABLE)
        && asked.split_once(' ') == Some((point, name))
    {
        panic!("{VARIABLE} asks for it");
    }
}
