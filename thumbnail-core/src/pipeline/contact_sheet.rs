//! The contact sheet: one picture with all extracted frames of a video, each with its time below it.

use std::collections::BTreeMap;

use area_average::area_average;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use crate::error::{Error, Result};
use crate::ffmpeg::frame_stream::Picture;
use crate::pipeline::resize::{PixelAspect, shown_size};

/// The longest side of a frame on the sheet, in pixels, unless so many frames need smaller ones.
const LONGEST_SIDE: u32 = 320;

/// The most pixels of a sheet. With more frames, each frame is drawn smaller.
const MAX_PIXELS: u64 = 16_000_000;

/// The space between two frames, and around all of them, in pixels.
const GAP: u32 = 8;

/// The height of the characters, and the width of each.
const FONT: RasterHeight = RasterHeight::Size20;
const FONT_HEIGHT: u32 = 20;
#[allow(clippy::cast_possible_truncation)] // A character is narrower than it is high.
const FONT_WIDTH: u32 = get_raster_width(FontWeight::Regular, FONT) as u32;

/// The longest label: as many characters as `99:59:59.999` has.
const MAX_CHARACTERS: u32 = 12;

const BACKGROUND: [u8; 3] = [32, 32, 32];
const TEXT: [u8; 3] = [240, 240, 240];

/// One frame, scaled down for the sheet, and its time.
#[derive(Debug)]
struct Tile {
    size: (u32, u32),
    /// Red, green and blue.
    pixels: Vec<u8>,
    seconds: f64,
}

/// The frames that will be on a sheet.
#[derive(Debug)]
pub struct ContactSheet {
    longest_side: u32,
    tiles: BTreeMap<usize, Tile>,
}

/// The number of rows and columns for `count` frames: as many columns as rows, or one more.
fn grid(count: usize) -> (u32, u32) {
    let count = u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    let below = count.isqrt();
    let columns = below + u32::from(below * below < count);
    (count.div_ceil(columns), columns)
}

/// The width and height of a sheet, in pixels, from its grid and the size of a cell (without its label).
fn sheet_size((rows, columns): (u32, u32), cell: (u32, u32)) -> (u32, u32) {
    let width = columns * (cell.0 + GAP) + GAP;
    (width, rows * (cell.1 + FONT_HEIGHT + GAP) + GAP)
}

impl ContactSheet {
    /// An empty sheet for at most `count` frames.
    #[must_use]
    pub fn new(count: usize) -> Self {
        let fits = |side: &u32| {
            let cell = ((*side).max(MAX_CHARACTERS * FONT_WIDTH), *side);
            let (width, height) = sheet_size(grid(count), cell);
            u64::from(width) * u64::from(height) <= MAX_PIXELS
        };
        Self {
            longest_side: (1..=LONGEST_SIDE).rev().find(fits).unwrap_or(1),
            tiles: BTreeMap::new(),
        }
    }

    /// Adds a frame, which is shown `seconds` after the video's first, at each of `positions`; there it
    /// replaces an earlier frame. The frame keeps its display aspect ratio and is never enlarged.
    /// Transparent pixels become white. `frame` itself is not changed.
    ///
    /// # Errors
    /// [`Error::Picture`] if the resizer refuses the picture.
    pub fn add(
        &mut self,
        positions: &[usize],
        frame: &mut Picture,
        aspect: PixelAspect,
        seconds: f64,
    ) -> Result<()> {
        let from = (frame.width, frame.height);
        let size = within(shown_size(from, aspect), self.longest_side);
        let small = area_average(&mut frame.pixels, frame.channels, from, size);
        let small = Picture {
            width: size.0,
            height: size.1,
            channels: frame.channels,
            pixels: small.map_err(Error::Picture)?,
        };
        for &position in positions {
            let tile = Tile {
                size,
                pixels: small.on_white().into_owned(),
                seconds,
            };
            self.tiles.insert(position, tile);
        }
        Ok(())
    }

