//! ffmpeg: told what to do, run and listened to. No other module knows its command line or reads
//! what it says.

pub mod allowlist;
pub mod command;
pub mod guard;
pub mod killer;
pub mod log;
pub(crate) mod packet_list;
pub mod process;
pub mod process_group;
