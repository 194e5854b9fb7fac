//! Pictures, and how they come out of ffmpeg's pipe.
//!
//! ffmpeg writes them as PAM (<https://netpbm.sourceforge.net/doc/pam.html>): a few lines of text
//! that give width, height and depth, then the pixels. Every picture describes itself, so nothing
//! has to be known beforehand, and a stream that changes its size midway is no special case.

use std::io::{BufRead, Read};

use crate::error::{Error, Result};

/// 8-bit pixels, row by row, without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels, at least 1.
    pub width: u32,
    /// In pixels, at least 1.
    pub height: u32,
    /// Bytes per pixel: 3 for red, green, blue; 4 with alpha (not premultiplied).
    pub channels: u32,
    /// `width * height * channels` bytes.
    pub pixels: Vec<u8>,
}

/// What stands in front of a picture's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// In pixels, at least 1.
    pub width: u32,
    /// In pixels, at least 1.
    pub height: u32,
    /// 3 or 4.
    pub channels: u32,
}

impl Header {
    /// A header is some 70 bytes long; whatever is much longer is none.
    pub const MAX_BYTES: u64 = 512;

    /// The last line of a header.
    pub const LAST_LINE: &'static [u8] = b"ENDHDR\n";

    /// Reads the text of a header, its last line included.
    ///
    /// # Errors
    /// [`Error::Confused`] if it is no PAM header of 8-bit RGB or RGBA pixels, [`Error::TooLarge`]
    /// if it promises more than `max_pixels` of them.
    pub fn parse(text: &[u8], max_pixels: u64) -> Result<Self> {
        let confused = || Error::Confused("it sent something that is not a picture".into());
        let text = text.strip_suffix(Self::LAST_LINE).ok_or_else(confused)?;
        let text = std::str::from_utf8(text).map_err(|_| confused())?;
        let mut lines = text.lines();
        if lines.next() != Some("P7") {
            return Err(confused());
        }
        let (mut width, mut height, mut channels, mut max_value) = (0, 0, 0, 0);
        for line in lines {
            let Some((key, value)) = line.split_once(' ') else {
                continue;
            };
            let field = match key {
                "WIDTH" => &mut width,
                "HEIGHT" => &mut height,
                "DEPTH" => &mut channels,
                "MAXVAL" => &mut max_value,
                _ => continue,
            };
            *field = value.parse().map_err(|_| confused())?;
        }
        if width == 0 || height == 0 || !matches!(channels, 3 | 4) || max_value != 255 {
            return Err(confused());
        }
        if u64::from(width) * u64::from(height) > max_pixels {
            return Err(Error::TooLarge(format!("{width}x{height}")));
        }
        Ok(Self {
            width,
            height,
            channels,
        })
    }

    /// A picture of this shape without its pixels, and the number of bytes that they take: there is
    /// room for them.
    ///
    /// # Errors
    /// [`Error::NoMemory`].
    pub fn room(self) -> Result<(Picture, usize)> {
        let no_memory = || Error::NoMemory(format!("{}x{}", self.width, self.height));
        let bytes = u64::from(self.width) * u64::from(self.height) * u64::from(self.channels);
        let bytes = usize::try_from(bytes).map_err(|_| no_memory())?;
        let mut pixels = Vec::new();
        pixels.try_reserve_exact(bytes).map_err(|_| no_memory())?;
        let picture = Picture {
            width: self.width,
            height: self.height,
            channels: self.channels,
            pixels,
        };
        Ok((picture, bytes))
    }
}

