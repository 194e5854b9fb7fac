//! Checks that a stream's timestamps are continuous. In concatenated recordings they start again in the
//! middle, and where a recorder lost its signal they jump. The frames are then told apart by their number.

use super::gop;
use crate::ffmpeg::packet_list::Packet;

/// A longer step from one timestamp to the next, in seconds, is a discontinuity; ffmpeg has the same limit
/// (`-dts_delta_threshold`).
const JUMP_SECONDS: f64 = 10.0;

/// More frames in a row with the same decoding time are not due to rounding. When timestamps jump back,
/// ffmpeg lists the last time again and again until they have caught up.
const MAX_REPEATED_TIMES: usize = 16;

/// One frame of a stream whose timestamps cannot be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    /// When it would be shown if the timestamps were continuous, in seconds from the first frame.
    pub seconds: f64,
    /// Is it a keyframe, from which decoding can start?
    pub key: bool,
}

impl Counted {
    /// A frame that is not known to be a keyframe.
    pub(super) fn at(seconds: f64) -> Self {
        let key = false;
        Self { seconds, key }
    }
}

/// Containers with one timeline for the whole file. In these, a long step means that a frame is shown for a
/// long time.
const ONE_TIMELINE: [&str; 8] = ["mp4", "matroska", "avi", "asf", "nut", "ivf", "gif", "apng"];

/// In the others it means so if it is not this many times longer than the median step: slides.
const JUMP_OF_STEPS: i64 = 4;

/// Are the timestamps of these packets, in decoding order, continuous?
#[allow(clippy::cast_precision_loss)] // A few seconds.
pub(super) fn is_continuous(packets: &[Packet], tick: f64, container: Option<&str>) -> bool {
    let container = container.unwrap_or_default();
    let long_steps_allowed = ONE_TIMELINE.iter().any(|name| container.contains(name));
    let pairs = packets.windows(2);
    let steps: Vec<_> = pairs
        .map(|pair| pair[1].dts.saturating_sub(pair[0].dts))
        .collect();
    let longest = steps.iter().max().copied().unwrap_or(0);
    let may_jump = !long_steps_allowed && longest as f64 * tick > JUMP_SECONDS;
    let median = if may_jump { gop::median(&steps) } else { 0 };
    let mut repeated = 0;
    for step in steps {
        repeated = if step <= 0 { repeated + 1 } else { 0 };
        let is_jump = may_jump
            && step as f64 * tick > JUMP_SECONDS
            && step > median.saturating_mul(JUMP_OF_STEPS);
        if repeated > MAX_REPEATED_TIMES || is_jump {
            return false;
        }
    }
    let least = if container == "mpeg" {
        SHARED_SECONDS
    } else {
        0.0
    };
    let mut shown: Vec<_> = packets.iter().map(|p| p.pts).collect();
    shown.sort_unstable();
    let mut steps = shown.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    steps.all(|step| step as f64 * tick > least)
}

/// Times that are not further apart belong to frames that share a PES packet, which has one time, in seconds. From
/// ffmpeg 7 on the second one is by a tick of the codec's clock later.
const SHARED_SECONDS: f64 = 0.0015;

/// How far the mean time from frame to frame may be from the median, as a part of it, in a steady stream.
const MEAN_ERROR: f64 = 0.05;

