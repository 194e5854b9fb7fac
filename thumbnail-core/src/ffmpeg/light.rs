//! What a stream's numbers mean as light, where that is more than a screen of standard range shows.

/// How light is coded in high dynamic range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// Perceptual quantisation, SMPTE ST 2084: each number is a luminance.
    Pq,
    /// Hybrid log-gamma, ARIB STD-B67: each number is a part of what the screen can show.
    Hlg,
}

/// Which red, green and blue are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primaries {
    /// BT.709: those of sRGB.
    Standard,
    /// BT.2020: what high dynamic range comes in, if nothing else is said.
    Wide,
    /// Display P3, SMPTE EG 432.
    P3,
}

/// The light of a frame of high dynamic range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Light {
    /// How it is coded.
    pub transfer: Transfer,
    /// In which colours.
    pub primaries: Primaries,
}

impl Light {
    /// From what `showinfo` prints of a frame's colours: `color_range:tv color_space:bt2020nc
    /// color_primaries:bt2020 color_trc:smpte2084`. `None` for standard range.
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
