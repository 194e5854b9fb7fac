//! Video thumbnails through ffmpeg: the pipeline that four demos run, each under a different
//! concurrency model.
//!
//! ```
//! use thumbnail_core::{Clock, Job, Settings, Source, Status, Video, Wanted, generate_thumbnails};
//! # use thumbnail_core::program::setup::find::{IfMissing, find};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let clips = thumbnail_core::program::samples::ensure(&find(IfMissing::Refuse)?, 1, |_| {})?;
//! # let out_dir = tempfile::tempdir()?;
//! # let (clip, out_dir) = (clips[0].clone(), out_dir.path());
//! # let ffmpeg = find(IfMissing::Refuse)?;
//! // `ffmpeg` is the program's path, or a name to look up in PATH.
//! let mut settings = Settings::new(ffmpeg, out_dir);
//! settings.wanted = Wanted::Spread(3);
//! settings.sizes = vec![320];
//!
//! // No two videos of a list share a name, so no two share an output directory.
//! let clock = Clock::start();
//! for video in Video::list([Source::File(clip)]) {
//!     let lane = 0;
//!     let settings = settings.clone();
//!     let report = generate_thumbnails(&Job { video, settings, clock, lane });
//!
//!     assert_eq!(report.status(), Status::Success, "{:?}", report.error);
//!     assert_eq!(report.frames.len(), 3);
//!     for frame in &report.frames {
//!         println!("{:.2} s: {}", frame.timestamp_seconds, frame.files["320"]);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! When [`generate_thumbnails`] returns, every thread and every process that it started has ended. It installs
//! no signal handlers. To stop it early, call [`cancel::raise`].
//!
//! [`stages`] has the parts of the pipeline one by one, for a caller that must not block, such as an async
//! runtime (`demo-async`). [`program`] is what else the demos share.
//!
//! # The map
//!
//! - `pipeline/`: the stages, in the order in which a video passes through them. `delay`, `extract/` (lists the
//!   frames, picks the wanted ones, plans the cheapest decoding), `resize`, `save/`.
//! - `ffmpeg/`: the only code that knows ffmpeg: builds its command lines, parses its output, kills and reaps
//!   its processes.
//! - [`measure`]: spans, and the report made of them.
//! - [`program`]: what a demo needs and a library user does not: the command line, what happens before and
//!   after the model runs, the terminal output, an ffmpeg and sample clips for users who have none.
//!
//! `pipeline` uses `ffmpeg` and `measure`; `program` uses all; nothing uses `program`
//! (`tests/layers.rs`).
//!
//! | to change | look at |
//! |---|---|
//! | which keyframes are found in a Matroska file | `pipeline/extract/index/read.rs`, from `ffmpeg/packet_list.rs` |
//! | output formats: to add AVIF | `settings.rs` (`Format`), `pipeline/save/` |
//! | the table of videos | `program/show/table.rs` |
//!
//! Beside the code: [`words`], [`from_python`], [`three_steps`] to async, [`teaching`]. The lessons are the demos' documentation.

pub mod cancel;
mod deadline;
pub mod error;
mod ffmpeg;
#[doc(hidden)]
pub mod internal;
pub mod measure;
mod path_json;
mod pipeline;
pub mod program;
pub mod settings;
pub mod stages;
pub mod video;
pub mod wanted;

pub use error::Error;
pub use measure::report::{Status, VideoReport};
pub use measure::span::Clock;
pub use pipeline::{Job, generate_thumbnails};
pub use settings::Settings;
pub use video::{Source, Video};
pub use wanted::{Moment, Wanted};

// The pages of `docs/` as modules: rustdoc shows them, and their examples are run as doctests.

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
#[doc = include_str!("../docs/three-steps.md")]
pub mod three_steps {}

#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/rustdoc-links-deeper.md")]
#[doc = include_str!("../docs/teaching.md")]
pub mod teaching {}

// Cargo runs no doctests of binary crates, and each lesson documents one: their examples are tested from here.

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
