//! Which ways to the frames were taken, and what they cost.

use super::index::{Frames, Index};
use super::plan::{Pick, Plan, Segment};
use crate::ffmpeg::command::Crop;
use crate::ffmpeg::log::Ended;
use crate::measure::report::{PlanReport, Way};

/// The ways that were taken so far.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// Each of them, the cheapest first.
    detours: Vec<Way>,
    starts: usize,
    decoded: Option<usize>,
    version: Option<String>,
}

impl Ways {
    pub(super) fn new() -> Self {
        Self {
            decoded: Some(0),
            ..Self::default()
        }
    }

    /// The last way failed, and this one is next.
    pub(super) fn turn_to(&mut self, way: Way) {
        self.detours.push(way);
    }

    pub(super) fn took(&self, way: Way) -> bool {
        self.detours.contains(&way)
    }

    /// Takes in that an ffmpeg has ended.
    pub(super) fn ended(&mut self, ended: &Ended) {
        self.starts += 1;
        if self.version.is_none() {
            self.version.clone_from(&ended.log.version);
        }
    }

    /// What the ffmpeg that ran does with a container's crop.
    pub(super) fn crop(&self) -> Crop {
        Crop::of(self.version.as_deref())
    }

    /// Takes in that so many frames, or nobody knows how many, have been decoded.
    pub(super) fn decoded(&mut self, frames: Option<usize>) {
        self.decoded = self.decoded.zip(frames).map(|(a, b)| a + b);
    }

    pub(super) fn report(&self) -> PlanReport {
        PlanReport {
            way: self.detours.last().copied().unwrap_or(Way::Planned),
            ffmpeg_starts: self.starts,
            frames_decoded: self.decoded,
            ffmpeg: self.version.clone(),
            cut_off: None,
            lost_alpha: false,
        }
    }
}

/// How many frames a plan has ffmpeg decode, if the index tells.
pub(super) fn frames_to_decode(plan: &Plan, index: Option<&Index>) -> Option<usize> {
    let packets = match index.map(|index| &index.frames) {
        Some(Frames::Listed(packets)) => &packets[..],
        _ => &[],
    };
    let of_segment = |segment: &Segment| {
        if let Some(Pick::Number(end)) = segment.end {
            return Some(end);
        }
        if let (true, Some(Pick::From(end))) = (plan.numbered, segment.end) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            // A count of frames.
            return Some(end as usize);
        }
        let wanted = || segment.targets.iter().map(|target| target.packet);
        let (first, last) = (wanted().min()??, wanted().max()??);
        let before = packets.get(..=first)?;
        let from = match segment.seek {
            Some(_) => before
                .iter()
                .rposition(|p| p.key && p.pts <= packets[first].pts)?,
            None => 0,
        };
        let range = packets.get(from..=last)?.iter();
        Some(range.filter(|p| p.key || !plan.keyframes_only).count())
    };
    plan.segments.iter().map(of_segment).sum()
}
