//! From one frame to its thumbnails.

use area_average::area_average;

use crate::error::{Error, Result};
pub use crate::ffmpeg::frame_info::PixelAspect;
use crate::ffmpeg::frame_stream::Picture;

/// The size of a thumbnail of `width` pixels for a frame, or `None` if the frame would have to be
/// enlarged.
///
/// `height = floor(height * width_wanted / width)`, at least 1. In the formula, `width` is the frame's
/// display width: its width after scaling to square pixels.
#[must_use]
pub fn thumbnail_size(frame: (u32, u32), aspect: PixelAspect, width: u32) -> Option<(u32, u32)> {
    let (frame_width, frame_height) = (u128::from(frame.0), u128::from(frame.1));
    let (num, den) = (u128::from(aspect.num.max(1)), u128::from(aspect.den.max(1)));
    let wanted = u128::from(width);
    // The display width is frame_width * num / den; comparing products avoids the division's rounding.
    let fits = wanted <= frame_width && wanted * den <= frame_width * num;
    let height = (frame_height * wanted * den / (frame_width * num)).max(1);
    match u32::try_from(height) {
        Ok(height) if fits && width > 0 => Some((width, height)),
        _ => None,
    }
}

/// The display size of a frame: its size after scaling to square pixels. One side is shrunk for that;
/// no side is enlarged.
#[must_use]
pub fn shown_size((width, height): (u32, u32), aspect: PixelAspect) -> (u32, u32) {
    let (num, den) = (aspect.num.max(1), aspect.den.max(1));
    let shrunk = |side: u32, by: (u32, u32)| {
        let side = u64::from(side) * u64::from(by.0) / u64::from(by.1);
        u32::try_from(side).unwrap_or(u32::MAX).max(1)
    };
    if num >= den {
        (width, shrunk(height, (den, num)))
    } else {
        (shrunk(width, (num, den)), height)
    }
}

/// Scales a frame to each of `widths` that it is wide enough for, by area averaging (what `OpenCV`
/// calls `INTER_AREA`). Returns the thumbnails in the order of `widths`. The frame is not changed.
///
/// # Errors
/// [`Error::Picture`] if the resizer refuses the picture.
pub fn resize(frame: &mut Picture, aspect: PixelAspect, widths: &[u32]) -> Result<Vec<Picture>> {
    let size = (frame.width, frame.height);
    let wanted = widths
        .iter()
        .filter_map(|&width| thumbnail_size(size, aspect, width));
    wanted
        .map(|wanted| {
            let pixels = area_average(&mut frame.pixels, frame.channels, size, wanted);
            Ok(Picture {
                width: wanted.0,
                height: wanted.1,
                channels: frame.channels,
                pixels: pixels.map_err(Error::Picture)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn height_is_rounded_down_but_is_at_least_1() {
        let size = |frame, width| thumbnail_size(frame, PixelAspect::SQUARE, width);
        assert_eq!(size((1920, 1080), 640), Some((640, 360)));
        assert_eq!(size((321, 241), 320), Some((320, 240)));
        assert_eq!(size((1600, 2), 160), Some((160, 1)));
    }

    #[test]
    fn nothing_is_enlarged() {
        let wide = PixelAspect { num: 2, den: 1 };
        let tall = PixelAspect { num: 8, den: 9 };
        assert_eq!(thumbnail_size((600, 400), PixelAspect::SQUARE, 640), None);
        assert_eq!(thumbnail_size((600, 400), wide, 640), None);
        assert_eq!(thumbnail_size((720, 480), tall, 640), Some((640, 480)));
        assert_eq!(thumbnail_size((720, 480), tall, 641), None);
    }

    #[test]
    fn a_partly_covered_pixel_counts_by_the_covered_part() {
        let mut frame = Picture {
            width: 3,
            height: 1,
            channels: 3,
            pixels: [[30; 3], [90; 3], [210; 3]].concat(),
        };
        let thumbnails = resize(&mut frame, PixelAspect::SQUARE, &[2]).unwrap();
        // One pixel and half of the next: (30 + 45) / 1.5 and (45 + 210) / 1.5.
        assert_eq!(thumbnails[0].pixels, [[50; 3], [170; 3]].concat());
    }

    #[test]
    fn a_whole_number_of_pixels_is_averaged_exactly() {
        let mut frame = Picture {
            width: 4,
            height: 2,
            channels: 3,
            pixels: [[0; 3], [10; 3], [100; 3], [200; 3]].concat().repeat(2),
        };
        let thumbnails = resize(&mut frame, PixelAspect::SQUARE, &[2, 8]).unwrap();
        assert_eq!(thumbnails.len(), 1);
        assert_eq!(thumbnails[0].pixels, [[5; 3], [150; 3]].concat());
    }
}
