//! Measures the frame rate of one end of a stream from its packets.

use super::gop;
use crate::ffmpeg::packet_list::Listing;

/// The presentation times of the first and the last frame, and the mean time from one frame to the next; all
/// in seconds. `None` for fewer than two frames, or if two of them have the same time.
///
/// The leading frames of the first keyframe are left out: after a seek, ffmpeg guesses the timestamps of those
/// in NUT, and gives some of them the same. Each time may be rounded by `rounding` seconds.
#[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
pub(super) fn ends(listing: &Listing, tick: f64, rounding: f64) -> Option<(f64, f64, f64)> {
    let (_, packets) = gop::split_leading(listing.packets.clone());
    let mut shown: Vec<_> = packets.iter().map(|p| p.pts).collect();
    shown.sort_unstable();
    if shown.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let (first, last) = (*shown.first()? as f64 * tick, *shown.last()? as f64 * tick);
    let gaps = shown.len().checked_sub(1)? as f64;
    let gap = (last - first) / gaps;
    (gap > 0.0).then(|| (first, last, usual_gap(gap, rounding / gaps)))
}

/// The exact frame duration of the nearest common frame rate, if it is within `rounding` of the `measured`
/// one; else the measured one. Without this, the error of Matroska's timestamps (rounded to milliseconds)
/// would add up to whole frames within minutes.
fn usual_gap(measured: f64, rounding: f64) -> f64 {
    let gaps = common_gaps(measured).into_iter();
    let near = gaps.filter(|gap| (gap - measured).abs() <= rounding);
    let nearest = near.min_by(|a, b| (a - measured).abs().total_cmp(&(b - measured).abs()));
    nearest.unwrap_or(measured)
}

/// The frame durations of the two common frame rates that are nearest to that of `gap`, all in seconds.
fn common_gaps(gap: f64) -> [f64; 2] {
    let rate = gap.recip();
    // Multiples of half a frame a second (24, 25, 12.5 …), and the rates of television (30 / 1.001 …).
    let common = [(rate * 2.0).round() / 2.0, (rate * 1.001).round() / 1.001];
    common.map(f64::recip)
}

/// How far the frame duration that [`ends`] measured may be wrong, in seconds: not at all if every frame is shown for one
/// tick, or if the duration is a common one and cannot be another.
#[allow(clippy::cast_precision_loss)] // A count of frames.
pub(super) fn error(gap: f64, listing: &Listing, rounding: f64) -> f64 {
    if (gap - rounding).abs() < 1e-12 {
        return 0.0;
    }
    let error = rounding / (listing.packets.len().max(2) - 1) as f64;
    let apart = common_gaps(gap).map(|common| (common - gap).abs());
    let is_one = apart.iter().any(|apart| *apart < 1e-12);
    let may_be_another = apart.iter().any(|apart| (1e-12..error).contains(apart));
    if is_one && !may_be_another {
        0.0
    } else {
        error
    }
}

/// Is every step from one frame to the next within a quarter of `gap`, in ticks? Where the list was cut off, frames are
/// missing that are shown after the last packet is decoded.
#[allow(clippy::cast_precision_loss)] // A few seconds.
pub(super) fn is_steady(listing: &Listing, gap: f64) -> bool {
    let (_, packets) = gop::split_leading(listing.packets.clone());
    let end = packets.last().map_or(0, |last| last.dts);
    let mut shown: Vec<_> = packets.iter().map(|p| p.pts).collect();
    shown.sort_unstable();
    let complete = shown.partition_point(|time| *time <= end);
    let mut steps = shown[..complete]
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]) as f64);
    steps.all(|step| (step - gap).abs() <= gap / 4.0 + 1.0)
}
