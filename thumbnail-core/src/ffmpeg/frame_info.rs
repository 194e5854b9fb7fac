//! Frame info: what ffmpeg tells of a decoded frame besides its pixels. [`super::showinfo`] reads it.

use super::light::Light;

/// The pixel aspect ratio (sample aspect ratio): width over height of one pixel, 1/1 if pixels are square.
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

/// One of the two halves of an interlaced frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Rows 0, 2, 4 …
    Top,
    /// Rows 1, 3, 5 …
    Bottom,
}

/// The frame info of one frame, from the filter `showinfo`. It describes the decoded frame, rotated upright,
/// before its colours are converted.
#[allow(clippy::struct_excessive_bools)] // Independent facts about a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameInfo {
    /// The number of its segment in the plan.
    pub segment: usize,
    /// When it is shown, in seconds on the plan's clock; `None` if it has no timestamp.
    pub time: Option<f64>,
    /// The pixel aspect ratio.
    pub aspect: PixelAspect,
    /// Was it rotated by 90 or 270 degrees to be upright, because the container says so?
    pub turned: bool,
    /// Width and height in pixels. The picture that is sent can have another size if the size changes
    /// midway in the stream: ffmpeg scales all pictures to the size of the first.
    pub size: (u32, u32),
    /// The field that is shown first; `None` for a progressive frame.
    pub first_field: Option<Field>,
    /// ffmpeg's name of the pixel format, such as `yuv420p`.
    pub pixel_format: String,
    /// The transfer function and primaries of HDR video; `None` for standard dynamic range.
    pub light: Option<Light>,
    /// The stream does not state its colour matrix.
    pub untagged: bool,
    /// ffmpeg's scaler has the stream's colour matrix.
    pub usual_matrix: bool,
    /// The pixel format with which its levels are right, if it has another. The decoder of H.264 keeps a format of
    /// full range (`yuvj420p`) where a stream changes to limited range midway, and from 8.0 on ffmpeg's scaler goes
    /// by the format.
    pub format_by_range: Option<&'static str>,
    /// The picture type: `I` for intra-coded, `P` and `B` for predicted pictures, another letter for rarer
    /// types, `?` if the decoder does not set it.
    pub picture_type: char,
    /// Does the decoder mark it as a keyframe?
    pub key: bool,
    /// The size, the pixel format or the like has changed before it, within its segment. At such a change
    /// ffmpeg rebuilds the filter graph, and all frame counters in it start at 0 again.
    pub changed: bool,
}

/// Do players assume the colours of high definition (BT.709) for a picture of this size without a colour tag?
/// They do from a width of 1280 pixels, or above 576 lines (mpv's `mp_csp_guess_colorspace`).
#[must_use]
pub fn passes_for_high_definition(width: u32, height: u32) -> bool {
    width >= 1280 || height > 576
}

impl FrameInfo {
    /// Has its pixel format an alpha channel?
    #[must_use]
    pub fn has_alpha(&self) -> bool {
        /// The names of all of ffmpeg's pixel formats with alpha contain one of these, and no others do.
        const WITH_ALPHA: [&str; 10] = [
            "rgba", "argb", "bgra", "abgr", "yuva", "gbrap", "ayuv", "vuya", "uyva", "pal8",
        ];
        let name = &self.pixel_format;
        // Grey with alpha: `ya8`, `ya16be`, `yaf32le`.
        name.starts_with("ya") || WITH_ALPHA.iter().any(|part| name.contains(part))
    }

    /// Width and height in pixels, before the frame was rotated upright.
    #[must_use]
    pub fn coded_size(&self) -> (u32, u32) {
        let (width, height) = self.size;
        if self.turned {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// Is it a YUV frame without a colour tag for which players assume the colours of high definition?
    #[must_use]
    pub fn passes_for_high_definition(&self) -> bool {
        let (width, height) = self.coded_size();
        let yuv = ["yuv", "nv", "p0"]
            .iter()
            .any(|k| self.pixel_format.starts_with(k));
        self.untagged && yuv && passes_for_high_definition(width, height)
    }
}
