//! Which of a video's frames are wanted.

/// Which of `count` frames are wanted: `wanted` of them, spread evenly from the first to the last;
/// the middle one if only one is; all of them, once each, if there are no more.
///
/// Positions between two frames go to the even one, as Python's `round` has it.
#[must_use]
pub fn wanted_frames(count: usize, wanted: usize) -> Vec<usize> {
    let last = count.saturating_sub(1);
    match wanted {
        _ if count <= wanted => (0..count).collect(),
        1 => vec![round_half_even(1, last, 2)],
        _ => (0..wanted)
            .map(|k| round_half_even(k, last, wanted - 1))
            .collect(),
    }
}

/// `count * of / parts`. A file can claim any number of frames, so the product may not fit.
fn round_half_even(count: usize, of: usize, parts: usize) -> usize {
    let (dividend, divisor) = (count as u128 * of as u128, parts as u128);
    let (quotient, twice) = (dividend / divisor, dividend % divisor * 2);
    let up = twice > divisor || twice == divisor && quotient % 2 == 1;
    usize::try_from(quotient + u128::from(up)).unwrap_or(usize::MAX)
}

/// The fractions of the duration that are wanted.
#[allow(clippy::cast_precision_loss)] // A few frames.
pub(super) fn fractions(wanted: usize) -> Vec<f64> {
    match wanted {
        1 => vec![0.5],
        _ => (0..wanted)
            .map(|k| k as f64 / (wanted - 1) as f64)
            .collect(),
    }
}

/// A frame for each position.
pub(super) fn one_each(frames: Vec<usize>) -> Vec<(usize, Vec<usize>)> {
    let numbered = frames.into_iter().enumerate();
    numbered
        .map(|(position, frame)| (frame, vec![position]))
        .collect()
}

/// Positions that fall on the same frame become one target.
pub(super) fn merge_equal(frames: impl IntoIterator<Item = usize>) -> Vec<(usize, Vec<usize>)> {
    let mut merged: Vec<(usize, Vec<usize>)> = Vec::new();
    for (position, frame) in frames.into_iter().enumerate() {
        match merged.last_mut() {
            Some((last, positions)) if *last == frame => positions.push(position),
            _ => merged.push((frame, vec![position])),
        }
    }
    merged
}
