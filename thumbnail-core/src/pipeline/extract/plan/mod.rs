//! Which frames are wanted, and the cheapest way for one ffmpeg to reach them.
//!
//! Decoding starts at a keyframe and goes on to the wanted frame, so what costs is the distance
//! between the two. A plan visits each group of pictures (GOP) that holds a wanted frame once, from
//! its keyframe to its last wanted frame, and leaves all others out; and on that way, where it can be
//! told, the frames that no other refers to.

mod ends;
mod listed;
#[cfg(test)]
mod tests;
mod wanted;

pub use crate::ffmpeg::request::{Pick, Plan, Segment, Target};
use crate::pipeline::extract::index::{Frames, Index};
use crate::settings::Seek;
use ends::{plan_ends, plan_ends_in_one_go};
use listed::Listed;
use wanted::one_each;
pub use wanted::wanted_frames;

/// Plans the cheapest way to the wanted frames.
#[must_use]
pub fn plan(index: &Index, wanted: usize, seek: Seek) -> Plan {
    match &index.frames {
        Frames::Listed(packets) => Listed::new(index, packets).plan(wanted, seek),
        Frames::Ends(ends) => plan_ends(*ends, wanted, seek),
        Frames::Counted(_) => plan_in_one_go(index, wanted),
    }
}

/// Plans one pass from the first frame on, counting frames: the definition of the wanted frames,
/// and what is left when seeking does not lead to them.
#[must_use]
pub fn plan_in_one_go(index: &Index, wanted: usize) -> Plan {
    let by_number = |numbers: Vec<(usize, Vec<usize>)>, start| Plan {
        segments: vec![Segment {
            seek: None,
            end: numbers.last().map(|(n, _)| Pick::Number(n + 1)),
            targets: numbers
                .into_iter()
                .map(|(number, positions)| Target {
                    positions,
                    pick: Pick::Number(number),
                    expected: None,
                    packet: None,
                })
                .collect(),
            references_only: false,
        }],
        keyframes_only: false,
        plain_colours: false,
        start,
    };
    match &index.frames {
        Frames::Listed(packets) => {
            let listed = Listed::new(index, packets);
            by_number(listed.wanted(wanted), Some(listed.seconds(0)))
        }
        Frames::Counted(count) => by_number(one_each(wanted_frames(*count, wanted)), None),
        Frames::Ends(ends) => plan_ends_in_one_go(*ends, wanted),
    }
}
