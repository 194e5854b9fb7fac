use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::pipeline::extract::index::{Packet, REORDER_SECONDS, SeekBy};

/// A tick is as long as a frame, at 25 frames a second: the coarsest clock that containers have.
const TICK: f64 = 0.04;
const STEP: i64 = 1;

/// A stream in decoding order. Each GOP is a keyframe, followed for each number by a P-frame with so many
/// B-frames, which are shown before it. In an open GOP the first number is that of the leading B-frames,
/// which are shown before the keyframe.
fn stream(gops: &[Vec<usize>], open: bool, start: i64) -> Vec<Packet> {
    // (position in presentation order, is a keyframe)
    let mut stored: Vec<(i64, bool)> = Vec::new();
    let mut shown = 0;
    for (number, gop) in gops.iter().enumerate() {
        let (leading, rest) = match gop.split_first() {
            Some((first, rest)) if open && number > 0 => (*first, rest),
            _ => (0, &gop[..]),
        };
        for (between, key) in
            std::iter::once((leading, true)).chain(rest.iter().map(|n| (*n, false)))
        {
            let between = i64::try_from(between).unwrap();
            stored.push((shown + between, key));
            stored.extend((shown..shown + between).map(|position| (position, false)));
            shown += between + 1;
        }
    }
    // No frame is shown before it is decoded.
    let places = stored.iter().zip(0..);
    let delay = places.map(|((shown, _), n)| n - shown).max().unwrap();
    let packets = stored.into_iter().zip(0..);
    packets
        .map(|((shown, key), n)| Packet {
            pts: start + shown * STEP,
            dts: start + (n - delay) * STEP,
            key,
            size: 0,
        })
        .collect()
}

fn streams() -> impl Strategy<Value = Vec<Packet>> {
    let gops = vec(vec(0..4_usize, 0..30), 1..12);
    (gops, any::<bool>(), 0..5000_i64).prop_map(|(gops, open, start)| stream(&gops, open, start))
}

fn index(packets: Vec<Packet>, seek_by: SeekBy) -> Index {
    Index {
        tick: TICK,
        frames: Frames::Listed(packets),
        seek_by,
        leading: Vec::new(),
        untagged_is_high: false,
        delay: None,
    }
}

const ALL: [SeekBy; 3] = [SeekBy::Pts, SeekBy::PtsEarly, SeekBy::DtsEarly];

#[allow(clippy::cast_precision_loss)]
fn seconds(ticks: i64) -> f64 {
    ticks as f64 * TICK
}

/// The packet that ffmpeg starts at.
fn landing(packets: &[Packet], seek_by: SeekBy, seek: Option<f64>) -> usize {
    let Some(seek) = seek else { return 0 };
    let reordered = packets.iter().any(|p| p.pts != p.dts);
    let early = seek_by != SeekBy::Pts && reordered;
    let aim = seek - if early { REORDER_SECONDS } else { 0.0 };
    let time = |p: &Packet| match seek_by {
        SeekBy::DtsEarly => seconds(p.dts),
        _ => seconds(p.pts),
    };
    let lands = |p: &Packet| p.key && time(p) <= aim + 1e-9;
    packets.iter().rposition(lands).unwrap_or(0)
}

