//! ffmpeg: the program is found (or fetched), told what to do, run and listened to. Nothing
//! outside this module starts it or knows its command line.

pub mod allowed;
pub mod command;
pub mod log;
pub mod run;
pub mod watch;
