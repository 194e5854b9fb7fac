//! Placeholder.

pub mod report;
pub mod show;
pub mod span;
