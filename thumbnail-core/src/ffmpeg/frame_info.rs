//! What ffmpeg tells of a frame besides its pixels.

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

/// One frame, as the filter `showinfo` tells of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameInfo {
    /// Which segment of the plan it belongs to.
    pub segment: usize,
    /// When it is shown, in seconds on the stream's own clock; `None` if the stream does not say.
    pub time: Option<f64>,
    /// The shape of its pixels.
    pub aspect: PixelAspect,
}
