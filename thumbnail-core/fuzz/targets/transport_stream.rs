//! The packets of a transport stream, which are read without ffmpeg.

#![no_main]

use std::cell::RefCell;
use std::fs::File;
use std::io::{Seek, Write};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use thumbnail_core::internal::{Packet, transport_stream};

thread_local! {
    static FILE: RefCell<File> = RefCell::new(tempfile::tempfile().unwrap());
}

fuzz_target!(|bytes: &[u8]| {
    FILE.with_borrow_mut(|file| {
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        file.write_all(bytes).unwrap();
        if let Some(listed) = transport_stream::list(file, Duration::from_secs(10)).unwrap() {
            assert!(listed.packets[0].key);
            let in_order = |pair: &[Packet]| pair[0].dts < pair[1].dts;
            assert!(listed.packets.windows(2).all(in_order));
            assert!(listed.packets.iter().all(|packet| packet.pts >= packet.dts));
        }
    });
});
