//! ffmpeg: told what to do, run and listened to. No other module knows its command line or reads
//! what it says.

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
