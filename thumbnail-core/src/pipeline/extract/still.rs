//! Names the contents of a file that is not a video, for the error message. Pictures are often selected
//! together with videos.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use image::ImageFormat;

use crate::error::Contents;

/// How much of a file is read, in bytes: enough to find the video that a motion photo has after its picture.
const MAX_READ_BYTES: u64 = 16 << 20;

/// The kind of picture in the file, or that it is text; `None` if it is something else.
pub(super) fn describe_file(path: &Path) -> Option<Contents> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX_READ_BYTES).read_to_end(&mut bytes).ok()?;
    describe(&bytes)
}

fn describe(bytes: &[u8]) -> Option<Contents> {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let brand = bytes.get(4..).and_then(|rest| rest.strip_prefix(b"ftyp"));
    let is_heic = brand.is_some_and(|brand| {
        let names = [b"heic", b"heix", b"mif1"];
        names.iter().any(|name| brand.starts_with(&name[..]))
    });
    Some(match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) if has(b"ftyp") => Contents::MotionPhoto,
        Ok(ImageFormat::Jpeg) => Contents::Jpeg,
        Ok(ImageFormat::Png) => Contents::Png,
        Ok(ImageFormat::WebP) if has(b"ANIM") => Contents::AnimatedWebP,
        Ok(ImageFormat::WebP) => Contents::WebP,
        Ok(ImageFormat::Avif) => Contents::Avif,
        Ok(ImageFormat::Bmp) => Contents::Bmp,
        Ok(ImageFormat::Tiff) => Contents::Tiff,
        _ if is_heic => Contents::Heic,
        _ if is_plain_text(bytes) => Contents::Text,
        _ => return None,
    })
}

/// Is it text, other than a playlist or another list of files? For those the error "not allowed" says more.
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
        for (bytes, contents) in [
            (&b"\xff\xd8\xff\xe0JFIF"[..], Contents::Jpeg),
            (
                b"\xff\xd8\xff\xe1Exif\0\0\0\x18ftypmp42",
                Contents::MotionPhoto,
            ),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Contents::WebP),
            (b"RIFF\x10\0\0\0WEBPVP8X\0\0ANIM", Contents::AnimatedWebP),
            (b"\0\0\0\x18ftypheic", Contents::Heic),
            (b"\0\0\0\x18ftypavif", Contents::Avif),
            (b"Dear Ada,\n", Contents::Text),
        ] {
            assert_eq!(describe(bytes), Some(contents));
        }
    }

    #[test]
    fn playlists_and_videos_are_not_named() {
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
