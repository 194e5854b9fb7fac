//! The packets of a transport stream, which are read without ffmpeg.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use thumbnail_core::internal::{Packet, transport_stream};
use thumbnail_core_fuzz::with_file;

fuzz_target!(|bytes: &[u8]| {
    with_file(bytes, |file| {
        if let Some(listed) = transport_stream::list(file, Duration::from_secs(10)).unwrap() {
            assert!(listed.packets[0].key);
            let in_order = |pair: &[Packet]| pair[0].dts < pair[1].dts;
            assert!(listed.packets.windows(2).all(in_order));
            assert!(listed.packets.iter().all(|packet| packet.pts >= packet.dts));
        }
    });
});
