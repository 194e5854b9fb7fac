//! Video thumbnails through ffmpeg: the pipeline that four demos run, each under another
//! concurrency model.
//!
//! ```
//! use thumbnail_core::ffmpeg::find::{IfMissing, find};
//! use thumbnail_core::pipeline::{Job, generate_thumbnails};
//! use thumbnail_core::report::Status;
//! use thumbnail_core::settings::Settings;
//! use thumbnail_core::span::Clock;
//! use thumbnail_core::video::{Source, Video};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let clips = thumbnail_core::samples::ensure(&find(IfMissing::Refuse)?, 1, |_| {})?;
//! # let out_dir = tempfile::tempdir()?;
//! # let (clip, out_dir) = (clips[0].clone(), out_dir.path());
//! let ffmpeg = find(IfMissing::Refuse)?;
//! let mut settings = Settings::new(ffmpeg, out_dir);
//! settings.frames = 3;
//! settings.sizes = vec![320];
//!
//! // No two videos of a list share a name, so no two share an output directory.
//! let clock = Clock::start();
//! for video in Video::list([Source::File(clip)]) {
//!     let lane = 0;
//!     let settings = settings.clone();
//!     let report = generate_thumbnails(&Job { video, settings, clock, lane });
//!
//!     assert_eq!(report.status, Status::Success, "{:?}", report.error);
//!     assert_eq!(report.frames.len(), 3);
//!     for frame in &report.frames {
//!         println!("{:.2} s: {}", frame.timestamp_seconds, frame.files["320"]);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The map
//!
//! A video goes through the modules in this order. [`pipeline`] is the whole way, on one thread.
//!
//! | stage | module | what it does |
//! |---|---|---|
//! | delay | [`delay`] | burns CPU time, or waits |
//! | extract | [`mp4`], [`index`] | which frames there are |
//! | | [`plan`] | which are wanted, and the cheapest way to them |
//! | | [`extraction`] | that way step by step, without the waiting |
//! | | [`extract`] | the same with the waiting, by blocking |
//! | resize | [`resize`] | one frame to all sizes |
//! | save | [`save`] | files, whole or not at all |
//!
//! [`ffmpeg`] is the one place that knows ffmpeg: where it is, its command lines, what it says.
//! [`picture`] is what comes out of it.
//!
//! A caller with its own idea of waiting arranges the stages itself. `demo-async` does: it asks
//! [`extraction::Extraction`] for the next ffmpeg command, awaits it, and hands the frames to
//! [`pipeline::Thumbnails`] on a thread where blocking does no harm.
//!
//! What the demos share besides: [`options`] is their command line, [`run`] is what comes before
//! and after a model, [`span`] and [`report`] are what they measure, [`show`] is how it is shown,
//! [`interrupt`] is Ctrl-C, [`samples`] are the clips for those who brought none.
//!
//! Beside the code: [`words`], [`from_python`], [`teaching`]. The lessons are the demos' documentation.

pub mod cache;
pub mod delay;
mod document;
pub mod error;
pub mod extract;
pub mod extraction;
pub mod ffmpeg;
mod forced;
pub mod index;
pub mod interrupt;
mod kept;
mod limits;
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

// The pages beside the code, in the documentation and in the tests of its examples.

#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/rustdoc-links-deeper.md")]
#[doc = include_str!("../docs/words.md")]
pub mod words {}

#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/rustdoc-links-deeper.md")]
#[doc = include_str!("../docs/from-python.md")]
pub mod from_python {}

#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/rustdoc-links-deeper.md")]
#[doc = include_str!("../docs/teaching.md")]
pub mod teaching {}

// Cargo does not test the examples of programs, and the lessons are those of programs.

#[cfg(doctest)]
mod lessons {
    #[doc = include_str!("../../README.md")]
    mod front {}
    #[doc = include_str!("../../demo-single/README.md")]
    mod single {}
    #[doc = include_str!("../../demo-threads/README.md")]
    mod threads {}
    #[doc = include_str!("../../demo-process/README.md")]
    mod process {}
    #[doc = include_str!("../../demo-async/README.md")]
    mod asynchronous {}
    #[doc = include_str!("../../scripts/compare/README.md")]
    mod compare {}
}
