//! Tone mapping: converts a frame of high dynamic range (HDR) to standard dynamic range (SDR).
//!
//! ffmpeg's filters for this (`zscale` with `tonemap`, `libplacebo`) are missing from some builds, and
//! their results differ from version to version. So ffmpeg sends the code values as they are, in 16 bits
//! a channel, and the steps are done here:
//!
//! 1. from code values to display light, in candela per square metre (cd/m²): the PQ EOTF or the HLG
//!    EOTF of ITU-R BT.2100, the latter for a display of 1000 cd/m²;
//! 2. the brightest of the three channels is mapped below the white of an SDR display by the curve of
//!    ITU-R BT.2390-10, 5.4.1. The other two are multiplied by the same factor, which keeps the hue.
//!    Light of up to some 100 cd/m² is not changed;
//! 3. to the primaries of BT.709; colours outside of its gamut are clipped;
//! 4. to sRGB (IEC 61966-2-1), 8 bits a channel.

use std::sync::LazyLock;

use crate::error::{Error, Result};
use crate::ffmpeg::frame_stream::Picture;
use crate::ffmpeg::light::{Light, Primaries, Transfer};

/// The peak luminance, in cd/m²: everything brighter becomes white. Most HDR video is made for displays
/// with this peak.
const PEAK: f32 = 1000.0;

/// The white of an SDR display, in cd/m²: the HDR reference white of ITU-R BT.2408.
const WHITE: f32 = 203.0;

/// The PQ EOTF (SMPTE ST 2084): from a code value, 0 to 1, to luminance in cd/m².
fn light_of_pq(code: f32) -> f32 {
    let root = code.powf(1.0 / M2);
    10_000.0 * ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1)
}

/// The inverse PQ EOTF: from luminance in cd/m² to a code value, 0 to 1.
fn pq_of_light(light: f32) -> f32 {
    let power = (light / 10_000.0).powf(M1);
    ((C1 + C2 * power) / (1.0 + C3 * power)).powf(M2)
}

// The constants of SMPTE ST 2084.
const M1: f32 = 2610.0 / 16384.0;
const M2: f32 = 2523.0 / 32.0;
const C1: f32 = 3424.0 / 4096.0;
const C2: f32 = 2413.0 / 128.0;
const C3: f32 = 2392.0 / 128.0;

/// The inverse HLG OETF (ITU-R BT.2100): from a code value, 0 to 1, to scene light, 0 to 1.
fn scene_of_hlg(code: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 0.284_668_92;
    const C: f32 = 0.559_910_7;
    if code <= 0.5 {
        code * code / 3.0
    } else {
        (((code - C) / A).exp() + B) / 12.0
    }
}