/// The presentation times of the frames that a segment picks if decoding starts at packet `start`, and
/// the index of the last packet that is read.
fn decoded(packets: &[Packet], start: usize, segment: &Segment) -> (Vec<i64>, usize) {
    // Leading frames refer to frames that were not decoded.
    let key = packets[start].pts;
    let mut times: Vec<_> = packets[start..].iter().map(|p| p.pts).collect();
    times.retain(|t| *t >= key);
    times.sort_unstable();
    let pick = |pick: Pick| match pick {
        Pick::Number(n) => times.get(n).copied(),
        Pick::From(t) => times.iter().copied().find(|time| seconds(*time) >= t),
        Pick::Within(from, to) | Pick::KeyWithin(from, to) => {
            let mut within = times.iter().filter(|t| (from..to).contains(&seconds(**t)));
            let found = within.next().copied();
            assert_eq!(within.next(), None, "{segment:?}");
            found
        }
    };
    let picked: Vec<_> = segment
        .targets
        .iter()
        .filter_map(|t| pick(t.pick))
        .collect();
    let last = picked.last().copied().unwrap();
    // The end, which ffmpeg rounds to ticks, has to be the time of the frame after the last wanted one.
    let end = segment.end.map(|end| match end {
        Pick::From(seconds) => (seconds / TICK).round() * TICK,
        Pick::Number(_) | Pick::Within(..) | Pick::KeyWithin(..) => panic!("{segment:?}"),
    });
    let next = times.iter().copied().find(|time| *time > last);
    assert_eq!(end.is_some(), next.is_some());
    for (end, next) in end.into_iter().zip(next) {
        assert!((end - seconds(next)).abs() < 1e-9);
    }
    let reached = packets.iter().position(|p| p.pts == last).unwrap();
    (picked, reached)
}

