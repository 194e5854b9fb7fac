//! Interlaced frames hold two moments: every other row is of a field that was taken some 20 ms later.
//! Where something moves, its edges become combs.
//!
//! The rows of the first field stay. Each pixel of the second that is brighter or darker than both of
//! its neighbours above and below becomes like the nearer one: no comb is left, and where nothing moves
//! all but the thinnest lines stay sharp. Nothing of the frames before and after is needed, which
//! `bwdif` and `yadif` would have to decode.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::ffmpeg::frame_info::Field;
use crate::ffmpeg::frame_stream::Picture;

/// The picture without combs; as it is where it has no `first_field`.
///
/// # Errors
/// [`Error::NoMemory`].
pub fn deinterlace(picture: &Picture, first_field: Option<Field>) -> Result<Cow<'_, Picture>> {
    let first_row = match first_field {
        Some(Field::Top) => 0,
        Some(Field::Bottom) => 1,
        None => return Ok(Cow::Borrowed(picture)),
    };
    let (width, height) = (picture.width, picture.height);
    let mut pixels = Vec::new();
    let room = pixels.try_reserve_exact(picture.pixels.len());
    room.map_err(|_| Error::NoMemory(format!("{width}x{height}")))?;
    let row_bytes = (width * picture.channels) as usize;
    let rows: Vec<_> = picture.pixels.chunks_exact(row_bytes).collect();
    for (y, row) in rows.iter().enumerate() {
        let above = y.checked_sub(1).and_then(|above| rows.get(above));
        let below = rows.get(y + 1);
        match (above.or(below), below.or(above)) {
            (Some(above), Some(below)) if y % 2 != first_row => {
                let between = row.iter().zip(above.iter().zip(*below));
                pixels.extend(between.map(|(c, (a, b))| *c.clamp(a.min(b), a.max(b))));
            }
            _ => pixels.extend_from_slice(row),
        }
    }
    Ok(Cow::Owned(Picture { pixels, ..*picture }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green and blue alike, a row for each number.
    fn rows(numbers: &[u8]) -> Picture {
        Picture {
            width: 1,
            height: u32::try_from(numbers.len()).unwrap(),
            channels: 3,
            pixels: numbers.iter().flat_map(|n| [*n; 3]).collect(),
        }
    }

    fn deinterlaced(numbers: &[u8], first_field: Option<Field>) -> Vec<u8> {
        let picture = rows(numbers);
        let picture = deinterlace(&picture, first_field).unwrap();
        picture.pixels.chunks(3).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn combs_go_and_slopes_stay() {
        let comb = [10, 200, 10, 200, 10, 200];
        assert_eq!(deinterlaced(&comb, Some(Field::Top)), [10; 6]);
        assert_eq!(deinterlaced(&comb, Some(Field::Bottom)), [200; 6]);
        let slope = [10, 10, 60, 90, 95, 95];
        for field in [Field::Top, Field::Bottom] {
            assert_eq!(deinterlaced(&slope, Some(field)), slope);
        }
    }

    #[test]
    fn progressive_pictures_stay_and_small_ones_do_no_harm() {
        let comb = [10, 200, 10, 200];
        assert_eq!(deinterlaced(&comb, None), comb);
        for field in [Field::Top, Field::Bottom] {
            assert_eq!(deinterlaced(&[7], Some(field)), [7]);
        }
        assert_eq!(deinterlaced(&[7, 9], Some(Field::Bottom)), [9, 9]);
    }
}
