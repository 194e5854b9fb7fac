//! Containers that call every frame a keyframe. What decoders make of a frame without those that it
//! refers to is no picture.

use std::fs;

use crate::numbered::{Joined, expect_both, numbered};
use crate::support::few;

/// Marks every frame of an AVI as a keyframe in its index (`idx1`, entries of 16 bytes; `AVIIF_KEYFRAME`
/// is 0x10).
fn mark_all(avi: &mut [u8]) {
    let index = avi.windows(4).rposition(|w| w == b"idx1").unwrap();
    for entry in avi[index + 8..].chunks_exact_mut(16) {
        entry[4] |= 0x10;
    }
}

#[test]
fn a_frame_that_is_wrongly_called_a_keyframe_is_no_place_to_begin() {
    let frames = [0, 125, 250, 374, 499].map(|n| (n, (320, 192)));
    let codecs = ["h263p", "wmv2", "msmpeg4v2", "flv", "snow"];
    for codec in codecs.into_iter().take(few(2)) {
        let picture = numbered(320, 192, 20, 0);
        let arguments = format!("{picture} -c:v {codec} -q:v 3 -g 60");
        let Some(clip) = Joined::encode("avi", &[arguments]) else {
            continue;
        };
        let mut avi = fs::read(clip.bytes("right.avi")).unwrap();
        mark_all(&mut avi);
        let avi = clip.write("wrong.avi", &avi);
        let mkv = clip.copy(&avi, "wrong.mkv");
        // Where nobody knows the keyframes, keyframe mode has the wanted frames themselves.
        expect_both(&avi, &frames, &frames);
        expect_both(&mkv, &frames, &frames);
    }
}
