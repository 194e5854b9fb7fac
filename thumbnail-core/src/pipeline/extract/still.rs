//! What a file is that is no video, in words: many a picture is dragged in with the videos.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Enough of a file to find the video of a motion photo in, in bytes.
const LOOK_AT: u64 = 16 << 20;

/// Which picture is in the file, or that it is text; `None` if it is something else.
pub(super) fn what_it_is(path: &Path) -> Option<&'static str> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LOOK_AT).read_to_end(&mut bytes).ok()?;
    describe(&bytes)
}

fn describe(bytes: &[u8]) -> Option<&'static str> {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let at = |place: usize, part: &[u8]| bytes.get(place..).is_some_and(|b| b.starts_with(part));
    let webp = at(0, b"RIFF") && at(8, b"WEBP");
    let brand = |names: &[&[u8]]| at(4, b"ftyp") && names.iter().any(|name| at(8, name));
    Some(match bytes {
        _ if at(0, b"\xff\xd8\xff") && has(b"ftyp") => {
            "a motion photo: a JPEG picture with a video behind it, which is not read"
        }
        _ if at(0, b"\xff\xd8\xff") => "a JPEG picture",
        _ if at(0, b"\x89PNG") => "a PNG picture",
        _ if webp && has(b"ANIM") => "an animated WebP picture, which is not read",
        _ if webp => "a WebP picture",
        _ if brand(&[b"heic", b"heix", b"mif1"]) => "an HEIC picture",
        _ if brand(&[b"avif"]) => "an AVIF picture",
        _ if at(0, b"BM") => "a BMP picture",
        _ if at(0, b"II*\0") || at(0, b"MM\0*") => "a TIFF picture",
        _ if is_plain_text(bytes) => "text",
        _ => return None,
    })
}

/// Text that names no files for ffmpeg: lists of videos are text, too.
fn is_plain_text(bytes: &[u8]) -> bool {
    let lists = [
        "ffconcat", "#EXTM3U", "<", "v=0", "[", "http", "file ", "%PDF",
    ];
    let text = std::str::from_utf8(bytes);
    text.is_ok_and(|text| {
        let is_list = lists.iter().any(|list| text.trim_start().starts_with(list));
        !is_list && !text.contains('\0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_text_are_named() {
        for (bytes, word) in [
            (&b"\xff\xd8\xff\xe0JFIF"[..], "JPEG"),
            (b"\xff\xd8\xff\xe1Exif\0\0\0\x18ftypmp42", "motion photo"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "a WebP picture"),
            (b"RIFF\x10\0\0\0WEBPVP8X\0\0ANIM", "animated WebP"),
            (b"\0\0\0\x18ftypheic", "HEIC"),
            (b"\0\0\0\x18ftypavif", "AVIF"),
            (b"Dear Ada,\n", "text"),
        ] {
            let found = describe(bytes).unwrap_or_default();
            assert!(found.contains(word), "{word}: {found}");
        }
    }

    #[test]
    fn lists_of_files_and_videos_are_not_named() {
        for bytes in [
            &b"ffconcat version 1.0\nfile a.mp4\n"[..],
            b"#EXTM3U\n",
            b"v=0\r\n",
            b"\0\0\0\x18ftypisom",
            b"RIFF\0\0\0\0AVI ",
        ] {
            assert_eq!(describe(bytes), None);
        }
    }
}
