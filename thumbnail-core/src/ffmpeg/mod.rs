//! ffmpeg: where it is, and how to get it.

pub mod download;
pub mod find;
pub mod help;
