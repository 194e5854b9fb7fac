//! What a demo needs and a library user does not: the command line, what happens before and after the
//! model runs, and the terminal output.

pub mod advice;
mod memory_share;
mod open_files;
pub mod options;
mod output_file;
pub mod refusal;
pub mod run;
pub mod samples;
pub mod setup;
pub mod show;
pub mod signals;
pub mod wildcards;

pub use crate::ffmpeg::guard;
pub use crate::pipeline::save::{may_change, publish};