proptest! {
    #[test]
    fn each_wanted_frame_is_decoded_once_and_no_group_of_pictures_twice(
        packets in streams(), wanted in 1..12_usize
    ) {
        let mut shown: Vec<_> = packets.iter().map(|p| p.pts).collect();
        shown.sort_unstable();
        let frames = wanted_frames(shown.len(), wanted);
        let frames: Vec<_> = frames.into_iter().map(|n| shown[n]).collect();
        for seek_by in ALL {
            let plan = plan(&index(packets.clone(), seek_by), &Wanted::Spread(wanted), Seek::Exact);
            prop_assert!((plan.start - seconds(shown[0])).abs() < 1e-9);
            let positions: Vec<_> = plan.targets().flat_map(|(_, t)| t.positions.clone()).collect();
            prop_assert_eq!(positions, (0..frames.len()).collect::<Vec<_>>());
            let mut all = Vec::new();
            let mut previous_end: Option<usize> = None;
            for segment in &plan.segments {
                let start = landing(&packets, seek_by, segment.seek);
                let (picked, reached) = decoded(&packets, start, segment);
                all.extend(picked);
                if let Some(end) = previous_end {
                    // Segments that are nearer to each other are merged.
                    prop_assert!(start > end + listed::INPUT_COST_FRAMES, "{} after {}", start, end);
                }
                // Decoding starts at the keyframe of the first wanted frame, not at an earlier one.
                let first = packets.iter().position(|p| p.pts == all[all.len() - segment.targets.len()]).unwrap();
                let between = packets[start + 1..=first].iter();
                let later_keys = between.filter(|p| p.key && p.pts <= packets[first].pts).count();
                prop_assert!(later_keys == 0 || segment.seek.is_none());
                previous_end = Some(reached);
            }
            prop_assert_eq!(&all, &frames);
        }
    }

    #[test]
    fn without_presentation_times_frames_are_counted_from_a_keyframe(
        gops in vec(vec(0..4_usize, 0..30), 1..12), wanted in 1..12_usize
    ) {
        let stored = stream(&gops, false, 0);
        let delay = usize::try_from(-stored[0].dts / STEP).unwrap();
        let packets = stored.iter().zip(0..);
        let packets = packets.map(|(p, n)| Packet { pts: n * STEP, dts: n * STEP, ..*p });
        let packets: Vec<_> = packets.collect();
        let index = Index { delay: Some(delay), ..index(packets.clone(), SeekBy::DtsEarly) };
        let frames = wanted_frames(packets.len(), wanted);
        for seek in [Seek::Exact, Seek::Keyframe] {
            let plan = plan(&index, &Wanted::Spread(wanted), seek);
            prop_assert!(!plan.keyframes_only);
            let mut positions = 0;
            for segment in &plan.segments {
                let late = if delay > 0 { REORDER_SECONDS } else { 0.0 };
                let aim = segment.seek.map(|seek| seek - late);
                let lands = |p: &Packet| p.key && aim.is_some_and(|aim| seconds(p.dts) <= aim + 1e-9);
                let start = packets.iter().rposition(lands).unwrap_or(0);
                for target in &segment.targets {
                    let Pick::Number(number) = target.pick else { panic!("{target:?}") };
                    let frame = start + number;
                    let (expected, tolerance) = target.expected.unwrap();
                    let given = seconds(STEP * i64::try_from(frame + delay).unwrap());
                    prop_assert!((expected - given).abs() < 1e-9 && tolerance < seconds(STEP));
                    let time = seconds(STEP * i64::try_from(frame).unwrap());
                    prop_assert!((target.shown.unwrap() - time).abs() < 1e-9);
                    prop_assert!(seek == Seek::Keyframe || target.positions.iter().all(|p| frames[*p] == frame));
                    prop_assert!(seek == Seek::Exact || packets[frame].key);
                    positions += target.positions.len();
                }
            }
            prop_assert_eq!(positions, frames.len());
        }
    }

    #[test]
    fn frames_are_left_out_only_where_no_wanted_one_is_among_them(
        packets in streams(), wanted in 1..12_usize, references in vec(any::<bool>(), 1..9)
    ) {
        let mut plan = plan(&index(packets.clone(), SeekBy::Pts), &Wanted::Spread(wanted), Seek::Exact);
        let is_reference = |packet: usize| references[packet % references.len()];
        plan.leave_out_unreferenced(is_reference);
        for segment in &plan.segments {
            let all = segment.targets.iter().all(|target| {
                let (at, _) = target.expected.unwrap();
                let shown = |p: &Packet| (seconds(p.pts) - at).abs() < 1e-9;
                is_reference(packets.iter().position(shown).unwrap())
            });
            prop_assert_eq!(segment.references_only, all);
        }
    }

    #[test]
    fn a_frame_at_its_expected_time_is_told_from_its_neighbours(
        packets in streams(), wanted in 1..12_usize
    ) {
        let plan = plan(&index(packets, SeekBy::Pts), &Wanted::Spread(wanted), Seek::Exact);
        for (_, target) in plan.targets() {
            let (_, tolerance) = target.expected.unwrap();
            prop_assert!(tolerance < seconds(STEP));
        }
    }

    #[test]
    fn keyframe_mode_takes_the_keyframe_nearest_to_each_wanted_frame(
        packets in streams(), wanted in 1..12_usize
    ) {
        let mut shown: Vec<_> = packets.iter().map(|p| p.pts).collect();
        shown.sort_unstable();
        let keys: Vec<_> = packets.iter().filter(|p| p.key).map(|p| p.pts).collect();
        let plan = plan(&index(packets.clone(), SeekBy::Pts), &Wanted::Spread(wanted), Seek::Keyframe);
        let wanted = wanted_frames(shown.len(), wanted);
        let found: Vec<_> = plan
            .targets()
            .flat_map(|(_, t)| t.positions.iter().map(|_| t.expected.unwrap().0))
            .collect();
        prop_assert_eq!(found.len(), wanted.len());
        for (n, at) in wanted.into_iter().zip(found) {
            prop_assert!(keys.iter().any(|k| (seconds(*k) - at).abs() < 1e-9));
            let nearest = keys.iter().map(|k| (k - shown[n]).abs()).min().unwrap();
            prop_assert!(((seconds(shown[n]) - at).abs() - seconds(nearest)).abs() < 1e-9);
        }
    }
}

