//! Deinterlacing. An interlaced frame holds two fields, one in the even rows and one in the odd rows,
//! which the camera took some 20 ms apart. Where something moves, its edges show combing artefacts.
//!
//! The rows of the first field are kept. In the rows of the second field, each sample is clamped to the
//! range between the samples above and below. This removes the combing, and where nothing moves
//! everything but lines of one row's height stays sharp. It needs this frame only; ffmpeg's filters
//! `bwdif` and `yadif` would also have to decode the frames before and after.

use crate::error::{Error, Result};
use crate::ffmpeg::frame_info::Field;
use crate::ffmpeg::frame_stream::Picture;

/// An interlaced picture without combing artefacts.
///
/// # Errors
/// [`Error::NoMemory`].
pub fn deinterlace(picture: &Picture, first_field: Field) -> Result<Picture> {
    let first_row = match first_field {
        Field::Top => 0,
        Field::Bottom => 1,
    };
    let (width, height) = (picture.width, picture.height);
    let mut pixels = Vec::new();
    let room = pixels.try_reserve_exact(picture.pixels.len());
    room.map_err(|_| Error::NoMemory { width, height })?;
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
    Ok(Picture { pixels, ..*picture })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey picture, one pixel wide, with a row for each number.
    fn rows(numbers: &[u8]) -> Picture {
        Picture {
            width: 1,
            height: u32::try_from(numbers.len()).unwrap(),
            channels: 3,
            pixels: numbers.iter().flat_map(|n| [*n; 3]).collect(),
        }
    }

    fn deinterlaced(numbers: &[u8], first_field: Field) -> Vec<u8> {
        let picture = rows(numbers);
        let picture = deinterlace(&picture, first_field).unwrap();
        picture.pixels.chunks(3).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn combing_is_removed_and_gradients_are_not_changed() {
        let comb = [10, 200, 10, 200, 10, 200];
        assert_eq!(deinterlaced(&comb, Field::Top), [10; 6]);
        assert_eq!(deinterlaced(&comb, Field::Bottom), [200; 6]);
        let slope = [10, 10, 60, 90, 95, 95];
        for field in [Field::Top, Field::Bottom] {
            assert_eq!(deinterlaced(&slope, field), slope);
        }
    }

    #[test]
    fn one_or_two_rows_are_enough() {
        for field in [Field::Top, Field::Bottom] {
            assert_eq!(deinterlaced(&[7], field), [7]);
        }
        assert_eq!(deinterlaced(&[7, 9], Field::Bottom), [9, 9]);
    }
}
