//! Runs the four demos side by side, measures them from outside, and reports what was found.
//!
//! 1. A [`session`] runs every program several times. [`measure`] times one run and samples its
//!    process tree.
//! 2. The [`costs`] of the stages go into a [simulation](simulate), which [predicts](predict) how long
//!    each model should take.
//! 3. The results are one [`Comparison`](comparison::Comparison), which is `report.json`. [`page`],
//!    [`picture`], [`markdown`], [`terminal`] and [`trace`] show it; their text is in [`sentences`].

pub mod assemble;
pub mod check;
pub mod cli;
pub mod comparison;
pub mod costs;
pub mod demos;
pub mod example;
pub mod hosts;
pub mod lessons;
pub mod machine;
pub mod markdown;
pub mod measure;
pub mod page;
pub mod palette;
pub mod picture;
pub mod predict;
pub mod progress;
pub mod publish;
pub mod python;
pub mod same;
pub mod sentences;
pub mod session;
pub mod simulate;
pub mod stats;
pub mod tables;
pub mod terminal;
pub mod trace;