impl Picture {
    /// Reads the next picture; `None` at the end of the stream.
    ///
    /// # Errors
    /// [`Error::Confused`] if the stream ends in the middle of a picture or holds something else,
    /// [`Error::TooLarge`] if a picture has more than `max_pixels`, [`Error::NoMemory`].
    pub fn read(from: &mut impl BufRead, max_pixels: u64) -> Result<Option<Self>> {
        let broken = |_| Self::cut_off();
        let mut text = Vec::new();
        let mut header = from.by_ref().take(Header::MAX_BYTES);
        while !text.ends_with(Header::LAST_LINE) {
            if header.read_until(b'\n', &mut text).map_err(broken)? == 0 {
                if text.is_empty() {
                    return Ok(None);
                }
                break;
            }
        }
        let (mut picture, bytes) = Header::parse(&text, max_pixels)?.room()?;
        // Into reserved memory, so that it need not be set to zero first.
        let mut pixels = from.by_ref().take(bytes as u64);
        pixels.read_to_end(&mut picture.pixels).map_err(broken)?;
        if picture.pixels.len() < bytes {
            return Err(Self::cut_off());
        }
        picture.drop_idle_alpha();
        Ok(Some(picture))
    }

    /// What to say of a stream that ends in the middle of a picture.
    #[must_use]
    pub fn cut_off() -> Error {
        Error::Confused("its output ended in the middle of a frame".into())
    }

    /// Turns RGBA into RGB if no pixel is transparent. Some decoders (GIF's, for one) always give
    /// an alpha channel; a file without transparency should not carry one.
    pub fn drop_idle_alpha(&mut self) {
        if self.channels == 4 && self.pixels.chunks_exact(4).all(|pixel| pixel[3] == u8::MAX) {
            self.pixels = self
                .pixels
                .chunks_exact(4)
                .flat_map(|p| [p[0], p[1], p[2]])
                .collect();
            self.channels = 3;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u64 = 1 << 26;

    fn pam(width: u32, height: u32, depth: u32, pixels: &[u8]) -> Vec<u8> {
        let header = format!(
            "P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {depth}\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n"
        );
        [header.as_bytes(), pixels].concat()
    }

    #[test]
    fn pictures_follow_one_another_until_the_stream_ends() {
        let stream = [pam(2, 1, 3, &[1; 6]), pam(1, 1, 4, &[9, 8, 7, 6])].concat();
        let mut stream = stream.as_slice();
        let first = Picture::read(&mut stream, MAX).unwrap().unwrap();
        assert_eq!((first.width, first.height, first.channels), (2, 1, 3));
        let second = Picture::read(&mut stream, MAX).unwrap().unwrap();
        assert_eq!(second.pixels, [9, 8, 7, 6]);
        assert_eq!(Picture::read(&mut stream, MAX).unwrap(), None);
    }

    #[test]
    fn an_alpha_channel_that_says_nothing_is_dropped() {
        let opaque = pam(2, 1, 4, &[1, 2, 3, 255, 4, 5, 6, 255]);
        let picture = Picture::read(&mut opaque.as_slice(), MAX).unwrap().unwrap();
        assert_eq!(
            (picture.channels, picture.pixels),
            (3, vec![1, 2, 3, 4, 5, 6])
        );
    }

    #[test]
    fn half_a_picture_is_an_error() {
        for whole in [pam(2, 1, 3, &[1; 6]), b"P7\nWIDTH 2\n\n".to_vec()] {
            let half = &whole[..whole.len() - 1];
            assert!(matches!(
                Picture::read(&mut &*half, MAX),
                Err(Error::Confused(_))
            ));
        }
    }

    #[test]
    fn garbage_is_no_picture() {
        for garbage in [vec![b'x'; 4096], pam(0, 1, 3, &[]), pam(1, 1, 7, &[0; 7])] {
            assert!(matches!(
                Picture::read(&mut garbage.as_slice(), MAX),
                Err(Error::Confused(_))
            ));
        }
    }

    #[test]
    fn memory_is_not_the_videos_choice() {
        let huge = pam(60_000, 60_000, 3, &[]);
        let error = Picture::read(&mut huge.as_slice(), MAX).unwrap_err();
        assert!(error.to_string().contains("60000x60000"), "{error}");
    }
}
