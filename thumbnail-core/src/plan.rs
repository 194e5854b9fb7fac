//! Which frames are wanted, and the cheapest way for one ffmpeg to reach them.
//!
//! Decoding starts at a keyframe and goes on to the wanted frame, so what costs is the distance between the two.
//! A plan visits each group of pictures (GOP) that holds a wanted frame once, from its keyframe to its last
//! wanted frame, and leaves all others out.

use crate::index::{Ends, Frames, Index, Packet, REORDER_SECONDS, SeekBy};
use crate::settings::Seek;

/// How the decoded frames of a segment are told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pick {
    /// By number, counted from the first frame that the segment decodes.
    Number(usize),
    /// By time, in seconds on the stream's own clock: the first frame shown from then on.
    From(f64),
}

/// One wanted frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Which of the wanted frames it is; several where the same frame answers several wishes.
    pub positions: Vec<usize>,
    /// How to pick it.
    pub pick: Pick,
    /// When it should be shown, and how far from that it may be, in seconds on the stream's own
    /// clock; `None` if that is not known.
    pub expected: Option<(f64, f64)>,
}

/// A stretch of the video that is decoded in one go: one input of the ffmpeg command.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The time to seek to, in seconds on the stream's own clock; `None` for the beginning.
    pub seek: Option<f64>,
    /// The wanted frames, in the order in which they are shown; at least one.
    pub targets: Vec<Target>,
    /// Where decoding ends, this frame excluded; `None` for the end of the stream.
    pub end: Option<Pick>,
}

/// What one ffmpeg is to decode.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// In the order of time; at least one.
    pub segments: Vec<Segment>,
    /// Leave out all frames but keyframes.
    pub keyframes_only: bool,
    /// When the video's first frame is shown, in seconds on the stream's own clock.
    pub start: f64,
}

impl Plan {
    /// Every wanted frame, in order, with its segment's number.
    pub fn targets(&self) -> impl Iterator<Item = (usize, &Target)> {
        let segments = self.segments.iter().enumerate();
        segments.flat_map(|(k, segment)| segment.targets.iter().map(move |t| (k, t)))
    }
}

/// What another input costs, in frames that could have been decoded meanwhile: opening the file again and setting up
/// its decoder. Two GOPs that are closer than this are decoded in one go.
const INPUT_COST_FRAMES: usize = 12;

/// A video whose ends alone are known is decoded in one go up to this length, in seconds: the
/// wanted frames probably share a GOP or two.
const SHORT_SECONDS: f64 = 20.0;

/// Which of `count` frames are wanted: `wanted` of them, spread evenly from the first to the last; the middle one if
/// only one is; all of them, once each, if there are no more.
///
/// Positions between two frames go to the even one, as Python's `round` has it.
#[must_use]
pub fn wanted_frames(count: usize, wanted: usize) -> Vec<usize> {
    let last = count.saturating_sub(1);
    match wanted {
        _ if count <= wanted => (0..count).collect(),
        1 => vec![round_half_even(last, 2)],
        _ => (0..wanted)
            .map(|k| round_half_even(k * last, wanted - 1))
            .collect(),
    }
}

fn round_half_even(dividend: usize, divisor: usize) -> usize {
    let (quotient, twice) = (dividend / divisor, dividend % divisor * 2);
    let up = twice > divisor || twice == divisor && quotient % 2 == 1;
    quotient + usize::from(up)
}

/// The fractions of the duration that are wanted.
#[allow(clippy::cast_precision_loss)] // A few frames.
fn fractions(wanted: usize) -> Vec<f64> {
    match wanted {
        1 => vec![0.5],
        _ => (0..wanted)
            .map(|k| k as f64 / (wanted - 1) as f64)
            .collect(),
    }
}

/// Plans the cheapest way to the wanted frames.
#[must_use]
pub fn plan(index: &Index, wanted: usize, seek: Seek) -> Plan {
    match &index.frames {
        Frames::Listed(packets) => Listed::new(index, packets).plan(wanted, seek),
        Frames::Ends(ends) => plan_ends(*ends, wanted, seek),
        Frames::Counted(_) => plan_in_one_go(index, wanted),
    }
}

/// Plans one pass from the first frame on, counting frames: the definition of the wanted frames, and what is left
/// when seeking does not lead to them.
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
                })
                .collect(),
        }],
        keyframes_only: false,
        start,
    };
    match &index.frames {
        Frames::Listed(packets) => {
            let listed = Listed::new(index, packets);
            by_number(listed.wanted(wanted), listed.seconds(0))
        }
        Frames::Counted(count) => by_number(one_each(wanted_frames(*count, wanted)), 0.0),
        Frames::Ends(ends) => plan_ends_in_one_go(*ends, wanted),
    }
}

/// A frame for each position.
fn one_each(frames: Vec<usize>) -> Vec<(usize, Vec<usize>)> {
    let numbered = frames.into_iter().enumerate();
    numbered
        .map(|(position, frame)| (frame, vec![position]))
        .collect()
}

