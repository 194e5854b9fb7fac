//! What a run measures: the spans of its stages, and the report made of them.

pub mod report;
pub mod span;
