//! Scales pictures down by averaging areas, with `fast_image_resize`'s SIMD.
//!
//! A crate of its own for one reason: the resizer is generic, so its code, in all the variants that a CPU might
//! want, is compiled into whoever calls it. Here that happens once; in `thumbnail-core` it would make every change
//! of that crate take minutes to build.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

/// Scales `pixels`, 8 bits a channel and row by row, from `size` (width, height) to `wanted`. With four
/// `channels` the last one is alpha, not premultiplied; otherwise there are three.
///
/// Each new pixel is the mean of the old ones whose centres it covers: what `OpenCV` calls `INTER_AREA`, but for
/// pixels that lie across a border, which count for one side.
///
/// # Errors
/// What is wrong with the sizes, in words.
pub fn area_average(
    pixels: &[u8],
    channels: u32,
    size: (u32, u32),
    wanted: (u32, u32),
) -> Result<Vec<u8>, String> {
    // Both kinds of pixel are named, because a resizer that finds out for itself has to be compiled for
    // all fifteen that it knows.
    match channels {
        4 => scale::<U8x4>(pixels, size, wanted),
        _ => scale::<U8x3>(pixels, size, wanted),
    }
}

fn scale<P: PixelTrait>(
    pixels: &[u8],
    (width, height): (u32, u32),
    (wanted_width, wanted_height): (u32, u32),
) -> Result<Vec<u8>, String> {
    // A box as wide as the scale factor is area averaging. Alpha is premultiplied for it and divided
    // out again, so that invisible colours do not bleed into visible ones.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box));
    let mut scaled = vec![0; wanted_width as usize * wanted_height as usize * P::size()];
    let source = TypedImageRef::<P>::from_buffer(width, height, pixels);
    let source = source.map_err(|error| error.to_string())?;
    let target = TypedImage::<P>::from_buffer(wanted_width, wanted_height, &mut scaled);
    let mut target = target.map_err(|error| error.to_string())?;
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .map_err(|error| error.to_string())?;
    Ok(scaled)
}
