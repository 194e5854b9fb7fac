//! Does a stream's clock run on from its first frame to its last? Joined recordings have one that
//! starts again, and a recorder that lost its signal one that jumps. Its frames are then told apart
//! by their number.

use super::gop;
use crate::ffmpeg::packet_list::Packet;

/// A step of the clock from which on it has jumped, in seconds: what ffmpeg takes for one, too
/// (`-dts_delta_threshold`).
const JUMP_SECONDS: f64 = 10.0;

/// So many frames in a row at the same time are no rounding: ffmpeg lists frames at the time that
/// was reached for as long as the clock has not come back to it.
const STANDS_STILL: usize = 16;

/// One frame of a stream whose clock cannot be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    /// When it is shown, in seconds from the first frame, if the clock had run on.
    pub seconds: f64,
    /// Can decoding start here?
    pub key: bool,
}

impl Counted {
    /// A frame that decoding can hardly start at.
    pub(super) fn at(seconds: f64) -> Self {
        let key = false;
        Self { seconds, key }
    }
}

/// Containers whose frames stand on one timeline, on which a long step is a frame that is shown for
/// long.
const ON_A_TIMELINE: [&str; 3] = ["mp4", "matroska", "avi"];

/// Does the clock of these frames, in the order of decoding, run on?
#[allow(clippy::cast_precision_loss)] // A few seconds.
pub(super) fn runs_on(packets: &[Packet], tick: f64, container: Option<&str>) -> bool {
    let container = container.unwrap_or_default();
    let may_rest = ON_A_TIMELINE.iter().any(|name| container.contains(name));
    let mut still = 0;
    for pair in packets.windows(2) {
        let step = pair[1].dts.saturating_sub(pair[0].dts);
        still = if step <= 0 { still + 1 } else { 0 };
        if still > STANDS_STILL || !may_rest && step as f64 * tick > JUMP_SECONDS {
            return false;
        }
    }
    let mut shown: Vec<_> = packets.iter().map(|p| p.pts).collect();
    shown.sort_unstable();
    shown.windows(2).all(|pair| pair[0] < pair[1])
}

/// The frames by number, each with the time that it had if the clock ran on.
#[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
pub(super) fn count(packets: &[Packet], tick: f64) -> Vec<Counted> {
    let step = |pair: &[Packet]| pair[1].dts.saturating_sub(pair[0].dts);
    let is_step = |step: i64| step > 0 && step as f64 * tick <= JUMP_SECONDS;
    let mut steps: Vec<_> = packets.windows(2).map(step).collect();
    steps.retain(|step| is_step(*step));
    steps.sort_unstable();
    let usual = steps.get(steps.len() / 2).copied().unwrap_or(0);
    // Where times are not known throughout, some of those that are known are guesses.
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
        if let Some(frame) = counted.get_mut(n + gop::leading(&packets[n..])) {
            frame.key = true;
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames at these times, in seconds.
    fn at(times: &[i64]) -> Vec<Packet> {
        let packet = |&t| Packet {
            pts: t,
            dts: t,
            key: true,
        };
        times.iter().map(packet).collect()
    }

    #[test]
    fn a_clock_that_stands_still_starts_again_or_jumps_does_not_run_on() {
        let ts = Some("mpegts");
        assert!(runs_on(&at(&[5, 6, 7, 12, 13]), 1.0, ts));
        assert!(!runs_on(&at(&[5, 6, 7, 7, 8]), 1.0, ts));
        assert!(!runs_on(&at(&[5, 6, 7, 70, 71]), 1.0, ts));
        assert!(runs_on(&at(&[5, 6, 7, 70, 71]), 1.0, Some("matroska,webm")));
        assert!(!runs_on(&at(&[5, 6, 7, 5, 6]), 1.0, Some("matroska,webm")));
    }

    #[test]
    fn counted_frames_have_the_times_of_a_clock_that_runs_on() {
        let seconds = |times| count(&at(times), 1.0).into_iter().map(|c| c.seconds);
        assert!(seconds(&[5, 6, 7, 70, 71]).eq([0.0, 1.0, 2.0, 3.0, 4.0]));
        assert!(seconds(&[5, 6, 7, 7, 7]).eq([0.0, 1.0, 2.0, 3.0, 4.0]));
        assert!(seconds(&[5]).eq([0.0]));
    }
}