    /// Draws the sheet with the first `positions` frames.
    ///
    /// # Errors
    /// [`Error::NoMemory`].
    pub fn draw(mut self, positions: usize) -> Result<Picture> {
        self.tiles.retain(|position, _| *position < positions);
        let sizes = || self.tiles.values().map(|tile| tile.size);
        let labels: Vec<_> = self.tiles.values().map(|t| label(t.seconds)).collect();
        let longest = labels.iter().map(String::len).max().unwrap_or(0);
        let text_width = u32::try_from(longest).unwrap_or(u32::MAX) * FONT_WIDTH;
        let widest = sizes().map(|(width, _)| width).max().unwrap_or(1);
        let highest = sizes().map(|(_, height)| height).max().unwrap_or(1);
        let cell = (widest.max(text_width), highest);
        let (rows, columns) = grid(self.tiles.len());
        let mut sheet = blank(sheet_size((rows, columns), cell))?;
        for ((n, tile), label) in (0..).zip(self.tiles.values()).zip(&labels) {
            let left = GAP + n % columns * (cell.0 + GAP);
            let top = GAP + n / columns * (cell.1 + FONT_HEIGHT + GAP);
            let (width, height) = tile.size;
            let (x, top_of_tile) = (left + (cell.0 - width) / 2, top + cell.1 - height);
            let row_bytes = width as usize * 3;
            for (y, row) in (top_of_tile..).zip(tile.pixels.chunks_exact(row_bytes)) {
                let start = sheet.offset(x, y);
                sheet.pixels[start..start + row_bytes].copy_from_slice(row);
            }
            let characters = u32::try_from(label.len()).unwrap_or(0);
            let middle = left + (cell.0 - characters * FONT_WIDTH) / 2;
            sheet.write(label, middle, top + cell.1);
        }
        Ok(sheet)
    }
}

/// Shrinks a size, if necessary, so that its longer side is `longest`. The aspect ratio stays.
fn within((width, height): (u32, u32), longest: u32) -> (u32, u32) {
    let longer = u64::from(width.max(height));
    let shrink = |side: u32| {
        let shrunk = (u64::from(side) * u64::from(longest) + longer / 2) / longer;
        u32::try_from(shrunk).unwrap_or(longest).max(1)
    };
    if longer <= u64::from(longest) {
        (width, height)
    } else {
        (shrink(width), shrink(height))
    }
}

/// A time as text: `1:02.500`, `1:00:02.500`, or `100:00:02`. The option `--at` reads the same forms.
fn label(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The cast saturates.
    let thousandths = (seconds * 1e3).round() as u64;
    let (minutes, thousandths) = (thousandths / 60_000, thousandths % 60_000);
    let seconds = format!("{:02}.{:03}", thousandths / 1000, thousandths % 1000);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let mut text = match hours {
        0 => format!("{minutes}:{seconds}"),
        1..=99 => format!("{hours}:{minutes:02}:{seconds}"),
        _ => format!("{hours}:{minutes:02}:{}", &seconds[..2]),
    };
    text.truncate(MAX_CHARACTERS as usize);
    text
}

/// A picture filled with the background colour.
fn blank((width, height): (u32, u32)) -> Result<Picture> {
    let bytes = width as usize * height as usize * 3;
    let mut pixels = Vec::new();
    let room = pixels.try_reserve_exact(bytes);
    room.map_err(|_| Error::NoMemory { width, height })?;
    pixels.extend(BACKGROUND.iter().cycle().take(bytes));
    Ok(Picture {
        width,
        height,
        channels: 3,
        pixels,
    })
}

impl Picture {
    /// The index of the first byte of the pixel at `x`, `y`, in a picture of 3 bytes a pixel.
    fn offset(&self, x: u32, y: u32) -> usize {
        (y as usize * self.width as usize + x as usize) * 3
    }

