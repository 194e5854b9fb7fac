//! Parses the pictures that ffmpeg writes to stdout.
//!
//! They are in the PAM format (<https://netpbm.sourceforge.net/doc/pam.html>): a text header of a few lines
//! with width, height and depth, then the pixels. Each picture has its own header, so the size need not be
//! known in advance, and it can differ from one picture to the next.

use std::borrow::Cow;

use crate::error::{Confusion, Error, Result};

/// The default capacity of a pipe on Linux, in bytes. A single read returns no more than that.
pub const PIPE_BYTES: usize = 64 << 10;

/// Pixels, row by row, without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels, at least 1.
    pub width: u32,
    /// In pixels, at least 1.
    pub height: u32,
    /// Bytes per pixel: 3 for red, green and blue, 4 with alpha (not premultiplied). Before tone mapping
    /// (`pipeline/tone_map.rs`) it can be 6 or 8: 16 bits a channel, in big-endian order.
    pub channels: u32,
    /// `width * height * channels` bytes.
    pub pixels: Vec<u8>,
}

/// The header of a PAM picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    width: u32,
    height: u32,
    channels: u32,
}

impl Header {
    /// The most bytes of a header. ffmpeg's headers have some 70 bytes.
    const MAX_BYTES: usize = 512;

    /// The last line of a header.
    const LAST_LINE: &'static [u8] = b"ENDHDR\n";

    /// Parses the text of a header, including its last line.
    ///
    /// # Errors
    /// [`Error::Confused`] if it is not a PAM header for RGB or RGBA with 8 or 16 bits a channel,
    /// [`Error::TooLarge`] if the picture has more than `max_pixels`.
    fn parse(text: &[u8], max_pixels: u64) -> Result<Self> {
        let confused = || Error::Confused(Confusion::NotAPicture);
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
        if width == 0 || height == 0 || !matches!(channels, 3 | 4) {
            return Err(confused());
        }
        match max_value {
            255 => {}
            65_535 => channels *= 2,
            _ => return Err(confused()),
        }
        if u64::from(width) * u64::from(height) > max_pixels {
            return Err(Error::TooLarge { width, height });
        }
        Ok(Self {
            width,
            height,
            channels,
        })
    }

