//! The packets of a file, where they are listed without ffmpeg.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use thumbnail_core::internal::{Packet, list};
use thumbnail_core_fuzz::with_file;

fuzz_target!(|bytes: &[u8]| {
    with_file(bytes, |file| {
        if let Some(listed) = list(file, Duration::from_secs(10)).unwrap() {
            assert!(listed.tick > 0.0 && listed.packets[0].key);
            let in_order = |pair: &[Packet]| pair[0].dts < pair[1].dts;
            assert!(listed.packets.windows(2).all(in_order));
        }
    });
});
