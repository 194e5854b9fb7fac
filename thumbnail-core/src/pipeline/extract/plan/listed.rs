//! Plans for a stream of which every packet is listed.

use super::frame_numbers::{fractions, frames_at, merge_equal, one_each, rounding, wanted_frames};
use super::{Colours, Pick, Plan, Segment, Target};
use crate::pipeline::extract::gop;
use crate::pipeline::extract::index::{Index, Packet, REORDER_SECONDS, SeekBy};
use crate::settings::Seek;
use crate::wanted::Wanted;

/// What another ffmpeg input costs (opening the file again and setting up a decoder), in frames that could
/// be decoded in the same time. If fewer frames lie between two wanted GOPs, they are decoded as well, in
/// the same input.
pub(super) const INPUT_COST_FRAMES: usize = 12;

/// A single step of a constant frame rate may be so much longer than the others.
const ODD_STEP_SECONDS: f64 = 0.1;

/// A stream of which every packet is listed.
pub(super) struct Listed<'a> {
    index: &'a Index,
    /// In decoding order.
    packets: &'a [Packet],
    /// Indices into `packets`, in presentation order. "Frame `n`" below means the frame of packet
    /// `shown[n]`.
    shown: Vec<usize>,
}

impl<'a> Listed<'a> {
    pub(super) fn new(index: &'a Index, packets: &'a [Packet]) -> Self {
        let mut shown: Vec<_> = (0..packets.len()).collect();
        shown.sort_by_key(|&n| packets[n].pts);
        Self {
            index,
            packets,
            shown,
        }
    }

    /// The presentation time of frame `n`, in seconds on the stream's own clock.
    #[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
    pub(super) fn seconds(&self, n: usize) -> f64 {
        self.packets[self.shown[n]].pts as f64 * self.index.tick
    }

    /// The time that ffmpeg gives to frame `n`, whose own time is `at`, and its tolerance; both in seconds.
    #[allow(clippy::cast_precision_loss)]
    fn expected(&self, n: usize, at: f64, tolerance: f64) -> (f64, f64) {
        let last = self.shown.len() - 1;
        match n + self.index.delay.unwrap_or(0) {
            packet if packet == n => (at, tolerance),
            packet if packet <= last => (self.seconds(packet), tolerance),
            // No packet is left: ffmpeg goes on from the last time, by a duration that may be half a frame's.
            packet => {
                let past_the_end = (packet - last) as f64 * self.gap();
                (self.seconds(last) + past_the_end, self.gap() * 0.75)
            }
        }
    }

    /// The time halfway between frame `n - 1` and frame `n`, in seconds; `None` past the last frame.
    fn before(&self, n: usize) -> Option<f64> {
        let at = (n < self.shown.len()).then(|| self.seconds(n))?;
        let previous = match n {
            0 => at - self.gap(),
            _ => self.seconds(n - 1),
        };
        Some(f64::midpoint(previous, at))
    }

    /// The mean time from one frame to the next, in seconds.
    #[allow(clippy::cast_precision_loss)]
    fn gap(&self) -> f64 {
        let last = self.shown.len() - 1;
        let gap = (self.seconds(last) - self.seconds(0)) / last.max(1) as f64;
        if gap > 0.0 { gap } else { self.index.tick }
    }

    /// How late the rounding to ticks can have made a frame, in seconds.
    fn rounding(&self) -> f64 {
        rounding(self.gap(), self.index.tick)
    }

    /// Is the frame rate constant: is every frame within a quarter of a frame duration of its time at
    /// that rate? The tolerance allows for Matroska's rounding to milliseconds.
    #[allow(clippy::cast_precision_loss)]
    fn is_even(&self) -> bool {
        let (start, gap) = (self.seconds(0), self.gap());
        (0..self.shown.len()).all(|n| (self.seconds(n) - start - n as f64 * gap).abs() < gap / 4.0)
            || self.is_even_but_for_one_step()
    }

    /// Is one step up to twice as long as the others, or by [`ODD_STEP_SECONDS`] longer, and are the others equal
    /// within a quarter? Of raw MPEG-1 video with B-frames ffmpeg guesses the times, and is wrong by one step in the
    /// first GOP. In an AVI with MP3 sound from ffmpeg, the first frame is shown longer, by the delay of the sound's
    /// encoder.
    fn is_even_but_for_one_step(&self) -> bool {
        let steps = (1..self.shown.len()).map(|n| self.seconds(n) - self.seconds(n - 1));
        let steps: Vec<_> = steps.collect();
        let mut sorted = steps.clone();
        sorted.sort_by(f64::total_cmp);
        let Some(usual) = sorted.get(sorted.len() / 2) else {
            return false;
        };
        let mut odd = steps
            .iter()
            .filter(|step| (*step - usual).abs() >= usual / 4.0);
        let longest = (usual * 2.25).max(usual + ODD_STEP_SECONDS);
        odd.next().is_none_or(|step| *step < longest) && odd.next().is_none()
    }

