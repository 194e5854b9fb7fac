//! Placeholder.

pub mod report;
pub mod span;
