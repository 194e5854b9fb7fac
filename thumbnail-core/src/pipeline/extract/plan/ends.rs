//! The way to the wanted frames of a stream of which only both ends are known.

use super::wanted::{fractions, frames_at, one_each, wanted_frames};
use super::{Colours, Pick, Plan, Segment, Target};
use crate::pipeline::extract::index::Ends;
use crate::settings::Seek;
use crate::wanted::Wanted;

/// A video whose ends alone are known is decoded in one go up to this length, in seconds: the
/// wanted frames probably share a GOP or two.
const SHORT_SECONDS: f64 = 20.0;

/// How far past a wanted time to look for a frame where the rate varies, in seconds.
const LOOK_AHEAD_SECONDS: f64 = 2.0;

/// The wanted times in a stream of which only the ends are known, in seconds on its own clock.
#[allow(clippy::cast_precision_loss)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A count of frames.
fn wanted_times(ends: Ends, wanted: &Wanted) -> Vec<(f64, Vec<usize>)> {
    let length = ends.last - ends.first;
    let count = ((length / ends.gap).round() as usize).saturating_add(1);
    let at = |n: usize| ends.first + n as f64 * ends.gap;
    let frames = match wanted {
        // Where the distances are not even, the whole stream is listed instead.
        Wanted::At(moments) => frames_at(moments, count, at, ends.gap / 8.0),
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

pub(super) fn plan_ends_in_one_go(ends: Ends, wanted: &Wanted) -> Plan {
    let times = wanted_times(ends, wanted).into_iter();
    let targets = times.map(|(time, positions)| Target {
        positions,
        pick: Pick::From(time - ends.gap / 2.0),
        expected: None,
        shown: None,
        packet: None,
    });
    Plan {
        segments: vec![Segment {
            seek: None,
            targets: targets.collect(),
            end: None,
            references_only: false,
        }],
        keyframes_only: false,
        colours: Colours::default(),
        intra_first: false,
        numbered: false,
        start: ends.first,
        size: None,
    }
}

/// Without a list of keyframes each wanted frame is a segment of its own, wherever seeking lands.
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
        // In keyframe mode, the keyframe that seeking lands on: the one before the wanted frame.
        let (pick, end) = if keyframes {
            (Pick::Number(0), Pick::Number(1))
        } else {
            (
                Pick::From(time - ends.gap / 2.0),
                Pick::From(time + look_ahead),
            )
        };
        let checked = ends.even && !keyframes;
        // A picture that stands on a keyframe should be that keyframe, wherever ffmpeg aims.
        let lead = if keyframes {
            ends.early + ends.gap / 2.0
        } else {
            0.0
        };
        Segment {
            seek: (time > ends.first).then_some(time + lead),
            targets: vec![Target {
                positions,
                pick,
                expected: checked.then_some((time, ends.gap * 0.6)),
                shown: None,
                packet: None,
            }],
            end: Some(end),
            references_only: false,
        }
    });
    Plan {
        segments: segments.collect(),
        // The first picture is the keyframe, and none behind it has to be read.
        keyframes_only: false,
        colours: Colours::default(),
        intra_first: false,
        numbered: false,
        start: ends.first,
        size: None,
    }
}