/// Positions that fall on the same frame become one target.
fn merge_equal(frames: impl IntoIterator<Item = usize>) -> Vec<(usize, Vec<usize>)> {
    let mut merged: Vec<(usize, Vec<usize>)> = Vec::new();
    for (position, frame) in frames.into_iter().enumerate() {
        match merged.last_mut() {
            Some((last, positions)) if *last == frame => positions.push(position),
            _ => merged.push((frame, vec![position])),
        }
    }
    merged
}

/// A stream whose every frame is known.
struct Listed<'a> {
    index: &'a Index,
    packets: &'a [Packet],
    /// The numbers of the packets in the order in which their frames are shown.
    shown: Vec<usize>,
}

impl<'a> Listed<'a> {
    fn new(index: &'a Index, packets: &'a [Packet]) -> Self {
        let mut shown: Vec<_> = (0..packets.len()).collect();
        shown.sort_by_key(|&n| packets[n].pts);
        Self {
            index,
            packets,
            shown,
        }
    }

    /// When frame `n` is shown, counted in the order in which frames are shown.
    #[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
    fn seconds(&self, n: usize) -> f64 {
        self.packets[self.shown[n]].pts as f64 * self.index.tick
    }

    /// Halfway between frame `n - 1` and frame `n`; past the last frame, `None`.
    fn before(&self, n: usize) -> Option<f64> {
        let at = (n < self.shown.len()).then(|| self.seconds(n))?;
        let previous = match n {
            0 => at - self.gap(),
            _ => self.seconds(n - 1),
        };
        Some(f64::midpoint(previous, at))
    }

    /// The mean distance between two frames, in seconds.
    #[allow(clippy::cast_precision_loss)]
    fn gap(&self) -> f64 {
        let last = self.shown.len() - 1;
        let gap = (self.seconds(last) - self.seconds(0)) / last.max(1) as f64;
        if gap > 0.0 { gap } else { self.index.tick }
    }

    /// Is every frame where even distances would have it, give or take a quarter of the distance?
    /// (Matroska rounds to milliseconds, which is not a varying rate.)
    #[allow(clippy::cast_precision_loss)]
    fn is_even(&self) -> bool {
        let (start, gap) = (self.seconds(0), self.gap());
        (0..self.shown.len()).all(|n| (self.seconds(n) - start - n as f64 * gap).abs() < gap / 4.0)
    }

    /// The wanted frames and the positions that each answers.
    fn wanted(&self, wanted: usize) -> Vec<(usize, Vec<usize>)> {
        let count = self.shown.len();
        if count <= wanted || self.is_even() {
            return one_each(wanted_frames(count, wanted));
        }
        // The rate varies: the frames that are on show at fractions of the duration.
        let (start, end) = (self.seconds(0), self.seconds(count - 1));
        merge_equal(fractions(wanted).into_iter().map(|fraction| {
            // Half a tick of slack for rounding.
            let time = start + fraction * (end - start) + self.index.tick / 2.0;
            self.shown
                .partition_point(|&n| self.packet_seconds(n) <= time)
                .saturating_sub(1)
        }))
    }

    #[allow(clippy::cast_precision_loss)]
    fn packet_seconds(&self, packet: usize) -> f64 {
        self.packets[packet].pts as f64 * self.index.tick
    }

    /// The packet to start decoding at for frame `n`: the last keyframe stored before it and not shown after it.
    fn keyframe_for(&self, n: usize) -> usize {
        let packet = self.shown[n];
        let before = self.packets[..=packet].iter().enumerate().rev();
        let shown = self.packets[packet].pts;
        let key = before.into_iter().find(|(_, p)| p.key && p.pts <= shown);
        key.map_or(0, |(key, _)| key)
    }

    /// The frame of the keyframe that is shown nearest to frame `n`.
    fn nearest_keyframe(&self, n: usize) -> usize {
        let keys = (0..self.shown.len()).filter(|&m| self.packets[self.shown[m]].key);
        let distance = |m: &usize| (self.seconds(*m) - self.seconds(n)).abs();
        keys.min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .unwrap_or(n)
    }

    fn plan(&self, wanted: usize, seek: Seek) -> Plan {
        let keyframes_only = seek == Seek::Keyframe && self.packets.iter().any(|p| p.key);
        let mut frames = self.wanted(wanted);
        if keyframes_only {
            let of_positions = frames
                .iter()
                .flat_map(|(n, p)| p.iter().map(|_| self.nearest_keyframe(*n)));
            frames = merge_equal(of_positions.collect::<Vec<_>>());
        }
        // Each segment with the packet it starts at and the packet that its last wanted frame is in.
        let mut segments: Vec<(usize, usize, Segment)> = Vec::new();
        for (n, positions) in frames {
            let (key, packet) = (self.keyframe_for(n), self.shown[n]);
            let target = self.target(n, positions);
            let end = self.before(n + 1).map(Pick::From);
            match segments.last_mut() {
                Some((_, reached, segment))
                    if self.frames_between(*reached, key, keyframes_only) <= INPUT_COST_FRAMES =>
                {
                    *reached = packet.max(*reached);
                    segment.targets.push(target);
                    segment.end = end;
                }
                _ => {
                    let from_start = segments.is_empty() && key <= INPUT_COST_FRAMES;
                    let seek = (!from_start).then(|| self.seek_time(key));
                    let targets = vec![target];
                    segments.push((key, packet, Segment { seek, targets, end }));
                }
            }
        }
        Plan {
            segments: segments
                .into_iter()
                .map(|(_, _, segment)| segment)
                .collect(),
            keyframes_only,
            start: self.seconds(0),
        }
    }

