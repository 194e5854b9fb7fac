//! Plans for a stream of which only the packets at both ends are listed.

use super::frame_numbers::{fractions, frames_at, one_each, wanted_frames};
use super::{Colours, Pick, Plan, Segment, Target};
use crate::pipeline::extract::index::Ends;
use crate::settings::Seek;
use crate::wanted::Wanted;

/// A video of up to this length, in seconds, is decoded in one pass: its wanted frames probably share one or
/// two GOPs.
const SHORT_SECONDS: f64 = 20.0;

/// How much later than in the stream the time of a frame may be that follows from the frame rate, in seconds: half of
/// Matroska's tick.
const GAP_ERROR: f64 = 0.0005;

/// How far a frame may be from its time at a constant frame rate, as a part of the frame duration.
const EVEN: f64 = 0.25;

/// With a variable frame rate: how far after a wanted time to look for a frame, in seconds.
const LOOK_AHEAD_SECONDS: f64 = 2.0;

/// The times of the wanted frames, in seconds on the stream's own clock, each with its positions.
#[allow(clippy::cast_precision_loss)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A count of frames.
fn wanted_times(ends: Ends, wanted: &Wanted) -> Vec<(f64, Vec<usize>)> {
    let length = ends.last - ends.first;
    let count = ((length / ends.gap).round() as usize).saturating_add(1);
    let at = |n: usize| ends.first + n as f64 * ends.gap;
    let frames = match wanted {
        // With a variable frame rate all packets are listed instead, so this case has a constant one.
        Wanted::At(moments) => frames_at(moments, count, at, (ends.gap / 8.0).min(GAP_ERROR)),
        Wanted::Spread(wanted) if ends.even => one_each(wanted_frames(count, *wanted)),
        Wanted::Spread(wanted) => {
            let fractions = fractions(*wanted).into_iter().enumerate();
            let times = fractions.map(|(k, f)| (ends.first + f * length, vec![k]));
            return times.collect();
        }
    };
    let frames = frames.into_iter();
    frames.map(|(n, positions)| (at(n), positions)).collect()
}

/// Plans one pass from the first frame on, without seeking.
pub(super) fn plan_ends_in_one_go(ends: Ends, wanted: &Wanted) -> Plan {
    let times = wanted_times(ends, wanted).into_iter();
    let targets = times.map(|(time, positions)| Target {
        positions,
        pick: Pick::From(time - ends.gap / 2.0),
        expected: ends.even.then_some((time, ends.gap * EVEN)),
        shown: None,
        packet: None,
    });
    Plan {
        segments: vec![Segment {
            seek: None,
            targets: targets.collect(),
            end: None,
            references_only: false,
            floor: None,
        }],
        keyframes_only: false,
        colours: Colours::default(),
        intra_first: false,
        numbered: false,
        start: ends.first,
        size: None,
    }
}

/// Among which times to look for a keyframe near `time`, in seconds, where a seek leads to none: in the GOP's length around
/// it, which begins earlier at the end of the stream, because no keyframe comes after.
fn around(time: f64, ends: Ends) -> (f64, f64) {
    let middle = time.min(ends.last - ends.gop / 2.0 + ends.gap);
    let from = middle - f64::midpoint(ends.gop, ends.gap);
    (from, from + ends.gop)
}

/// The time for `-ss`, in seconds, with which ffmpeg lands on the last keyframe that is shown at or before `time`.
fn seek_time(time: f64, ends: Ends) -> f64 {
    let seek = time - ends.delay;
    ends.latest_seek.map_or(seek, |latest| seek.min(latest)) + ends.early
}

/// Plans a segment for each wanted frame: without a list of keyframes, it is not known which frames share a
/// GOP.
pub(super) fn plan_ends(ends: Ends, wanted: &Wanted, seek: Seek) -> Plan {
    let keyframes = seek == Seek::Keyframe;
    if ends.last - ends.first <= SHORT_SECONDS && !keyframes {
        return plan_ends_in_one_go(ends, wanted);
    }
    let look_ahead = if ends.even {
        ends.gap
    } else {
        LOOK_AHEAD_SECONDS
    };
    let times = wanted_times(ends, wanted).into_iter();
    let segments = times.map(|(time, positions)| {
        let (seek, pick, end) = if keyframes && ends.preroll > 0.0 {
            let (near, far) = around(time, ends);
            let pick = Pick::KeyWithin(near, far);
            (near - ends.preroll, pick, Pick::From(far))
        } else if keyframes {
            // Take the first decoded frame: the keyframe that the seek lands on, which is the last one before its time. Seek
            // to half the usual time between keyframes later, so that it lands on the nearest. Of two that are as near it
            // should be the earlier.
            let later = ends.spacing / 2.0 - ends.gap / 4.0;
            let aim = time + later.max(ends.gap / 2.0);
            (seek_time(aim, ends), Pick::Number(0), Pick::Number(1))
        } else {
            let pick = Pick::From(time - ends.gap / 2.0);
            // Seek a little later than wanted: the frame may be a keyframe itself, with its time rounded up.
            let seek = if ends.even && ends.preroll == 0.0 {
                seek_time(time + ends.gap / 2.0, ends)
            } else {
                time - ends.preroll
            };
            (seek, pick, Pick::From(time + look_ahead))
        };
        let checked = ends.even && !keyframes;
        Segment {
            seek: (time > ends.first && seek > ends.first).then_some(seek),
            targets: vec![Target {
                positions,
                pick,
                expected: checked.then_some((time, ends.gap * EVEN)),
                shown: None,
                packet: None,
            }],
            end: Some(end),
            references_only: false,
            floor: None,
        }
    });
    Plan {
        segments: segments.collect(),
        // Not needed: each segment ends after its first picture, the keyframe.
        keyframes_only: false,
        colours: Colours::default(),
        intra_first: false,
        numbered: false,
        start: ends.first,
        size: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::extract::index::REORDER_SECONDS;

    #[test]
    fn a_seek_leads_to_the_wanted_frame_itself_if_that_is_a_keyframe() {
        // Each keyframe is decoded two frames before it is shown.
        let ends = Ends {
            first: 0.0,
            last: 99.96,
            gap: 0.04,
            gop: 2.0,
            spacing: 2.0,
            even: true,
            early: REORDER_SECONDS,
            delay: 0.08,
            preroll: 0.0,
            latest_seek: None,
        };
        let plan = plan_ends(ends, &Wanted::Spread(5), Seek::Exact);
        assert_eq!(plan.segments[0].seek, None);
        for segment in &plan.segments[1..] {
            let (shown, _) = segment.targets[0].expected.unwrap();
            let aim = segment.seek.unwrap() - ends.early;
            let decoded = shown - ends.delay;
            assert!((decoded..decoded + ends.gap).contains(&aim), "{segment:?}");
        }
    }
}
