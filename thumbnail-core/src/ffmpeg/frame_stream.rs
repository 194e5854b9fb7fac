//! Pictures, and how they come out of ffmpeg's pipe.
//!
//! ffmpeg writes them as PAM (<https://netpbm.sourceforge.net/doc/pam.html>): a few lines of text
//! that give width, height and depth, then the pixels. Every picture describes itself, so nothing
//! has to be known beforehand, and a stream that changes its size midway is no special case.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// What a pipe holds on Linux: a read gives no more at once.
pub const PIPE_BYTES: usize = 64 << 10;

/// Pixels, row by row, without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels, at least 1.
    pub width: u32,
    /// In pixels, at least 1.
    pub height: u32,
    /// Bytes per pixel: 3 for red, green, blue; 4 with alpha (not premultiplied). Before high dynamic
    /// range is mapped (`pipeline/tone_map.rs`) twice as many, for 16 bits a channel, the upper
    /// 8 first.
    pub channels: u32,
    /// `width * height * channels` bytes.
    pub pixels: Vec<u8>,
}

/// What stands in front of a picture's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    width: u32,
    height: u32,
    channels: u32,
}

impl Header {
    /// A header is some 70 bytes long; whatever is much longer is none.
    const MAX_BYTES: usize = 512;

    /// The last line of a header.
    const LAST_LINE: &'static [u8] = b"ENDHDR\n";

    /// Reads the text of a header, its last line included.
    ///
    /// # Errors
    /// [`Error::Confused`] if it is no PAM header of RGB or RGBA pixels of 8 or 16 bits a channel, [`Error::TooLarge`]
    /// if it promises more than `max_pixels` of them.
    fn parse(text: &[u8], max_pixels: u64) -> Result<Self> {
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
        if width == 0 || height == 0 || !matches!(channels, 3 | 4) {
            return Err(confused());
        }
        match max_value {
            255 => {}
            65_535 => channels *= 2,
            _ => return Err(confused()),
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
    fn room(self) -> Result<(Picture, usize)> {
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

/// The stream of pictures, decoded as it arrives.
#[derive(Debug)]
pub struct FrameStream {
    max_pixels: u64,
    header: Vec<u8>,
    /// The picture whose pixels are arriving, and how many bytes they take.
    picture: Option<(Picture, usize)>,
}

impl FrameStream {
    /// Refuses pictures of more than `max_pixels`.
    #[must_use]
    pub fn new(max_pixels: u64) -> Self {
        Self {
            max_pixels,
            header: Vec::new(),
            picture: None,
        }
    }

    /// Takes bytes from the front of `bytes`. Gives a picture as soon as it is whole; until `bytes` is
    /// empty, there may be more.
    ///
    /// # Errors
    /// [`Error::Confused`] if the stream holds something else, [`Error::TooLarge`],
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

    /// Takes the next line of a header, or what has arrived of it.
    fn push_header(&mut self, bytes: &mut &[u8]) -> Result<()> {
        let line = bytes.iter().position(|byte| *byte == b'\n');
        let taken = line.map_or(bytes.len(), |end| end + 1);
        let (now, later) = bytes.split_at(taken.min(Header::MAX_BYTES - self.header.len()));
        self.header.extend_from_slice(now);
        *bytes = later;
        let whole = self.header.ends_with(Header::LAST_LINE);
        if whole || self.header.len() == Header::MAX_BYTES {
            self.picture = Some(Header::parse(&self.header, self.max_pixels)?.room()?);
            self.header.clear();
        }
        Ok(())
    }

    /// Fails if the stream, at its end, is in the middle of a picture.
    ///
    /// # Errors
    /// [`Error::Confused`].
    pub fn end(&self) -> Result<()> {
        if self.header.is_empty() && self.picture.is_none() {
            return Ok(());
        }
        let half = "its output ended in the middle of a frame";
        Err(Error::Confused(half.into()))
    }
}

impl Picture {
    /// Is there an alpha channel, of 8 bits or of 16?
    #[must_use]
    pub fn has_alpha(&self) -> bool {
        matches!(self.channels, 4 | 8)
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

    /// Red, green and blue of the picture laid on white, as pages are.
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

    /// Decodes a stream that arrives in pieces of so many bytes.
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
    fn an_alpha_channel_that_says_nothing_is_dropped() {
        let opaque = pam(2, 1, 4, &[1, 2, 3, 255, 4, 5, 6, 255]);
        let picture = &mut decode(&opaque, 64).unwrap()[0];
        assert!(picture.has_alpha());
        picture.drop_idle_alpha();
        assert_eq!(picture.channels, 3);
        assert_eq!(picture.pixels, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn transparency_becomes_white_where_there_may_be_none() {
        let picture = Picture {
            width: 2,
            height: 1,
            channels: 4,
            pixels: vec![0, 0, 0, 0, 10, 20, 30, 255],
        };
        assert_eq!(*picture.on_white(), [255, 255, 255, 10, 20, 30]);
    }

    #[test]
    fn pixels_of_16_bits_are_twice_as_long() {
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
    fn memory_is_not_the_videos_choice() {
        let huge = pam(60_000, 60_000, 3, &[]);
        let error = decode(&huge, 64).unwrap_err();
        assert!(error.to_string().contains("60000x60000"), "{error}");
    }
}
