//! What ffmpeg says on stderr.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbnail_core::internal::nonce;
use thumbnail_core::stages::Log;

fuzz_target!(|messages: &[u8]| {
    // In the corpus, a word that stands for what cannot be guessed.
    let messages = String::from_utf8_lossy(messages).replace("NONCE", nonce());
    let mut log = Log::default();
    for mut piece in messages.as_bytes().chunks(61) {
        while let Some(info) = log.push(&mut piece) {
            assert!(info.time.is_none_or(f64::is_finite));
        }
    }
    log.end();
    let _ = (log.verdict(), log.refusal());
    let _ = log.unreachable("http://localhost/a.mp4");
    assert!(log.last_complaint().len() <= messages.len() * 3);
});