/// From linear light, 0 to 1, to an sRGB code value, 0 to 1.
fn srgb(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// The factor of the tone curve: multiplied by it, `light` (in cd/m²) becomes linear SDR light, where 1
/// is white.
fn gain(light: f32) -> f32 {
    let peak = pq_of_light(PEAK);
    let white = pq_of_light(WHITE) / peak;
    let knee = 1.5 * white - 0.5;
    let code = (pq_of_light(light) / peak).min(1.0);
    if code < knee {
        return 1.0 / WHITE;
    }
    let t = (code - knee) / (1.0 - knee);
    let (t2, t3) = (t * t, t * t * t);
    let curve = (2.0 * t3 - 3.0 * t2 + 1.0) * knee
        + (t3 - 2.0 * t2 + t) * (1.0 - knee)
        + (3.0 * t2 - 2.0 * t3) * white;
    light_of_pq(curve * peak) / WHITE / light
}

/// A lookup table of a function over 0 to 1, with an entry for each 16-bit code value.
fn table<T>(of: impl Fn(f32) -> T) -> Vec<T> {
    (0..=u16::MAX).map(|n| of(f32::from(n) / FULL)).collect()
}

const FULL: f32 = 65_535.0;

/// The index in a [`table`] for `number`, which is clamped to 0 to 1.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The cast saturates; NaN becomes 0.
fn index_of(number: f32) -> usize {
    usize::from((number * FULL + 0.5) as u16)
}

static PQ: LazyLock<Vec<f32>> = LazyLock::new(|| table(light_of_pq));
static HLG: LazyLock<Vec<f32>> = LazyLock::new(|| table(scene_of_hlg));
/// [`gain`], looked up by the square root of light / [`PEAK`]: this gives dark light more entries.
static GAIN: LazyLock<Vec<f32>> = LazyLock::new(|| table(|root| gain(root * root * PEAK)));
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 255.
static SRGB: LazyLock<Vec<u8>> = LazyLock::new(|| table(|l| (srgb(l) * 255.0).round() as u8));

type Rgb = [f32; 3];

/// The display light of a pixel, in cd/m², from its 16-bit code values.
fn light(code: [u16; 3], transfer: Transfer) -> Rgb {
    let code = code.map(usize::from);
    match transfer {
        Transfer::Pq => code.map(|c| PQ[c]),
        Transfer::Hlg => {
            let scene = code.map(|c| HLG[c]);
            let luminance = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2];
            // The HLG OOTF. Its system gamma is 1.2 for a display of 1000 cd/m².
            let factor = PEAK * luminance.powf(0.2);
            scene.map(|c| c * factor)
        }
    }
}

/// Converts linear light from `primaries` to the primaries of BT.709.
fn standard(rgb: Rgb, primaries: Primaries) -> Rgb {
    let matrix = match primaries {
        Primaries::Standard => return rgb,
        // ITU-R BT.2087.
        Primaries::Wide => [
            [1.6605, -0.5876, -0.0728],
            [-0.1246, 1.1329, -0.0083],
            [-0.0182, -0.1006, 1.1187],
        ],
        Primaries::P3 => [
            [1.2249, -0.2249, 0.0],
            [-0.0421, 1.0421, 0.0],
            [-0.0196, -0.0786, 1.0983],
        ],
    };
    matrix.map(|row| row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])
}

/// Maps one HDR pixel, in 16-bit code values, to sRGB.
fn map(code: [u16; 3], of: Light) -> [u8; 3] {
    let rgb = light(code, of.transfer);
    let brightest = rgb[0].max(rgb[1]).max(rgb[2]);
    let gain = if brightest < PEAK {
        GAIN[index_of((brightest / PEAK).sqrt())]
    } else {
        1.0 / brightest
    };
    standard(rgb.map(|c| c * gain), of.primaries).map(|c| SRGB[index_of(c)])
}