/// From Python: `[round(k * (count - 1) / (wanted - 1)) for k in range(wanted)]`.
#[test]
fn wanted_frames_are_those_that_python_gives() {
    assert_eq!(wanted_frames(300, 5), [0, 75, 150, 224, 299]);
    assert_eq!(wanted_frames(11, 5), [0, 2, 5, 8, 10]);
    assert_eq!(wanted_frames(15, 5), [0, 4, 7, 10, 14]);
    assert_eq!(wanted_frames(7, 5), [0, 2, 3, 4, 6]);
    assert_eq!(wanted_frames(6, 5), [0, 1, 2, 4, 5]);
    assert_eq!(wanted_frames(1200, 7), [0, 200, 400, 600, 799, 999, 1199]);
}

#[test]
fn few_frames_are_given_once_each_and_one_is_the_middle_one() {
    for count in 0..=5 {
        assert_eq!(wanted_frames(count, 5), (0..count).collect::<Vec<_>>());
    }
    assert_eq!(wanted_frames(1, 1), [0]);
    assert_eq!(wanted_frames(2, 1), [0]);
    assert_eq!(wanted_frames(4, 1), [2]);
    assert_eq!(wanted_frames(300, 1), [150]);
}

/// The index of a stream with these presentation times, in milliseconds.
fn at_times(times: &[i64]) -> Index {
    let packet = |&t| Packet {
        pts: t,
        dts: t,
        key: t == times[0],
        size: 0,
    };
    Index {
        tick: 0.001,
        ..index(times.iter().map(packet).collect(), SeekBy::Pts)
    }
}

#[allow(clippy::cast_possible_truncation)]
fn expected_times(times: &[i64]) -> Vec<i64> {
    let plan = plan(&at_times(times), &Wanted::Spread(5), Seek::Exact);
    let times = plan.targets().map(|(_, t)| t.expected.unwrap().0);
    times.map(|t| (t * 1000.0).round() as i64).collect()
}

#[test]
fn rounding_to_milliseconds_is_not_a_variable_frame_rate() {
    // 30 frames a second, rounded as in Matroska.
    let times: Vec<_> = (0..31).map(|n| (n * 1000 + 15) / 30).collect();
    assert_eq!(expected_times(&times), [0, 267, 500, 733, 1000]);
}

#[test]
fn with_a_variable_frame_rate_the_frames_shown_at_fractions_of_the_duration_are_wanted() {
    let times = [0, 10, 20, 30, 40, 50, 60, 1000, 2000, 3900, 4000];
    assert_eq!(expected_times(&times), [0, 1000, 2000, 4000]);
    let plan = plan(&at_times(&times), &Wanted::Spread(5), Seek::Exact);
    let positions: Vec<_> = plan.targets().map(|(_, t)| t.positions.clone()).collect();
    assert_eq!(positions, [vec![0], vec![1], vec![2, 3], vec![4]]);
}

#[test]
fn one_step_that_is_twice_as_long_is_no_variable_frame_rate() {
    let numbers_of = |steps: &[i64]| {
        let mut time = 0;
        let times = std::iter::once(0).chain(steps.iter().map(|step| {
            time += step;
            time
        }));
        let packets = times.map(|time| Packet {
            pts: time,
            dts: time,
            key: true,
            size: 0,
        });
        let packets: Vec<_> = packets.collect();
        let index = index(packets.clone(), SeekBy::Pts);
        let frames = Listed::new(&index, &packets).wanted(&Wanted::Spread(5));
        frames.into_iter().map(|(n, _)| n).collect::<Vec<_>>()
    };
    let mut steps = [STEP; 40];
    assert_eq!(numbers_of(&steps), [0, 10, 20, 30, 40]);
    steps[2] = 2 * STEP;
    assert_eq!(numbers_of(&steps), [0, 10, 20, 30, 40]);
    steps[2] = 9 * STEP;
    assert_eq!(numbers_of(&steps), [0, 4, 16, 28, 40]);
    steps[2] = 2 * STEP;
    steps[9] = 2 * STEP;
    assert_eq!(numbers_of(&steps), [0, 9, 19, 29, 40]);
}