    /// Draws `text`; `left` and `top` are the position of its upper left corner.
    fn write(&mut self, text: &str, left: u32, top: u32) {
        for (n, character) in (0..).zip(text.chars()) {
            let Some(glyph) = get_raster(character, FontWeight::Regular, FONT) else {
                continue;
            };
            for (y, row) in (top..).zip(glyph.rows()) {
                for (x, light) in (left + n * FONT_WIDTH..).zip(row.iter()) {
                    let offset = self.offset(x, y);
                    let ends = BACKGROUND.into_iter().zip(TEXT);
                    for (channel, (dark, bright)) in self.pixels[offset..].iter_mut().zip(ends) {
                        let step = u16::from(bright - dark) * u16::from(*light) / 255;
                        *channel = dark + u8::try_from(step).unwrap_or(bright - dark);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, colour: &[u8]) -> Picture {
        Picture {
            width,
            height,
            channels: u32::try_from(colour.len()).unwrap(),
            pixels: colour.repeat((width * height) as usize),
        }
    }

    #[test]
    fn the_grid_is_nearly_square() {
        for (count, rows_and_columns) in [
            (1, (1, 1)),
            (2, (1, 2)),
            (3, (2, 2)),
            (5, (2, 3)),
            (9, (3, 3)),
            (10, (3, 4)),
            (1000, (32, 32)),
        ] {
            assert_eq!(grid(count), rows_and_columns, "{count}");
        }
    }

    #[test]
    fn a_sheet_is_bounded_however_many_and_large_its_frames_are() {
        for (count, (width, height)) in [(1, (4000, 10)), (5, (10, 4000)), (1000, (640, 640))] {
            let mut frame = picture(width, height, &[9; 3]);
            let mut sheet = ContactSheet::new(count);
            let all: Vec<_> = (0..count).collect();
            sheet
                .add(&all, &mut frame, PixelAspect::SQUARE, 1e9)
                .unwrap();
            let sheet = sheet.draw(count).unwrap();
            let pixels = u64::from(sheet.width) * u64::from(sheet.height);
            assert!(pixels <= MAX_PIXELS, "{count}: {pixels}");
        }
    }

    #[test]
    fn frames_keep_their_shape_and_are_not_enlarged() {
        let size = |width, height, num, den| {
            let mut sheet = ContactSheet::new(5);
            let mut frame = picture(width, height, &[9; 3]);
            sheet
                .add(&[0], &mut frame, PixelAspect { num, den }, 0.0)
                .unwrap();
            sheet.tiles[&0].size
        };
        assert_eq!(size(1920, 1080, 1, 1), (320, 180));
        assert_eq!(size(1080, 1920, 1, 1), (180, 320));
        assert_eq!(size(64, 36, 1, 1), (64, 36));
        assert_eq!(size(720, 576, 64, 45), (320, 180));
        assert_eq!(size(100, 100, 2, 1), (100, 50));
        assert_eq!(size(100, 100, 1, 2), (50, 100));
        assert_eq!(size(4000, 1, 1, 1), (320, 1));
    }

    #[test]
    fn only_the_last_frame_for_a_position_and_only_positions_that_were_filled_are_drawn() {
        let mut sheet = ContactSheet::new(4);
        for (positions, colour) in [(&[0, 1, 3][..], 10), (&[0, 1], 20)] {
            let mut frame = picture(300, 4, &[colour; 3]);
            sheet
                .add(positions, &mut frame, PixelAspect::SQUARE, 0.0)
                .unwrap();
        }
        let sheet = sheet.draw(2).unwrap();
        assert_eq!((sheet.width, sheet.height), (2 * 308 + 8, 4 + 20 + 16));
        let drawn = sheet.pixels.chunks(3).filter(|pixel| **pixel == [20; 3]);
        assert_eq!(drawn.count(), 2 * 300 * 4);
        assert!(!sheet.pixels.contains(&10));
    }

    #[test]
    fn transparent_pixels_become_white() {
        let mut sheet = ContactSheet::new(1);
        let mut frame = picture(200, 4, &[10, 20, 30, 0]);
        sheet
            .add(&[0], &mut frame, PixelAspect::SQUARE, 0.0)
            .unwrap();
        assert!(sheet.tiles[&0].pixels.iter().all(|c| *c == 255));
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        for (seconds, text) in [
            (0.0, "0:00.000"),
            (0.0416, "0:00.042"),
            (59.9999, "1:00.000"),
            (3723.5, "1:02:03.500"),
            (359_999.999, "99:59:59.999"),
            (360_000.0, "100:00:00"),
        ] {
            assert_eq!(label(seconds), text);
        }
    }
}
