//! Runs the four demos side by side, measures them from outside, and reports what was found.

pub mod comparison;
pub mod costs;
pub mod example;
pub mod measure;
pub mod predict;
pub mod python;
pub mod simulate;
pub mod stats;
pub mod words;
