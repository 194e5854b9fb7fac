//! Plans which frames one ffmpeg decodes to reach the wanted frames at the lowest cost.
//!
//! Decoding starts at a keyframe and goes on to the wanted frame; the frames in between are the cost. A
//! plan decodes each group of pictures (GOP) that holds a wanted frame once, from its keyframe to its
//! last wanted frame, and skips all other GOPs. Where the index tells which frames no other frame refers
//! to, those are skipped as well.

mod ends;
mod frame_numbers;
mod listed;
#[cfg(test)]
mod tests;

pub use crate::ffmpeg::request::{Colours, Pick, Plan, Segment, Target};
use crate::pipeline::extract::clock::Counted;
use crate::pipeline::extract::index::{Frames, Index};
use crate::settings::Seek;
use crate::wanted::Wanted;
use ends::{plan_ends, plan_ends_in_one_go};
pub use frame_numbers::wanted_frames;
use frame_numbers::{frames_at, merge_equal, one_each, rounding};
use listed::Listed;

/// Plans the cheapest way to the wanted frames.
#[must_use]
pub fn plan(index: &Index, wanted: &Wanted, seek: Seek) -> Plan {
    match &index.frames {
        Frames::Listed(packets) => Listed::new(index, packets).plan(wanted, seek),
        Frames::Ends(ends) => plan_ends(*ends, wanted, seek),
        Frames::Counted(counted) => plan_counted(counted, index.tick, wanted, seek, MAX_REORDERED),
    }
}

/// Plans one pass from the first frame on, without seeking. This is the fallback for streams in which
/// seeking does not lead to the wanted frames.
#[must_use]
pub fn plan_in_one_go(index: &Index, wanted: &Wanted, seek: Seek) -> Plan {
    match &index.frames {
        Frames::Listed(packets) => Listed::new(index, packets).plan_in_one_go(wanted, seek),
        Frames::Counted(counted) => plan_counted(counted, index.tick, wanted, seek, 0),
        Frames::Ends(ends) => plan_ends_in_one_go(*ends, wanted),
    }
}

/// The most frames that are stored after a keyframe and shown before it (H.264 and HEVC allow no more).
const MAX_REORDERED: usize = 16;

/// Plans one pass in which the frames are told apart by their number, because their timestamps cannot be
/// used. In keyframe mode the decoder may output a keyframe up to `reordered` frames after its number, because
/// without times nobody knows how many frames are shown before it; with 0 its number is believed.
#[allow(clippy::cast_precision_loss)] // A count of frames.
fn plan_counted(
    counted: &[Counted],
    tick: f64,
    wanted: &Wanted,
    seek: Seek,
    reordered: usize,
) -> Plan {
    let keys = || (0..counted.len()).filter(|&n| counted[n].key);
    let nearest_keyframe = |n: usize| keys().min_by_key(|key| key.abs_diff(n)).unwrap_or(n);
    let frames = match wanted {
        Wanted::Spread(frames) => one_each(wanted_frames(counted.len(), *frames)),
        Wanted::At(moments) => {
            let last = counted.last().map_or(0.0, |frame| frame.seconds);
            let gap = last / (counted.len().max(2) - 1) as f64;
            let rounding = rounding(gap, tick);
            frames_at(moments, counted.len(), |n| counted[n].seconds, rounding)
        }
    };
    let frames = match seek {
        Seek::Exact => frames,
        Seek::Keyframe => {
            let nearest = |(n, positions)| (nearest_keyframe(n), positions);
            merge_equal(frames.into_iter().map(nearest))
        }
    };
    // From its own number to before the next keyframe's.
    let numbers = |n: usize| {
        let is_key = counted.get(n).is_some_and(|frame| frame.key);
        let more = if seek == Seek::Keyframe && is_key {
            reordered
        } else {
            0
        };
        let next_key = keys().find(|key| *key > n).unwrap_or(counted.len());
        n..next_key.min(n + more + 1)
    };
    let end = frames
        .last()
        .map(|(n, _)| Pick::From(numbers(*n).end as f64));
    let targets = frames.into_iter().map(|(number, positions)| {
        let numbers = numbers(number);
        let (from, to) = (numbers.start as f64 - 0.5, numbers.end as f64 - 0.5);
        Target {
            positions,
            pick: match numbers.len() {
                1 => Pick::Within(from, to),
                _ => Pick::KeyWithin(from, to),
            },
            expected: Some((f64::midpoint(from, to), (to - from) / 2.0)),
            shown: None,
            packet: None,
        }
    });
    Plan {
        segments: vec![Segment {
            seek: None,
            targets: targets.collect(),
            end,
            references_only: false,
            floor: None,
        }],
        keyframes_only: false,
        colours: Colours::default(),
        intra_first: false,
        numbered: true,
        size: None,
        start: 0.0,
    }
}
