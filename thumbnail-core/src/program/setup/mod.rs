//! Brings an ffmpeg: finds one on this machine, or fetches one.

pub mod cache;
pub mod download;
pub mod find;
pub mod install_hint;
