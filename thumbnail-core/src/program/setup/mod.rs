//! Provides an ffmpeg: finds one on this machine, or downloads one.

pub mod cache;
pub mod download;
pub mod find;
pub mod install_hint;

/// The environment variable that names the ffmpeg to use: a path, or a bare name looked up in
/// `PATH`. Set to nothing, it counts as unset.
const FFMPEG_VARIABLE: &str = "FFMPEG";
