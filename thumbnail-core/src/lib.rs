//! Placeholder.

pub mod cache;
pub mod ffmpeg;
pub mod report;
pub mod samples;
pub mod span;