    /// How many frames would be decoded between packet `reached` and keyframe `key` for nothing.
    fn frames_between(&self, reached: usize, key: usize, keyframes_only: bool) -> usize {
        let between = self.packets.get(reached + 1..key).unwrap_or_default();
        between.iter().filter(|p| p.key || !keyframes_only).count()
    }

    fn target(&self, n: usize, positions: Vec<usize>) -> Target {
        let at = self.seconds(n);
        let from = self.before(n).unwrap_or(at);
        // Nearer to this frame than to either neighbour.
        let next = self.before(n + 1).unwrap_or(at + self.gap() / 2.0);
        Target {
            positions,
            pick: Pick::From(from),
            expected: Some((at, (at - from).min(next - at).max(self.index.tick))),
        }
    }

    /// The time to ask for so that ffmpeg lands on keyframe `key`.
    #[allow(clippy::cast_precision_loss)]
    fn seek_time(&self, key: usize) -> f64 {
        let packet = self.packets[key];
        let reordered = self.packets.iter().any(|p| p.pts != p.dts);
        let ahead = if reordered { REORDER_SECONDS } else { 0.0 };
        let (ticks, ahead) = match self.index.seek_by {
            SeekBy::Shown => (packet.pts, 0.0),
            SeekBy::ShownEarly => (packet.pts, ahead),
            SeekBy::DecodedEarly => (packet.dts, ahead),
        };
        // ffmpeg reads microseconds; one that is rounded down would land before the keyframe.
        ((ticks as f64 * self.index.tick + ahead) * 1e6).ceil() / 1e6
    }
}

/// How far past a wanted time to look for a frame where the rate varies, in seconds.
const LOOK_AHEAD_SECONDS: f64 = 2.0;

/// The wanted times in a stream of which only the ends are known, in seconds on its own clock.
#[allow(clippy::cast_precision_loss)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A count of frames.
fn wanted_times(ends: Ends, wanted: usize) -> Vec<f64> {
    let length = ends.last - ends.first;
    if ends.even {
        let count = (length / ends.gap).round() as usize + 1;
        let frames = wanted_frames(count, wanted).into_iter();
        frames.map(|n| ends.first + n as f64 * ends.gap).collect()
    } else {
        let fractions = fractions(wanted).into_iter();
        fractions.map(|f| ends.first + f * length).collect()
    }
}

fn plan_ends_in_one_go(ends: Ends, wanted: usize) -> Plan {
    let times = wanted_times(ends, wanted).into_iter().enumerate();
    let targets = times.map(|(position, time)| Target {
        positions: vec![position],
        pick: Pick::From(time - ends.gap / 2.0),
        expected: None,
    });
    Plan {
        segments: vec![Segment {
            seek: None,
            targets: targets.collect(),
            end: None,
        }],
        keyframes_only: false,
        start: ends.first,
    }
}

/// Without a list of keyframes each wanted frame is a segment of its own, wherever seeking lands.
fn plan_ends(ends: Ends, wanted: usize, seek: Seek) -> Plan {
    let keyframes_only = seek == Seek::Keyframe;
    if ends.last - ends.first <= SHORT_SECONDS && !keyframes_only {
        return plan_ends_in_one_go(ends, wanted);
    }
    let look_ahead = if ends.even {
        ends.gap
    } else {
        LOOK_AHEAD_SECONDS
    };
    let times = wanted_times(ends, wanted).into_iter().enumerate();
    let segments = times.map(|(position, time)| {
        // In keyframe mode, the keyframe that seeking lands on: the one before the wanted frame.
        let (pick, end) = match keyframes_only {
            true => (Pick::Number(0), Pick::Number(1)),
            false => (
                Pick::From(time - ends.gap / 2.0),
                Pick::From(time + look_ahead),
            ),
        };
        let checked = ends.even && !keyframes_only;
        Segment {
            seek: (position > 0).then_some(time),
            targets: vec![Target {
                positions: vec![position],
                pick,
                expected: checked.then_some((time, ends.gap * 0.6)),
            }],
            end: Some(end),
        }
    });
    Plan {
        segments: segments.collect(),
        keyframes_only,
        start: ends.first,
    }
}
