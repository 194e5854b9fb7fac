//! Placeholder.

pub mod cache;
pub mod delay;
pub mod error;
pub mod extract;
pub mod extraction;
pub mod ffmpeg;
pub mod index;
pub mod interrupt;
pub mod mp4;
pub mod options;
pub mod picture;
pub mod pipeline;
pub mod plan;
pub mod report;
pub mod resize;
pub mod run;
pub mod samples;
pub mod save;
pub mod settings;
pub mod show;
pub mod span;
pub mod video;
mod wire;

pub use error::Error;
