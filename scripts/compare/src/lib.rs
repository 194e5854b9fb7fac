//! Runs the four demos side by side, measures them from outside, and reports what was found.
//!
//! Measuring: [`measure`] one program, its process tree and all. Explaining: the [`costs`] of the
//! stages go into a [simulation](simulate), which [predicts](predict) what each model should take;
//! [`sentences`] puts the figures into words. Showing: everything is
//! drawn from one [`Comparison`](comparison::Comparison), which is also what `report.json` holds.

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
