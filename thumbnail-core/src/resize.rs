//! From one frame to its thumbnails.

use std::cell::Cell;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{
    Filter, FilterType, IntoImageView, PixelType, ResizeAlg, ResizeOptions, Resizer,
};

use crate::error::{Error, Result};
use crate::picture::Picture;

/// Width over height of one pixel: 1/1 where pixels are square.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelAspect {
    /// Width.
    pub num: u32,
    /// Height.
    pub den: u32,
}

impl PixelAspect {
    /// Square pixels.
    pub const SQUARE: Self = Self { num: 1, den: 1 };
}

/// A thumbnail's size for a frame, or `None` where it would have to be enlarged.
///
/// `height = floor(height * width_wanted / width)`, at least 1, with the width that the frame has when its
/// pixels are shown square.
#[must_use]
pub fn thumbnail_size(frame: (u32, u32), aspect: PixelAspect, width: u32) -> Option<(u32, u32)> {
    let (frame_width, frame_height) = (u128::from(frame.0), u128::from(frame.1));
    let (num, den) = (u128::from(aspect.num.max(1)), u128::from(aspect.den.max(1)));
    let wanted = u128::from(width);
    // The shown width is frame_width * num / den; comparing products keeps it exact.
    let fits = wanted <= frame_width && wanted * den <= frame_width * num;
    let height = (frame_height * wanted * den / (frame_width * num)).max(1);
    match u32::try_from(height) {
        Ok(height) if fits && width > 0 => Some((width, height)),
        _ => None,
    }
}

/// Scales a frame to each of `widths` that it is wide enough for, by averaging areas (what `OpenCV`
/// calls `INTER_AREA`). Gives each thumbnail with the width it was made for, in the order of `widths`.
///
/// # Errors
/// [`Error::Picture`] if the resizer refuses the picture.
pub fn resize(frame: &Picture, aspect: PixelAspect, widths: &[u32]) -> Result<Vec<Picture>> {
    let pixel_type = match frame.channels {
        4 => PixelType::U8x4,
        _ => PixelType::U8x3,
    };
    let source = ImageRef::new(frame.width, frame.height, &frame.pixels, pixel_type)
        .map_err(|e| refused(&e))?;
    let mut resizer = Resizer::new();
    let sizes = widths
        .iter()
        .filter_map(|&width| thumbnail_size((frame.width, frame.height), aspect, width));
    sizes
        .map(|(width, height)| {
            // One direction at a time: the filter depends on the scale, which differs between them.
            let mut narrow = Image::new(width, frame.height, pixel_type);
            average(&mut resizer, &source, &mut narrow, frame.width, width)?;
            let mut thumbnail = Image::new(width, height, pixel_type);
            average(&mut resizer, &narrow, &mut thumbnail, frame.height, height)?;
            Ok(Picture {
                width,
                height,
                channels: frame.channels,
                pixels: thumbnail.into_vec(),
            })
        })
        .collect()
}

fn refused(error: &dyn std::fmt::Display) -> Error {
    Error::Picture(error.to_string())
}

thread_local! {
    /// Source pixels per target pixel, for [`covered`]: a filter is a plain function, which captures nothing.
    static SCALE: Cell<f64> = const { Cell::new(1.0) };
}

/// How much of a source pixel, whose middle is `distance` target pixels away, a target pixel covers.
///
/// The resizer's own box filter takes a pixel wholly or not at all, which is an average of areas only where the
/// scale is a whole number.
fn covered(distance: f64) -> f64 {
    let half = 0.5 / SCALE.get();
    ((distance + half).min(0.5) - (distance - half).max(-0.5)).max(0.0)
}

/// Averages areas along the one side that shrinks, from `from` pixels to `to`. Alpha is premultiplied for it and
/// divided out again, so that invisible colours do not bleed into visible ones.
fn average(
    resizer: &mut Resizer,
    source: &impl IntoImageView,
    target: &mut Image,
    from: u32,
    to: u32,
) -> Result<()> {
    let scale = f64::from(from) / f64::from(to);
    SCALE.set(scale);
    let filter = Filter::new("area", covered, 0.5 + 0.5 / scale).map_err(|e| refused(&e))?;
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Custom(filter)));
    resizer
        .resize(source, target, &options)
        .map_err(|e| refused(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn height_is_rounded_down_but_never_to_nothing() {
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
    fn parts_of_pixels_count_by_their_part() {
        let frame = Picture {
            width: 3,
            height: 1,
            channels: 3,
            pixels: [[30; 3], [90; 3], [210; 3]].concat(),
        };
        let thumbnails = resize(&frame, PixelAspect::SQUARE, &[2]).unwrap();
        // One pixel and half of the next: (30 + 45) / 1.5 and (45 + 210) / 1.5.
        assert_eq!(thumbnails[0].pixels, [[50; 3], [170; 3]].concat());
    }

    #[test]
    fn a_whole_number_of_pixels_is_averaged_exactly() {
        let frame = Picture {
            width: 4,
            height: 2,
            channels: 3,
            pixels: [[0; 3], [10; 3], [100; 3], [200; 3]].concat().repeat(2),
        };
        let thumbnails = resize(&frame, PixelAspect::SQUARE, &[2, 8]).unwrap();
        assert_eq!(thumbnails.len(), 1);
        assert_eq!(thumbnails[0].pixels, [[5; 3], [150; 3]].concat());
    }
}