    /// The wanted frames, each with its positions.
    pub(super) fn wanted(&self, wanted: &Wanted) -> Vec<(usize, Vec<usize>)> {
        let count = self.shown.len();
        let wanted = match wanted {
            Wanted::Spread(wanted) => *wanted,
            Wanted::At(moments) => {
                return frames_at(moments, count, |n| self.seconds(n), self.rounding());
            }
        };
        if count <= wanted || self.index.delay.is_some() || self.is_even() {
            return one_each(wanted_frames(count, wanted));
        }
        // With a variable frame rate: the frames that are shown at fractions of the duration.
        let (start, end) = (self.seconds(0), self.seconds(count - 1));
        merge_equal(
            fractions(wanted)
                .into_iter()
                .enumerate()
                .map(|(position, fraction)| {
                    let time = start + fraction * (end - start) + self.rounding();
                    let shown = self
                        .shown
                        .partition_point(|&n| self.packet_seconds(n) <= time);
                    (shown.saturating_sub(1), vec![position])
                }),
        )
    }

    #[allow(clippy::cast_precision_loss)]
    fn packet_seconds(&self, packet: usize) -> f64 {
        self.packets[packet].pts as f64 * self.index.tick
    }

    /// The keyframe whose presentation time is nearest to that of frame `n`, among these.
    fn nearest_keyframe(&self, keys: &[usize], n: usize) -> usize {
        let distance = |m: &&usize| (self.seconds(**m) - self.seconds(n)).abs();
        let nearest = keys
            .iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.copied().unwrap_or(n)
    }

    fn has_keyframes(&self) -> bool {
        self.packets.iter().any(|p| p.key)
    }

    /// The frames to extract, each with its positions: the wanted ones, or in keyframe mode the nearest
    /// keyframes.
    fn frames(&self, wanted: &Wanted, seek: Seek) -> Vec<(usize, Vec<usize>)> {
        let frames = self.wanted(wanted);
        if seek == Seek::Exact || !self.has_keyframes() {
            return frames;
        }
        let keys: Vec<_> = (0..self.shown.len())
            .filter(|n| self.packets[self.shown[*n]].key)
            .collect();
        let nearest = |(n, positions)| (self.nearest_keyframe(&keys, n), positions);
        merge_equal(frames.into_iter().map(nearest))
    }

    /// Plans one pass from the first frame on, without seeking.
    pub(super) fn plan_in_one_go(&self, wanted: &Wanted, seek: Seek) -> Plan {
        let frames = self.frames(wanted, seek);
        let last = frames.last().map_or(0, |(n, _)| n + 1);
        let end = (last < self.shown.len()).then(|| Pick::From(self.seconds(last)));
        let targets = frames.into_iter().map(|(n, p)| self.target(n, p)).collect();
        Plan {
            segments: vec![Segment {
                seek: None,
                targets,
                end,
                references_only: false,
                floor: None,
            }],
            keyframes_only: false,
            numbered: false,
            start: self.seconds(0),
            colours: Colours::default(),
            intra_first: false,
            size: None,
        }
    }

