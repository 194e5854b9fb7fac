//! Faults survived: whatever ffmpeg, the disk, the network, other programs or the videos do, one
//! video fails and says why, the others complete, and nothing is left behind. The table in
//! `thumbnail-core/README.md` names the test of each fault. Linux shows what a process has left.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../demos/processes.rs"]
#[allow(dead_code)]
mod processes;
#[path = "../demos/tools.rs"]
#[allow(dead_code)]
mod tools;

mod addresses;
mod bombs;
mod corpus;
mod detours;
mod disk;
mod fake;
mod ffmpeg;
mod hostile;
mod lacking;
mod late;
mod limits;
mod many;
mod memory;
mod names;
mod network;
mod signals;
mod terminal;
mod workers;
