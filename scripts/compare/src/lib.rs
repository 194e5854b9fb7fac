//! Runs the four demos side by side, measures them from outside, and reports what was found.

pub mod comparison;
pub mod example;
pub mod measure;
pub mod python;
pub mod simulate;
pub mod stats;