    /// Plans a segment for each GOP, or run of GOPs close to each other, that holds wanted frames.
    pub(super) fn plan(&self, wanted: &Wanted, seek: Seek) -> Plan {
        // A decoder that skips frames delays the others by more than their decoding times tell.
        let keyframes_only = seek == Seek::Keyframe
            && self.has_keyframes()
            && !self.index.has_open_gops()
            && self.index.delay.is_none();
        if self.index.seek_by == SeekBy::Nothing {
            return Plan {
                keyframes_only,
                ..self.plan_in_one_go(wanted, seek)
            };
        }
        let frames = self.frames(wanted, seek);
        // (index of its keyframe's packet, index of the last packet that has to be decoded, segment)
        let mut segments: Vec<(usize, usize, Segment)> = Vec::new();
        for (n, positions) in frames {
            let (key, packet) = (gop::start_for(self.packets, self.shown[n]), self.shown[n]);
            let target = self.target(n, positions);
            // The end is the next frame's own time, not a time halfway to it: ffmpeg rounds the end to
            // ticks, and in AVI a tick is as long as a frame.
            let next = n + 1;
            let end = (next < self.shown.len()).then(|| Pick::From(self.seconds(next)));
            match segments.last_mut() {
                Some((_, reached, segment))
                    if self.frames_between(*reached, key, keyframes_only) <= INPUT_COST_FRAMES =>
                {
                    *reached = packet.max(*reached);
                    segment.targets.push(target);
                    segment.end = end;
                }
                _ => {
                    // If decoding starts before the first keyframe, the leading frames after it may be
                    // output, too. After a seek to the keyframe the decoder drops them.
                    let from_start = segments.is_empty()
                        && key <= INPUT_COST_FRAMES
                        && self.index.leading.is_empty();
                    let seek = (!from_start).then(|| self.seek_time(key));
                    let targets = vec![target];
                    let segment = Segment {
                        seek,
                        targets,
                        end,
                        references_only: false,
                        floor: None,
                    };
                    segments.push((key, packet, segment));
                }
            }
        }
        if self.index.delay.is_some() {
            for (key, reached, segment) in &mut segments {
                count_frames(segment, *key, *reached);
            }
        }
        Plan {
            segments: segments
                .into_iter()
                .map(|(_, _, segment)| segment)
                .collect(),
            keyframes_only,
            colours: Colours::default(),
            intra_first: false,
            numbered: false,
            start: self.seconds(0),
            size: None,
        }
    }

    /// How many unwanted frames would be decoded if decoding went on from packet `reached` to keyframe
    /// `key`, instead of seeking there.
    fn frames_between(&self, reached: usize, key: usize, keyframes_only: bool) -> usize {
        let between = self.packets.get(reached + 1..key).unwrap_or_default();
        between.iter().filter(|p| p.key || !keyframes_only).count()
    }

    fn target(&self, n: usize, positions: Vec<usize>) -> Target {
        let at = self.seconds(n);
        let from = self.before(n).unwrap_or(at);
        // A time within this tolerance is nearer to this frame than to its neighbours.
        let next = self.before(n + 1).unwrap_or(at + self.gap() / 2.0);
        let tolerance = (at - from).min(next - at).max(self.index.tick / 2.0);
        // If the decoder outputs a leading frame after all, let it through: it shows that the index is
        // wrong in leaving those out.
        let leading = self.index.leading.iter().map(|p| p.pts).min();
        #[allow(clippy::cast_precision_loss)]
        let from = match leading {
            Some(first) if n == 0 => first as f64 * self.index.tick - self.gap() / 2.0,
            _ => from,
        };
        Target {
            positions,
            pick: Pick::Within(from, next),
            expected: Some(self.expected(n, at, tolerance)),
            shown: self.index.delay.map(|_| at - self.seconds(0)),
            packet: Some(self.shown[n]),
        }
    }

    /// The time for `-ss`, in seconds, with which ffmpeg lands on keyframe `key`.
    #[allow(clippy::cast_precision_loss)]
    fn seek_time(&self, key: usize) -> f64 {
        let packet = self.packets[key];
        let delayed = self.index.delay.is_some_and(|packets| packets > 0);
        let reordered = delayed || self.packets.iter().any(|p| p.pts != p.dts);
        let ahead = if reordered { REORDER_SECONDS } else { 0.0 };
        let (ticks, ahead) = match self.index.seek_by {
            SeekBy::Pts | SeekBy::Nothing => (packet.pts, 0.0),
            SeekBy::PtsEarly => (packet.pts, ahead),
            SeekBy::DtsEarly => (packet.dts, ahead),
        };
        // ffmpeg's seek times are in microseconds. Round up: a time before the keyframe would land on
        // the one before it.
        ((ticks as f64 * self.index.tick + ahead) * 1e6).ceil() / 1e6
    }
}

/// Has the wanted frames of a segment picked by their number, counted from packet `key` or, without a seek, from
/// the first one. `last` is the packet of the last wanted frame. A wrong keyframe, an open GOP, and a frame that
/// cannot be decoded all show: the frame with this number then has another time than expected.
fn count_frames(segment: &mut Segment, key: usize, last: usize) {
    let first = segment.seek.map_or(0, |_| key);
    for target in &mut segment.targets {
        if let Some(packet) = target.packet {
            target.pick = Pick::Number(packet - first);
        }
    }
    segment.end = Some(Pick::Number(last + 1 - first));
}
