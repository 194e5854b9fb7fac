//! The listing of packets that ffmpeg prints when it is asked what a file contains.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbnail_core::internal::Index;
use thumbnail_core_fuzz::check_index;

fuzz_target!(|listing: &[u8]| {
    let text = String::from_utf8_lossy(listing);
    for container in [None, Some("mov,mp4"), Some("matroska,webm")] {
        if let Ok(index) = Index::from_packets(&text, container, None, false) {
            check_index(&index);
            let _ = index.from_decoded(&text, "");
        }
        for clock_span in [None, Some(2.0)] {
            if let Some(index) = Index::from_ends(&text, container, None, false, clock_span) {
                check_index(&index);
            }
        }
    }
});
