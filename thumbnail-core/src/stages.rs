//! The parts of [`generate_thumbnails`], for a caller that must not block while it waits for ffmpeg.
//! `demo-async` is the example.
//!
//! In the order in which they are used: [`delay`]; [`Extraction`], a state machine that gives the next ffmpeg
//! command and takes its results; for each ffmpeg process its [`Group`] and [`bound_memory`]; push parsers for
//! its stdout ([`PacketList`] or [`FrameStream`]) and its stderr ([`Log`]), which take bytes as they arrive;
//! [`Thumbnails`], which takes the frames; [`video_report`], which gives the result.
//!
//! [`generate_thumbnails`]: crate::generate_thumbnails

pub use crate::deadline::Deadline;
pub use crate::ffmpeg::frame_info::FrameInfo;
pub use crate::ffmpeg::frame_stream::{FrameStream, PIPE_BYTES, Picture};
pub use crate::ffmpeg::log::{Ended, Log};
pub use crate::ffmpeg::memory::bound as bound_memory;
pub use crate::ffmpeg::packet_list::PacketList;
pub use crate::ffmpeg::process_group::{ChildId, Group};
pub use crate::ffmpeg::showinfo::{PATIENCE, without_frame_info};
pub use crate::pipeline::delay::delay;
pub use crate::pipeline::extract::{Extraction, Frame, Step};
pub use crate::pipeline::{Made, Thumbnails, panicked, video_report};
