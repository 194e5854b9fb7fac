//! What holds for all four demos, shown by running them: one suite for every program, with a real
//! ffmpeg and tiny clips. No test asserts an upper bound on elapsed time.

#[path = "../support/mod.rs"]
mod support;

mod at;
mod bad_inputs;
mod command_line;
mod contact_sheet;
mod delay;
mod names;
mod no_ffmpeg;
mod overlap;
mod rerun;
mod same_files;
mod show;
mod tools;
mod url;

// How processes are told to end, and what is left of them, is the system's own affair.
#[cfg(target_os = "linux")]
mod interrupt;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod timeout;
#[cfg(target_os = "linux")]
mod workers;
