//! Video thumbnails through ffmpeg: the pipeline that four demos run, each under another
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
//! When [`generate_thumbnails`] has returned, no thread and no process of it is left. It handles no
//! signals. An application ends it early, if it wants to, with [`cancel::raise`].
//!
//! [`stages`] is for a caller with its own idea of waiting, as `demo-async` has. [`program`] is what the demos
//! share besides.
//!
//! # The map
//!
//! - `pipeline/`: a video's way, top to bottom. `delay`, `extract/` (which frames there are, which are wanted,
//!   the cheapest way to them), `resize`, `save/`.
//! - `ffmpeg/`: the one place that knows ffmpeg: its command lines, what it says, its end.
//! - [`measure`]: spans, and the report made of them.
//! - [`program`]: what a demo needs and a library user does not: the command line, what comes before and
//!   after a model, how a run is shown, an ffmpeg and clips for those who have none.
//!
//! `pipeline` uses `ffmpeg` and `measure`; `program` uses all; nothing uses `program`
//! (`tests/layers.rs`).
//!
//! | what is to be changed | where it is |
//! |---|---|
//! | the mkv's keyframes are wrong | `pipeline/extract/index.rs`, from `ffmpeg/packet_list.rs` |
//! | AVIF is to be written, too | `settings.rs` (`Format`), `pipeline/save/` |
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
#[doc = include_str!("../docs/three-steps.md")]
pub mod three_steps {}

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
