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
const ONE_TIMELINE: [&str; 3] = ["mp4", "matroska", "avi"];

/// Are the timestamps of these packets, in decoding order, continuous?
#[allow(clippy::cast_precision_loss)] // A few seconds.
pub(super) fn is_continuous(packets: &[Packet], tick: f64, container: Option<&str>) -> bool {
    let container = container.unwrap_or_default();
    let long_steps_allowed = ONE_TIMELINE.iter().any(|name| container.contains(name));
    let mut repeated = 0;
    for pair in packets.windows(2) {
        let step = pair[1].dts.saturating_sub(pair[0].dts);
        repeated = if step <= 0 { repeated + 1 } else { 0 };
        let is_jump = !long_steps_allowed && step as f64 * tick > JUMP_SECONDS;
        if repeated > MAX_REPEATED_TIMES || is_jump {
            return false;
        }
    }
    let mut shown: Vec<_> = packets.iter().map(|p| p.pts).collect();
    shown.sort_unstable();
    shown.windows(2).all(|pair| pair[0] < pair[1])
}

/// The frames by number, each with the time that it would have if the timestamps were continuous.
#[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
pub(super) fn count(packets: &[Packet], tick: f64) -> Vec<Counted> {
    let step = |pair: &[Packet]| pair[1].dts.saturating_sub(pair[0].dts);
    let is_step = |step: i64| step > 0 && step as f64 * tick <= JUMP_SECONDS;
    let mut steps: Vec<_> = packets.windows(2).map(step).collect();
    steps.retain(|step| is_step(*step));
    steps.sort_unstable();
    let usual = steps.get(steps.len() / 2).copied().unwrap_or(0);
    // If some timestamps are missing, ffmpeg may have guessed others: use the median step for all.
    let exact = packets.iter().all(Packet::is_timed);
    let steps = packets.windows(2).map(step);
    let steps = steps.map(|step| if exact && is_step(step) { step } else { usual });
    let mut ticks = 0_i64;
    let times = std::iter::once(0).chain(steps.map(|step| {
        ticks = ticks.saturating_add(step);
        ticks
    }));
    let numbered = packets.iter().zip(times);
    let counted = numbered.map(|(_, ticks)| Counted::at(ticks as f64 * tick));
    let mut counted: Vec<_> = counted.collect();
    for (n, _) in packets.iter().enumerate().filter(|(_, p)| p.key) {
        if let Some(frame) = counted.get_mut(n + gop::count_leading(&packets[n..])) {
            frame.key = true;
        }
    }
    counted
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
        };
        times.iter().map(packet).collect()
    }

    #[test]
    fn timestamps_that_repeat_start_again_or_jump_are_not_continuous() {
        let (ts, mkv) = (Some("mpegts"), Some("matroska,webm"));
        assert!(is_continuous(&at(&[5, 6, 7, 12, 13]), 1.0, ts));
        assert!(!is_continuous(&at(&[5, 6, 7, 7, 8]), 1.0, ts));
        assert!(!is_continuous(&at(&[5, 6, 7, 70, 71]), 1.0, ts));
        assert!(is_continuous(&at(&[5, 6, 7, 70, 71]), 1.0, mkv));
        assert!(!is_continuous(&at(&[5, 6, 7, 5, 6]), 1.0, mkv));
    }

    #[test]
    fn counted_frames_have_continuous_times() {
        let seconds = |times| count(&at(times), 1.0).into_iter().map(|c| c.seconds);
        assert!(seconds(&[5, 6, 7, 70, 71]).eq([0.0, 1.0, 2.0, 3.0, 4.0]));
        assert!(seconds(&[5, 6, 7, 7, 7]).eq([0.0, 1.0, 2.0, 3.0, 4.0]));
        assert!(seconds(&[5]).eq([0.0]));
    }
}
