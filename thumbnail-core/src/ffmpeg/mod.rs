//! Everything about ffmpeg: its command lines, its processes, and what they write to stdout and stderr. No
//! other module knows ffmpeg's options or parses its output.

pub mod allowlist;
pub mod command;
mod filter_graph;
pub mod frame_info;
pub mod frame_stream;
pub mod guard;
pub mod killer;
pub mod light;
pub mod log;
pub mod memory;
pub mod packet_list;
mod pipe;
pub mod process;
pub mod process_group;
pub(crate) mod proxy;
pub mod request;
pub mod showinfo;
