//! The pages keep their word: commands give what is printed, links lead somewhere, and code is code.
//!
//! Rust blocks without `ignore` are compiled and run elsewhere: as examples of this crate, which
//! takes the pages in when it is tested (the end of `src/lib.rs`).

#[path = "../support/mod.rs"]
mod support;

mod links;
mod pages;
mod quotes;

// The commands are those of a Unix shell, and one of them kills a process by its parent.
#[cfg(target_os = "linux")]
mod console;
