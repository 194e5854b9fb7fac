//! Reads the index from ffmpeg's listing of both ends of a stream.

use super::read::{
    UNCHECKED, leaves_out_times, passes_off_decoding_times, seek_by, states_times, untagged_is_high,
};
use super::{Ends, Frames, Index, Packet, REORDER_SECONDS, SeekBy};
use crate::ffmpeg::packet_list::read_listing;
use crate::pipeline::extract::{gop, rate};

/// How much longer or shorter the frames of a program stream may be shown than its clock runs, in seconds: each is stored
/// up to a second before it is shown.
const MULTIPLEXING_SECONDS: f64 = 2.0;

/// How long it takes after a seek in a program stream until the times of frames are right, in seconds
/// ([`gop::start_for`]). Its packs have 8 kB at most where its clock was sampled ([`super::super::program_stream`]).
const SETTLING_SECONDS: f64 = 0.5;

impl Index {
    /// Reads a listing of both ends (`ffmpeg::command::list_head_and_tail`). `None` if packets or
    /// timestamps are missing. `clock_span`: the length of a program stream in seconds, by its own clock.
    #[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks.
    #[must_use]
    pub fn from_ends(
        listing: &str,
        container: Option<&str>,
        codec: Option<&str>,
        has_b_frames: bool,
        clock_span: Option<f64>,
    ) -> Option<Self> {
        let (mut head, mut tail) = (read_listing(listing, 0), read_listing(listing, 1));
        if clock_span.is_some() && leaves_out_times(codec, &head) {
            for end in [&mut head, &mut tail] {
                gop::fill_in_pts(&mut end.packets);
                end.timed = end.packets.iter().all(Packet::is_timed);
            }
        }
        let tick = head
            .tick
            .filter(|_| codec != Some(UNCHECKED) && states_times(container))
            .filter(|_| !passes_off_decoding_times(&head.packets, container, codec, has_b_frames))
            .filter(|_| head.timed && tail.timed && head.tick == tail.tick)?;
        // A program stream often has the times of the container that it was copied from, in milliseconds.
        let rounding = if clock_span.is_some() { 0.001 } else { tick };
        let (first, _, _) = rate::ends(&head, tick, rounding)?;
        let (_, last, gap) = rate::ends(&tail, tick, rounding)?;
        let seek_by = seek_by(container);
        let gop = gop::longest(&tail.packets, tick).max(gop::longest(&head.packets, tick));
        // The last wanted frame is as many times wrong by the error of the frame duration as there are frames.
        let error = rate::error(gap, &tail, rounding) * (last - first) / gap;
        let even = error < gap / 8.0
            && rate::is_steady(&head, gap / tick)
            && rate::is_steady(&tail, gap / tick);
        let preroll = match clock_span {
            Some(span) if (last - first - span).abs() > MULTIPLEXING_SECONDS => return None,
            Some(_) if !even => return None,
            Some(_) => gop + SETTLING_SECONDS,
            None => 0.0,
        };
        Some(Self {
            tick,
            frames: Frames::Ends(Ends {
                first,
                last,
                gap,
                gop,
                spacing: gop::usual(&tail.packets, tick),
                preroll,
                even,
                early: match seek_by {
                    SeekBy::Pts => 0.0,
                    _ if head.packets.iter().all(|p| p.pts == p.dts) => 0.0,
                    _ => REORDER_SECONDS,
                },
                delay: match seek_by {
                    SeekBy::DtsEarly => {
                        let ends = [&head.packets, &tail.packets].map(|p| gop::longest_delay(p));
                        ends[0].max(ends[1]) as f64 * tick
                    }
                    _ => 0.0,
                },
                latest_seek: (tail.packets.last())
                    .filter(|packet| seek_by == SeekBy::DtsEarly && !packet.key)
                    .map(|packet| packet.dts as f64 * tick - gap / 2.0),
            }),
            seek_by,
            leading: Vec::new(),
            untagged_is_high: untagged_is_high(&head, container, codec),
            delay: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::extract::index::read::tests::LISTING;

    #[test]
    fn both_ends_give_the_frame_rate_and_the_last_frame() {
        let index = Index::from_ends(LISTING, None, None, false, None).unwrap();
        let Frames::Ends(ends) = index.frames else {
            panic!("{index:?}");
        };
        // By two frames a frame duration is not measured well enough to number 300 frames.
        assert_eq!((ends.first, ends.last, ends.even), (0.007, 9.984, false));
        assert!((ends.gap - 0.033).abs() < 0.001);
    }

    #[test]
    fn a_common_frame_rate_is_recognised_from_rounded_times() {
        for gap in [1.001 / 30.0, 1.001 / 24.0, 1.0 / 30.0, 0.04, 0.08] {
            let times = (0..300).map(|n| (f64::from(n) * gap * 1000.0).round());
            let line = |t| format!("0, {t}, {t}, 33, 9, 0x1\n1, {t}, {t}, 33, 9, 0x1\n");
            let lines: String = times.map(line).collect();
            let listing = format!("#tb 0: 1/1000\n#tb 1: 1/1000\n{lines}");
            let matroska = Some("matroska,webm");
            let index = Index::from_ends(&listing, matroska, None, false, None).unwrap();
            let Frames::Ends(ends) = index.frames else {
                panic!("{index:?}");
            };
            assert!(
                (ends.gap - gap).abs() < 1e-12 && ends.even,
                "{gap}: {ends:?}"
            );
        }
    }

    #[test]
    fn ends_of_an_uneven_rate_are_told_from_those_of_an_even_one() {
        let even = |times: &[i64]| {
            let line = |t| format!("0, {t}, {t}, 40, 9, 0x1\n1, {t}, {t}, 40, 9, 0x1\n");
            let lines: String = times.iter().map(line).collect();
            let listing = format!("#tb 0: 1/1000\n#tb 1: 1/1000\n{lines}");
            Index::from_ends(&listing, None, None, false, None)
                .unwrap()
                .is_even()
        };
        let mut times: Vec<_> = (0..300).map(|n| n * 40).collect();
        assert!(even(&times));
        // One frame is shown for three seconds, or one comes early.
        let frozen: Vec<_> = (0..300).map(|n| n * 40 + n / 200 * 3000).collect();
        assert!(!even(&frozen));
        times[100] -= 20;
        assert!(!even(&times));
    }

    #[test]
    fn an_hour_of_an_uncommon_rate_is_even_only_if_that_is_known_exactly() {
        let even = |tick: &str, time: fn(u32) -> f64| {
            let line = |stream, n| format!("{stream}, {0}, {0}, 1, 9, 0x1\n", time(n).round());
            let head: String = (0..30).map(|n| line(0, n)).collect();
            let tail: String = (107_640..108_000).map(|n| line(1, n)).collect();
            let listing = format!("#tb 0: {tick}\n#tb 1: {tick}\n{head}{tail}");
            let index = Index::from_ends(&listing, None, None, false, None);
            index.unwrap().is_even()
        };
        // In an AVI each frame is shown for a tick. 29.83 frames a second are measured to a thousandth of a millisecond.
        assert!(even("100/2983", f64::from));
        assert!(!even("1/1000", |n| f64::from(n) * 100_000.0 / 2983.0));
        assert!(even("1/1000", |n| f64::from(n) * 1001.0 / 30.0));
    }
}