    /// Allocates the picture. Returns it with empty `pixels` that have the capacity for all of its bytes, and
    /// the number of these bytes.
    ///
    /// # Errors
    /// [`Error::NoMemory`].
    fn allocate(self) -> Result<(Picture, usize)> {
        let no_memory = || Error::NoMemory {
            width: self.width,
            height: self.height,
        };
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

/// Parses a stream of pictures while it arrives.
#[derive(Debug)]
pub struct FrameStream {
    max_pixels: u64,
    /// The part of the header that has arrived.
    header: Vec<u8>,
    /// The picture whose pixels are arriving, and its size in bytes.
    picture: Option<(Picture, usize)>,
}

impl FrameStream {
    /// Pictures of more than `max_pixels` are errors.
    #[must_use]
    pub fn new(max_pixels: u64) -> Self {
        Self {
            max_pixels,
            header: Vec::new(),
            picture: None,
        }
    }

    /// Consumes bytes from the front of `bytes`, and returns the next picture as soon as it is complete. Call
    /// it again until `bytes` is empty.
    ///
    /// # Errors
    /// [`Error::Confused`] if the stream holds anything but pictures, [`Error::TooLarge`],
    /// [`Error::NoMemory`].
    pub fn push(&mut self, bytes: &mut &[u8]) -> Result<Option<Picture>> {
        while !bytes.is_empty() {
            let Some((picture, size)) = &mut self.picture else {
                self.push_header(bytes)?;
                continue;
            };
            let missing = *size - picture.pixels.len();
            let (now, later) = bytes.split_at(missing.min(bytes.len()));
            picture.pixels.extend_from_slice(now);
            *bytes = later;
            if now.len() == missing
                && let Some((picture, _)) = self.picture.take()
            {
                return Ok(Some(picture));
            }
        }
        Ok(None)
    }

    /// Consumes the next line of a header, or the part of it that has arrived.
    fn push_header(&mut self, bytes: &mut &[u8]) -> Result<()> {
        let line = bytes.iter().position(|byte| *byte == b'\n');
        let taken = line.map_or(bytes.len(), |end| end + 1);
        let (now, later) = bytes.split_at(taken.min(Header::MAX_BYTES - self.header.len()));
        self.header.extend_from_slice(now);
        *bytes = later;
        let whole = self.header.ends_with(Header::LAST_LINE);
        if whole || self.header.len() == Header::MAX_BYTES {
            self.picture = Some(Header::parse(&self.header, self.max_pixels)?.allocate()?);
            self.header.clear();
        }
        Ok(())
    }

    /// Checks, at the end of the stream, that it does not end in the middle of a picture.
    ///
    /// # Errors
    /// [`Error::Confused`].
    pub fn end(&self) -> Result<()> {
        if self.header.is_empty() && self.picture.is_none() {
            return Ok(());
        }
        Err(Error::Confused(Confusion::MidFrame))
    }
}

impl Picture {
    /// Has the picture an alpha channel, of 8 or 16 bits?
    #[must_use]
    pub fn has_alpha(&self) -> bool {
        matches!(self.channels, 4 | 8)
    }

    /// Is every pixel wholly transparent?
    pub(crate) fn is_transparent(&self) -> bool {
        self.channels == 4 && self.pixels.chunks_exact(4).all(|pixel| pixel[3] == 0)
    }

    /// Converts RGBA to RGB if all pixels are opaque. Some decoders (GIF's, for example) always output an alpha
    /// channel, but the thumbnails of an opaque video should not have one.
    pub(crate) fn drop_idle_alpha(&mut self) {
        if self.channels == 4 && self.pixels.chunks_exact(4).all(|pixel| pixel[3] == u8::MAX) {
            self.pixels = self
                .pixels
                .chunks_exact(4)
                .flat_map(|p| [p[0], p[1], p[2]])
                .collect();
            self.channels = 3;
        }
    }

    /// The pixels as RGB, blended with a white background where they are transparent.
    #[must_use]
    pub fn on_white(&self) -> Cow<'_, [u8]> {
        if self.channels != 4 {
            return Cow::Borrowed(&self.pixels);
        }
        let pixels = self.pixels.chunks_exact(4);
        let opaque = pixels.flat_map(|p| {
            let alpha = u16::from(p[3]);
            let over = |c: u8| {
                let mixed = (u16::from(c) * alpha + 255 * (255 - alpha) + 127) / 255;
                u8::try_from(mixed).unwrap_or(u8::MAX)
            };
            [over(p[0]), over(p[1]), over(p[2])]
        });
        Cow::Owned(opaque.collect())
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

    /// Parses a stream that arrives in pieces of `bytes` bytes.
    fn decode(stream: &[u8], bytes: usize) -> Result<Vec<Picture>> {
        let mut frames = FrameStream::new(MAX);
        let mut pictures = Vec::new();
        for mut piece in stream.chunks(bytes) {
            while !piece.is_empty() {
                pictures.extend(frames.push(&mut piece)?);
            }
        }
        frames.end().map(|()| pictures)
    }

    #[test]
    fn pictures_follow_one_another_in_pieces_of_any_size() {
        let stream = [pam(2, 1, 3, &[1; 6]), pam(1, 1, 4, &[9, 8, 7, 6])].concat();
        for bytes in [1, 2, 3, 70, 4096] {
            let pictures = decode(&stream, bytes).unwrap();
            let [first, second] = &pictures[..] else {
                panic!("{pictures:?}")
            };
            assert_eq!((first.width, first.height, first.channels), (2, 1, 3));
            assert_eq!(second.pixels, [9, 8, 7, 6]);
        }
    }

    #[test]
    fn an_alpha_channel_without_transparent_pixels_is_dropped() {
        let opaque = pam(2, 1, 4, &[1, 2, 3, 255, 4, 5, 6, 255]);
        let picture = &mut decode(&opaque, 64).unwrap()[0];
        assert!(picture.has_alpha());
        picture.drop_idle_alpha();
        assert_eq!(picture.channels, 3);
        assert_eq!(picture.pixels, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn transparent_pixels_become_white_without_an_alpha_channel() {
        let picture = Picture {
            width: 2,
            height: 1,
            channels: 4,
            pixels: vec![0, 0, 0, 0, 10, 20, 30, 255],
        };
        assert_eq!(*picture.on_white(), [255, 255, 255, 10, 20, 30]);
    }

    #[test]
    fn pixels_of_16_bits_a_channel_take_twice_the_bytes() {
        let deep = |depth, bytes| {
            let text = String::from_utf8(pam(1, 1, depth, &[])).unwrap();
            let text = text.replace("MAXVAL 255", "MAXVAL 65535");
            [text.as_bytes(), &vec![7; bytes][..]].concat()
        };
        let pictures = decode(&[deep(3, 6), deep(4, 8)].concat(), 5).unwrap();
        let channels: Vec<_> = pictures.iter().map(|p| p.channels).collect();
        assert_eq!(channels, [6, 8]);
    }

    #[test]
    fn half_a_picture_is_an_error() {
        for whole in [pam(2, 1, 3, &[1; 6]), b"P7\nWIDTH 2\n\n".to_vec()] {
            let half = &whole[..whole.len() - 1];
            assert!(matches!(decode(half, 64), Err(Error::Confused(_))));
        }
    }

    #[test]
    fn garbage_is_no_picture() {
        for garbage in [vec![b'x'; 4096], pam(0, 1, 3, &[]), pam(1, 1, 7, &[0; 7])] {
            assert!(matches!(decode(&garbage, 64), Err(Error::Confused(_))));
        }
    }

    #[test]
    fn a_picture_above_the_limit_is_refused_before_memory_is_allocated() {
        let huge = pam(60_000, 60_000, 3, &[]);
        let error = decode(&huge, 64).unwrap_err();
        assert!(error.to_string().contains("60000x60000"), "{error}");
    }
}
