//! The definition of area averaging, without regard to speed.

use crate::clip::Pixels;

/// How much of each source pixel lies in a target pixel, along one side.
#[allow(clippy::cast_precision_loss)]
fn coverage(source: usize, target: usize) -> Vec<Vec<(usize, f64)>> {
    let scale = source as f64 / target as f64;
    let covered = |n: usize| {
        let (start, end) = (n as f64 * scale, (n + 1) as f64 * scale);
        let part = |k: usize| (end.min((k + 1) as f64) - start.max(k as f64)).max(0.0) / scale;
        (0..source)
            .map(|k| (k, part(k)))
            .filter(|(_, w)| *w > 0.0)
            .collect()
    };
    (0..target).map(covered).collect()
}

/// Each target pixel is the mean of what it covers of the source, parts of pixels included. Colours
/// count as much as they are visible; the result is premultiplied with alpha.
fn average(source: &Pixels, width: usize, height: usize) -> Vec<f64> {
    let (columns, rows) = (
        coverage(source.width, width),
        coverage(source.height, height),
    );
    let premultiplied = premultiply(source);
    let mut all = Vec::new();
    for row in &rows {
        for column in &columns {
            for channel in 0..source.channels {
                let at = |x, y| premultiplied[(y * source.width + x) * source.channels + channel];
                let parts = row
                    .iter()
                    .flat_map(|(y, v)| column.iter().map(move |(x, h)| v * h * at(*x, *y)));
                all.push(parts.sum());
            }
        }
    }
    all
}

fn premultiply(pixels: &Pixels) -> Vec<f64> {
    let whole = pixels.bytes.chunks_exact(pixels.channels);
    whole
        .flat_map(|pixel| {
            let alpha = pixel.get(3).map_or(1.0, |a| f64::from(*a) / 255.0);
            let colours = pixel.iter().take(3).map(move |c| f64::from(*c) * alpha);
            colours.chain(pixel.get(3).map(|a| f64::from(*a)))
        })
        .collect()
}

/// How near a thumbnail is to the exact average, in decibels (peak signal to noise ratio).
#[allow(clippy::cast_precision_loss)]
pub fn decibels(source: &Pixels, thumbnail: &Pixels) -> f64 {
    let exact = average(source, thumbnail.width, thumbnail.height);
    let found = premultiply(thumbnail);
    assert_eq!(exact.len(), found.len());
    let squares = exact.iter().zip(&found).map(|(a, b)| (a - b).powi(2));
    let mean = squares.sum::<f64>() / exact.len() as f64;
    10.0 * (255.0_f64.powi(2) / mean.max(1e-9)).log10()
}
