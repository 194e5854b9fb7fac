//! Internals that this project's benchmarks, fuzz targets and tests use. They change without notice.

pub use crate::ffmpeg::command::{Crop, Probe, decode};
pub use crate::ffmpeg::process::Running;
pub use crate::ffmpeg::showinfo::nonce;
pub use crate::pipeline::extract::index::{Frames, Index, Listed, Packet, SeekBy};
pub use crate::pipeline::extract::mp4;
pub use crate::pipeline::extract::plan::{Pick, Plan, plan, plan_in_one_go};
pub use crate::pipeline::extract::without_ffmpeg::list;
pub use crate::pipeline::resize::{PixelAspect, resize};
pub use crate::pipeline::save::encode;