/// The frames by number, each with the time that it would have if the timestamps were continuous.
#[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
pub(super) fn count(packets: &[Packet], tick: f64) -> Vec<Counted> {
    let seconds = |from: &Packet, to: &Packet| to.dts.saturating_sub(from.dts) as f64 * tick;
    let shares_time = |a: &Packet, b: &Packet| seconds(a, b) <= SHARED_SECONDS;
    let groups: Vec<_> = packets.chunk_by(shares_time).collect();
    // To the next group; `None` where the clock jumps, and at the end.
    let steps = groups.windows(2).map(|pair| {
        let step = seconds(&pair[0][0], &pair[1][0]);
        (step > 0.0 && step <= JUMP_SECONDS).then_some(step)
    });
    let frames = groups.iter().map(|group| group.len());
    let mut groups: Vec<(usize, Option<f64>)> = frames.zip(steps.chain([None])).collect();
    let (median, _) = gaps(&groups);
    // Where frames have no time for themselves, a recording overlaps the one before. (Not so in a program stream: there frames
    // share PES packets, now more of them and now fewer. Only of that the sizes of packets are known.)
    if packets.iter().all(|packet| packet.size == 0) {
        for (frames, step) in &mut groups {
            let needed = (*frames as f64 - 0.5) * median;
            *step = step.filter(|step| *frames == 1 || *step >= needed);
        }
    }
    let (median, mean) = gaps(&groups);
    // Where the clock jumps back, many packets have the same time although they share nothing, and the mean is far
    // too small.
    let is_steady = (mean - median).abs() < median * MEAN_ERROR;
    let usual = if is_steady { mean } else { median };
    // If some timestamps are missing or shared, ffmpeg may have guessed others: use the same gap for all.
    let is_shared = groups.iter().any(|(n, step)| *n > 1 && step.is_some());
    let exact = packets.iter().all(Packet::is_timed) && !(is_shared && is_steady);
    let mut time = 0.0;
    let mut counted = Vec::with_capacity(packets.len());
    for (frames, step) in groups {
        let gap = step.filter(|_| exact && frames == 1).unwrap_or(usual);
        for _ in 0..frames {
            counted.push(Counted::at(time));
            time += gap;
        }
    }
    for (n, _) in packets.iter().enumerate().filter(|(_, p)| p.key) {
        if let Some(frame) = counted.get_mut(n + gop::count_leading(&packets[n..])) {
            frame.key = true;
        }
    }
    counted
}

/// The median and the mean time from one frame to the next, in seconds, of groups of frames: how many they are, and the
/// seconds to the next group if they are known.
#[allow(clippy::cast_precision_loss)] // A count of frames.
fn gaps(groups: &[(usize, Option<f64>)]) -> (f64, f64) {
    let timed = || {
        let timed = groups.iter();
        timed.filter_map(|(frames, step)| Some((*frames as f64, (*step)?)))
    };
    let mut gaps: Vec<_> = timed().map(|(frames, step)| step / frames).collect();
    gaps.sort_by(f64::total_cmp);
    let median = gaps.get(gaps.len() / 2).copied().unwrap_or(0.0);
    let frames: f64 = timed().map(|(frames, _)| frames).sum();
    (median, timed().map(|(_, step)| step).sum::<f64>() / frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets with these timestamps, in seconds.
    fn at(times: &[i64]) -> Vec<Packet> {
        let packet = |&t| Packet {
            pts: t,
            dts: t,
            key: true,
            size: 0,
        };
        times.iter().map(packet).collect()
    }

    #[test]
    fn timestamps_that_repeat_start_again_or_jump_are_not_continuous() {
        let (ts, mkv) = (Some("mpegts"), Some("matroska,webm"));
        assert!(is_continuous(&at(&[5, 6, 7, 12, 13]), 1.0, ts));
        assert!(!is_continuous(&at(&[5, 6, 7, 7, 8]), 1.0, ts));
        assert!(!is_continuous(&at(&[5, 6, 7, 70, 71]), 1.0, ts));
        assert!(is_continuous(&at(&[0, 12, 24, 48, 60]), 1.0, Some("flv")));
        assert!(is_continuous(&at(&[5, 6, 7, 70, 71]), 1.0, mkv));
        assert!(is_continuous(&at(&[5, 6, 7, 70, 71]), 1.0, Some("gif")));
        assert!(!is_continuous(&at(&[5, 6, 7, 5, 6]), 1.0, mkv));
    }

    #[test]
    fn counted_frames_have_continuous_times() {
        let seconds = |times| count(&at(times), 1.0).into_iter().map(|c| c.seconds);
        assert!(seconds(&[5, 6, 7, 70, 71]).eq([0.0, 1.0, 2.0, 3.0, 4.0]));
        assert!(seconds(&[5, 6, 0, 1]).eq([0.0, 1.0, 2.0, 3.0]));
        assert!(seconds(&[5, 6, 7, 7, 7]).eq([0.0, 1.0, 2.0, 3.0, 4.0]));
        assert!(seconds(&[5]).eq([0.0]));
        // Two frames in each PES packet; then three while the clock has jumped back.
        assert!(seconds(&[5, 5, 7, 7, 9, 9, 11]).eq([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        assert!(seconds(&[5, 6, 6, 6, 7, 8]).eq([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
        // A recording overlaps the one before by a frame, or by two.
        for start in [19, 18] {
            let packets = at(&(0..20).chain(start..start + 20).collect::<Vec<_>>());
            let counted = count(&packets, 1.0).into_iter().map(|c| c.seconds);
            assert!(counted.eq((0..40).map(f64::from)), "{start}");
        }
    }
}
