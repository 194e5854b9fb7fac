//! Measures the frame rate of one end of a stream from its packets.

use super::gop;
use crate::ffmpeg::packet_list::Listing;

/// The presentation times of the first and the last frame, and the mean time from one frame to the next; all
/// in seconds. `None` for fewer than two frames, or if two of them have the same time.
///
/// The leading frames of the first keyframe are left out: after a seek, ffmpeg guesses the timestamps of those
/// in NUT, and gives some of them the same.
#[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
pub(super) fn ends(listing: &Listing, tick: f64) -> Option<(f64, f64, f64)> {
    let (_, packets) = gop::split_leading(listing.packets.clone());
    let mut shown: Vec<_> = packets.iter().map(|p| p.pts).collect();
    shown.sort_unstable();
    if shown.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let (first, last) = (*shown.first()? as f64 * tick, *shown.last()? as f64 * tick);
    let gaps = shown.len().checked_sub(1)? as f64;
    let gap = (last - first) / gaps;
    (gap > 0.0).then(|| (first, last, usual_gap(gap, tick / gaps)))
}

/// The exact frame duration of the nearest common frame rate, if it is within `rounding` of the `measured`
/// one; else the measured one. Without this, the error of Matroska's timestamps (rounded to milliseconds)
/// would add up to whole frames within minutes.
fn usual_gap(measured: f64, rounding: f64) -> f64 {
    let rate = measured.recip();
    // Multiples of half a frame a second (24, 25, 12.5 …), and the rates of television (30 / 1.001 …).
    let usual = [(rate * 2.0).round() / 2.0, (rate * 1.001).round() / 1.001];
    let gaps = usual.map(f64::recip).into_iter();
    let near = gaps.filter(|gap| (gap - measured).abs() <= rounding);
    let nearest = near.min_by(|a, b| (a - measured).abs().total_cmp(&(b - measured).abs()));
    nearest.unwrap_or(measured)
}
