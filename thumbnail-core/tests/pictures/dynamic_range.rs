//! High dynamic range is shown as a screen of standard range can show it.

use crate::patches::{Coding, Matrix, SIZE, shown};

const BT2020: Coding = Coding {
    matrix: Matrix::Weights(0.2627, 0.0593),
    full: false,
    bits: 10,
};

/// PQ, ITU-R BT.2100: from candela per square metre to code.
fn pq(light: f64) -> f64 {
    let power = (light / 10_000.0).powf(2610.0 / 16384.0);
    let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 128.0, 2392.0 / 128.0);
    ((c1 + c2 * power) / (1.0 + c3 * power)).powf(2523.0 / 32.0)
}

/// HLG, ITU-R BT.2100: the code of a grey of so much light on a screen of 1000 cd/m².
fn hlg(light: f64) -> f64 {
    let scene = (light / 1000.0).powf(1.0 / 1.2);
    if scene <= 1.0 / 12.0 {
        (3.0 * scene).sqrt()
    } else {
        0.178_832_77 * (12.0 * scene - 0.284_668_92).ln() + 0.559_910_73
    }
}

/// sRGB, of 255: light as a part of white, 203 cd/m² (ITU-R BT.2408).
fn srgb(light: f64) -> f64 {
    255.0 * (1.055 * (light / 203.0).powf(1.0 / 2.4) - 0.055)
}

/// A way to write a clip of high dynamic range, and its curve.
type Way = (&'static str, &'static str, fn(f64) -> f64);

const WAYS: [Way; 4] = [
    (
        "a.mp4",
        "-c:v libx265 -x265-params lossless=1:log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
        pq,
    ),
    (
        "a.mkv",
        "-c:v ffv1 -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc",
        pq,
    ),
    (
        "a.mkv",
        "-c:v ffv1 -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc",
        hlg,
    ),
    // Without a word on the matrix it is that of BT.2020 as well.
    ("b.mkv", "-c:v ffv1 -color_trc arib-std-b67", hlg),
];

#[test]
fn light_that_every_screen_has_stays_and_brighter_light_is_brought_below_white() {
    for (file, encoder, curve) in WAYS {
        let lights = [2.0, 20.0, 80.0, 203.0, 500.0, 990.0];
        let colours = lights.map(|light| [curve(light); 3]);
        let Some(found) = shown(file, SIZE, &colours, BT2020, encoder) else {
            continue;
        };
        let grey = found.iter().map(|c| {
            (
                i32::from(c[0]),
                c[0].abs_diff(c[1]).max(c[0].abs_diff(c[2])),
            )
        });
        let (grey, tint): (Vec<_>, Vec<_>) = grey.unzip();
        assert!(tint.iter().all(|t| *t <= 3), "{encoder}: {found:?}");
        for (found, light) in grey.iter().zip(lights).take(3) {
            assert!(
                (f64::from(*found) - srgb(light)).abs() <= 3.0,
                "{encoder}: {light}: {found}"
            );
        }
        // Reference white is light, but leaves room for what is brighter.
        assert!((200..=240).contains(&grey[3]), "{encoder}: {grey:?}");
        assert!(
            grey[3] < grey[4] && grey[4] < grey[5] && grey[5] >= 250,
            "{encoder}: {grey:?}"
        );
    }
}

#[test]
fn a_strong_green_is_green_and_no_grey() {
    for (file, encoder, curve) in WAYS {
        let code = curve(150.0);
        let pure = [[code, 0.0, 0.0], [0.0, code, 0.0], [0.0, 0.0, code]];
        let Some(found) = shown(file, SIZE, &pure, BT2020, encoder) else {
            continue;
        };
        for (n, colour) in found.iter().enumerate() {
            for (channel, value) in colour.iter().enumerate() {
                let fits = if n == channel {
                    *value > 120
                } else {
                    *value < 60
                };
                assert!(fits, "{encoder}: {found:?}");
            }
        }
    }
}

#[test]
fn the_colours_of_a_wide_gamut_become_those_of_the_screen() {
    // A skin tone of BT.709, (0.8, 0.5, 0.4) in light, as BT.2020 has it (ITU-R BT.2087).
    let light = [0.8, 0.5, 0.4];
    let rows = [
        [0.6274, 0.3293, 0.0433],
        [0.0691, 0.9195, 0.0114],
        [0.0164, 0.0880, 0.8956],
    ];
    let wide = rows.map(|row| row.iter().zip(light).map(|(a, b)| a * b).sum::<f64>());
    let (file, encoder, curve) = WAYS[1];
    let code = wide.map(|c| curve(c * 80.0));
    let found = shown(file, SIZE, &[code], BT2020, encoder).unwrap();
    for (found, light) in found[0].into_iter().zip(light) {
        let wanted = srgb(light * 80.0);
        assert!(
            (f64::from(found) - wanted).abs() <= 3.0,
            "{found} and not {wanted}"
        );
    }
}
