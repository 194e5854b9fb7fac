//! Works out the numbers of the wanted frames.

use std::collections::BTreeMap;

use crate::wanted::Moment;

/// The numbers of `wanted` frames out of `count`, spread evenly from the first to the last. One wanted frame
/// is the middle one. If `count` is not larger than `wanted`, all frames are wanted, once each.
///
/// A number halfway between two frames is rounded to the even one, as by Python's `round`.
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

/// `count * of / parts`, rounded half to even. A file can claim any number of frames, so the product may
/// not fit into 64 bits.
fn round_half_even(count: usize, of: usize, parts: usize) -> usize {
    let (dividend, divisor) = (count as u128 * of as u128, parts as u128);
    let (quotient, twice) = (dividend / divisor, dividend % divisor * 2);
    let up = twice > divisor || twice == divisor && quotient % 2 == 1;
    usize::try_from(quotient + u128::from(up)).unwrap_or(usize::MAX)
}

/// The times of the wanted frames as fractions of the duration, 0 to 1.
#[allow(clippy::cast_precision_loss)] // A few frames.
pub(super) fn fractions(wanted: usize) -> Vec<f64> {
    match wanted {
        1 => vec![0.5],
        _ => (0..wanted)
            .map(|k| k as f64 / (wanted - 1) as f64)
            .collect(),
    }
}

/// Pairs each frame with its one position.
pub(super) fn one_each(frames: Vec<usize>) -> Vec<(usize, Vec<usize>)> {
    let numbered = frames.into_iter().enumerate();
    numbered
        .map(|(position, frame)| (frame, vec![position]))
        .collect()
}

/// Merges the positions of equal frames, and sorts by frame number.
pub(super) fn merge_equal(
    frames: impl IntoIterator<Item = (usize, Vec<usize>)>,
) -> Vec<(usize, Vec<usize>)> {
    let mut merged: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (frame, positions) in frames {
        merged.entry(frame).or_default().extend(positions);
    }
    merged.into_iter().collect()
}

/// A longer tick is not there to approximate other times.
const LONG_TICK_SECONDS: f64 = 0.005;

/// How late the rounding to ticks can have made a frame, in seconds, if frames follow each other by `gap` seconds and a
/// tick takes `tick` seconds. Where a tick is long or as long as a frame (AVI, Ogg, GIF), nothing is rounded; otherwise at
/// most half a tick, but never as much as to take the next frame for this one.
pub(super) fn rounding(gap: f64, tick: f64) -> f64 {
    if gap < tick * 1.5 || tick > LONG_TICK_SECONDS {
        tick / 1000.0
    } else {
        // A little more than half a tick, because halves are rounded up, and decimal fractions are not exact.
        (tick * 0.501).min(gap / 8.0)
    }
}

/// For each of `moments`, the number of the frame that is shown then, found by binary search. There are
/// `count` frames, at least one; `seconds` is the presentation time of each. A frame counts as shown up to
/// `slack` seconds early, to allow for rounded times.
pub(super) fn frames_at(
    moments: &[Moment],
    count: usize,
    seconds: impl Fn(usize) -> f64,
    slack: f64,
) -> Vec<(usize, Vec<usize>)> {
    let (first, last) = (seconds(0), seconds(count.saturating_sub(1)));
    merge_equal(moments.iter().enumerate().map(|(position, moment)| {
        let time = first + moment.seconds(last - first) + slack;
        let (mut shown, mut later) = (0, count);
        while shown + 1 < later {
            let middle = shown.midpoint(later);
            if seconds(middle) <= time {
                shown = middle;
            } else {
                later = middle;
            }
        }
        (shown, vec![position])
    }))
}