/// The picture in 8 bits a channel. A 16-bit picture is tone mapped if `light` says that it is HDR, and
/// rounded otherwise. An 8-bit picture is returned as it is.
///
/// # Errors
/// [`Error::NoMemory`].
pub fn tone_map(picture: Picture, light: Option<Light>) -> Result<Picture> {
    let (bytes, channels) = match picture.channels {
        8 => (8, 4),
        6 => (6, 3),
        _ => return Ok(picture),
    };
    let (width, height) = (picture.width, picture.height);
    let mut pixels = Vec::new();
    let room = pixels.try_reserve_exact(picture.pixels.len() / 2);
    room.map_err(|_| Error::NoMemory { width, height })?;
    #[allow(clippy::cast_possible_truncation)] // At most 65535 / 257, which is 255.
    let to_8_bits = |c: u16| ((u32::from(c) + 128) / 257) as u8;
    for pixel in picture.pixels.chunks_exact(bytes) {
        let channel = |n: usize| u16::from_be_bytes([pixel[2 * n], pixel[2 * n + 1]]);
        let code = [channel(0), channel(1), channel(2)];
        pixels.extend(match light {
            Some(light) => map(code, light),
            None => code.map(to_8_bits),
        });
        if channels == 4 {
            pixels.push(to_8_bits(channel(3)));
        }
    }
    Ok(Picture {
        width,
        height,
        channels,
        pixels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(transfer: Transfer, primaries: Primaries) -> Light {
        Light {
            transfer,
            primaries,
        }
    }

    /// A 16-bit code value, from one of 0 to 1.
    fn code(code: f32) -> u16 {
        u16::try_from(index_of(code)).unwrap()
    }

    #[test]
    fn the_curves_are_those_of_the_standards() {
        // BT.2408, table 1: reference white is 58% in PQ, and 75% in HLG.
        assert!((pq_of_light(203.0) - 0.58).abs() < 0.001);
        assert!((light_of_pq(0.58) - 203.0).abs() < 2.0);
        let white = light([code(0.75); 3], Transfer::Hlg);
        assert!((white[0] - 203.0).abs() < 2.0, "{white:?}");
        let peak = light([u16::MAX; 3], Transfer::Hlg);
        assert!((peak[0] - 1000.0).abs() < 1.0, "{peak:?}");
    }

    #[test]
    fn grey_stays_grey_and_gets_brighter_with_the_code_value() {
        for transfer in [Transfer::Pq, Transfer::Hlg] {
            let greys = (0..=u16::MAX).step_by(64);
            let greys = greys.map(|c| map([c; 3], of(transfer, Primaries::Wide)));
            let greys: Vec<_> = greys.collect();
            assert!(
                greys
                    .iter()
                    .all(|g| g.iter().max().unwrap() - g.iter().min().unwrap() <= 1)
            );
            assert!(greys.is_sorted_by_key(|g| g[1]));
            assert_eq!(greys[0], [0; 3]);
        }
        assert_eq!(
            map([u16::MAX; 3], of(Transfer::Pq, Primaries::Wide)),
            [255; 3]
        );
    }

    #[test]
    fn dark_light_is_not_changed_and_reference_white_is_nearly_white() {
        let wide = of(Transfer::Pq, Primaries::Wide);
        let shown = |nits: f32| map([code(pq_of_light(nits)); 3], wide)[0];
        for nits in [1.0, 5.0, 20.0, 80.0] {
            let expected = srgb(nits / 203.0) * 255.0;
            assert!((f32::from(shown(nits)) - expected).abs() < 2.0, "{nits}");
        }
        assert!((200..=235).contains(&shown(203.0)), "{}", shown(203.0));
        assert_eq!((shown(1000.0), shown(4000.0)), (255, 255));
    }

    #[test]
    fn pure_colours_stay_pure() {
        for transfer in [Transfer::Pq, Transfer::Hlg] {
            for primaries in [Primaries::Wide, Primaries::P3, Primaries::Standard] {
                for channel in 0..3 {
                    let mut pure = [0; 3];
                    pure[channel] = code(0.58);
                    let shown = map(pure, of(transfer, primaries));
                    for (n, c) in shown.into_iter().enumerate() {
                        assert!(if n == channel { c > 120 } else { c < 60 }, "{shown:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn standard_range_and_alpha_are_only_rounded() {
        let picture = |channels, pixels: &[u16]| Picture {
            width: 1,
            height: 1,
            channels,
            pixels: pixels.iter().flat_map(|c| c.to_be_bytes()).collect(),
        };
        let deep = picture(8, &[0, 257, 65535, 32896]);
        let shown = tone_map(deep.clone(), None).unwrap();
        assert_eq!(
            (shown.channels, &shown.pixels[..]),
            (4, &[0, 1, 255, 128][..])
        );
        let pq = Some(of(Transfer::Pq, Primaries::Wide));
        let shown = tone_map(deep, pq).unwrap();
        assert_eq!(shown.pixels[3], 128);
        let plain = picture(3, &[1]);
        assert_eq!(tone_map(plain.clone(), pq).unwrap(), plain);
    }
}
