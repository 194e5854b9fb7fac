//! Scales pictures down by averaging areas, with `fast_image_resize`'s SIMD.
//!
//! A crate of its own for one reason: the resizer is generic, so its code, in all the variants that
//! a CPU might want, is compiled into whoever calls it. Here that happens once; in `thumbnail-core`
//! it would be compiled again with every change of that crate.

use std::cell::Cell;

use fast_image_resize::images::TypedImage;
use fast_image_resize::pixels::{U8x3, U8x4};
use fast_image_resize::{Filter, FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

/// Scales `pixels`, 8 bits a channel and row by row, from `size` (width, height) to `wanted`. With
/// four `channels` the last one is alpha, not premultiplied; otherwise there are three.
///
/// Each new pixel is the mean of the old ones that it covers, and one that it covers in part counts
/// by that part: what `OpenCV` calls `INTER_AREA`.
///
/// `pixels` is not changed. It is mutable because the resizer's own pictures are `TypedImage`s, which borrow
/// mutably: with a `TypedImageRef` here, all of its code would be compiled for both types.
///
/// # Errors
/// What is wrong with the sizes, in words.
pub fn area_average(
    pixels: &mut [u8],
    channels: u32,
    size: (u32, u32),
    wanted: (u32, u32),
) -> Result<Vec<u8>, String> {
    // Both kinds of pixel are named, because a resizer that finds out for itself has to be compiled
    // for all fifteen that it knows.
    let average = match channels {
        4 => average::<U8x4>,
        _ => average::<U8x3>,
    };
    // One direction at a time: the filter depends on the scale, which may differ between them.
    let (width, height) = size;
    let mut narrow = average(pixels, size, (wanted.0, height), width, wanted.0)?;
    average(&mut narrow, (wanted.0, height), wanted, height, wanted.1)
}

/// Averages along the one side that goes from `from` to `to` pixels.
fn average<P: PixelTrait>(
    pixels: &mut [u8],
    size: (u32, u32),
    wanted: (u32, u32),
    from: u32,
    to: u32,
) -> Result<Vec<u8>, String> {
    let scale = f64::from(from) / f64::from(to);
    SCALE.set(scale);
    let filter = Filter::new("area", covered, 0.5 + 0.5 / scale).map_err(|e| e.to_string())?;
    // Alpha is premultiplied and divided out again, so that invisible colours do not bleed into
    // visible ones.
    let convolution = ResizeAlg::Convolution(FilterType::Custom(filter));
    let options = ResizeOptions::new().resize_alg(convolution);
    let mut averaged = vec![0; wanted.0 as usize * wanted.1 as usize * P::size()];
    let source = TypedImage::<P>::from_buffer(size.0, size.1, pixels);
    let source = source.map_err(|e| e.to_string())?;
    let target = TypedImage::<P>::from_buffer(wanted.0, wanted.1, &mut averaged);
    let mut target = target.map_err(|e| e.to_string())?;
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .map_err(|e| e.to_string())?;
    Ok(averaged)
}

thread_local! {
    /// Old pixels per new pixel, for [`covered`]: a filter is a plain function, which captures
    /// nothing.
    static SCALE: Cell<f64> = const { Cell::new(1.0) };
}

/// How much of an old pixel, whose middle is `distance` new pixels away, a new pixel covers.
///
/// The resizer's own box filter takes a pixel wholly or not at all, which is an average of areas
/// only where the scale is a whole number.
fn covered(distance: f64) -> f64 {
    let half = 0.5 / SCALE.get();
    ((distance + half).min(0.5) - (distance - half).max(-0.5)).max(0.0)
}
