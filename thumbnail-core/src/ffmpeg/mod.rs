//! ffmpeg: found or fetched, told what to do, run and listened to. No other module knows its
//! command line or reads what it says.

pub mod allowed;
pub mod command;
pub mod download;
pub mod find;
pub mod group;
pub mod guard;
pub mod help;
pub(crate) mod listing;
pub mod log;
pub mod run;
pub mod watch;
