//! The transfer function and the colour primaries of high dynamic range (HDR) video.

/// An HDR transfer function: how code values stand for light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// Perceptual quantisation (PQ), SMPTE ST 2084: a code value stands for an absolute luminance.
    Pq,
    /// Hybrid log-gamma (HLG), ARIB STD-B67: a code value is relative to the peak of the display.
    Hlg,
}

/// The colour primaries: which red, green and blue the three channels stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primaries {
    /// BT.709, the same as of sRGB.
    Standard,
    /// BT.2020, the default for HDR.
    Wide,
    /// Display P3, SMPTE EG 432.
    P3,
}

/// How the code values of an HDR frame stand for light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Light {
    /// The transfer function.
    pub transfer: Transfer,
    /// The colour primaries.
    pub primaries: Primaries,
}

impl Light {
    /// Reads the line that `showinfo` prints about a frame's colours: `color_range:tv color_space:bt2020nc
    /// color_primaries:bt2020 color_trc:smpte2084`. `None` for standard dynamic range.
    pub(super) fn read(text: &str) -> Option<Self> {
        let field = |name: &str| text.split_whitespace().find_map(|w| w.strip_prefix(name));
        let transfer = match field("color_trc:")? {
            "smpte2084" => Transfer::Pq,
            "arib-std-b67" => Transfer::Hlg,
            _ => return None,
        };
        let primaries = match field("color_primaries:").unwrap_or_default() {
            "bt709" => Primaries::Standard,
            "smpte432" => Primaries::P3,
            _ => Primaries::Wide,
        };
        Some(Self {
            transfer,
            primaries,
        })
    }
}
