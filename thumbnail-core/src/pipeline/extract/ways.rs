//! Which ways to reach the frames were tried, and what they cost: the data for [`PlanReport`].

use super::gop;
use super::index::{Frames, Index};
use super::plan::{Pick, Plan, Segment};
use crate::ffmpeg::command::Crop;
use crate::ffmpeg::log::Ended;
use crate::measure::report::{PlanReport, Way};

/// The ways that were tried so far.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// The ways that were tried after [`Way::Planned`] failed, in order.
    fallbacks: Vec<Way>,
    /// How often ffmpeg was started.
    starts: usize,
    /// How many frames were decoded; `None` once that is not known.
    decoded: Option<usize>,
    /// ffmpeg's version.
    version: Option<String>,
}

impl Ways {
    pub(super) fn new() -> Self {
        Self {
            decoded: Some(0),
            ..Self::default()
        }
    }

    /// Records that the last way failed, and that `way` is tried next.
    pub(super) fn fall_back_to(&mut self, way: Way) {
        self.fallbacks.push(way);
    }

    /// Was this fallback tried, or is it being tried?
    pub(super) fn tried(&self, way: Way) -> bool {
        self.fallbacks.contains(&way)
    }

    /// Records that an ffmpeg process has ended.
    pub(super) fn ended(&mut self, ended: &Ended) {
        self.starts += 1;
        if self.version.is_none() {
            self.version.clone_from(&ended.log.version);
        }
    }

    /// What this ffmpeg does with the cropping that a container asks for.
    pub(super) fn crop(&self) -> Crop {
        Crop::of(self.version.as_deref())
    }

    /// Adds a number of decoded frames; `None` if it is not known.
    pub(super) fn decoded(&mut self, frames: Option<usize>) {
        self.decoded = self.decoded.zip(frames).map(|(a, b)| a + b);
    }

    pub(super) fn plan_report(&self) -> PlanReport {
        PlanReport {
            way: self.fallbacks.last().copied().unwrap_or(Way::Planned),
            ffmpeg_starts: self.starts,
            frames_decoded: self.decoded,
            ffmpeg: self.version.clone(),
            cut_off: None,
            lost_alpha: false,
            lost_colours: false,
        }
    }
}

/// How many frames ffmpeg decodes for a plan; `None` if the index does not tell.
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
        packets.get(first)?;
        let from = match segment.seek {
            Some(_) => gop::start_for(packets, first),
            None => 0,
        };
        let range = packets.get(from..=last)?.iter();
        Some(range.filter(|p| p.key || !plan.keyframes_only).count())
    };
    plan.segments.iter().map(of_segment).sum()
}
