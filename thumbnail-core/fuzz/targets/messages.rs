//! What ffmpeg says on stderr.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbnail_core::ffmpeg::log::Log;

fuzz_target!(|messages: &[u8]| {
    let mut log = Log::default();
    for line in messages.split(|byte| *byte == b'\n') {
        if let Some(info) = log.line(&String::from_utf8_lossy(line)) {
            assert!(info.time.is_none_or(f64::is_finite));
        }
    }
    let _ = (log.verdict(), log.refusal());
    let _ = log.unreachable("http://localhost/a.mp4");
    // Each byte that is no UTF-8 is shown as a character of three.
    assert!(log.last_complaint().len() <= messages.len() * 3);
});
