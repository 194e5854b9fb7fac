//! What a run measures: the spans of its stages, and the report made of them.

mod failure;
mod forced;
pub mod recorder;
pub mod report;
pub mod span;
pub mod watch;
