//! For a caller with its own idea of waiting: the parts of [`generate_thumbnails`], each to be called, or
//! awaited, on its own. `demo-async` is the example.
//!
//! In the order of a video's way: [`delay`]; [`Extraction`], which gives the next ffmpeg command and takes
//! what came of it; around each ffmpeg [`Group`] and [`bound_memory`]; for its output [`PacketList`] or
//! [`FrameStream`], for its messages [`Log`], all of them fed with whatever bytes there are; [`Thumbnails`] for
//! the frames; [`report`] at the end.
//!
//! [`generate_thumbnails`]: crate::generate_thumbnails

pub use crate::deadline::Deadline;
pub use crate::ffmpeg::frame_info::{FrameInfo, PATIENCE, without_frame_info};
pub use crate::ffmpeg::frame_stream::{FrameStream, PIPE_BYTES, Picture};
pub use crate::ffmpeg::log::{Ended, Log};
pub use crate::ffmpeg::memory::bound as bound_memory;
pub use crate::ffmpeg::packet_list::PacketList;
pub use crate::ffmpeg::process_group::{ChildId, Group};
pub use crate::pipeline::delay::delay;
pub use crate::pipeline::extract::{Extraction, Frame, Step};
pub use crate::pipeline::{Made, Thumbnails, panicked, report};
