//! Groups of pictures (GOPs) in a list of packets: a keyframe and the frames stored after it, up to the next
//! keyframe. In an open GOP, some of them (the leading frames) are shown before the keyframe and refer to the
//! GOP before.

use crate::ffmpeg::packet_list::Packet;

/// The most leading frames of a keyframe. No codec reorders frames that far, so with more the timestamps
/// must be wrong.
const MAX_LEADING: usize = 64;

/// Splits off the leading frames of the first GOP: returns them, and all other frames. There are none if the list does not
/// begin with a keyframe: then an edit list hides the one that the first packets refer to, and a later keyframe's
/// leading frames refer to these.
pub(super) fn split_leading(packets: Vec<Packet>) -> (Vec<Packet>, Vec<Packet>) {
    let Some(key) = packets.first().filter(|first| first.key) else {
        return (Vec::new(), packets);
    };
    let shown = key.pts;
    let leads = |packet: &Packet| packet.pts < shown;
    match packets.iter().rposition(leads) {
        Some(last) if last <= MAX_LEADING => packets.into_iter().partition(leads),
        _ => (Vec::new(), packets),
    }
}

/// Does any keyframe have leading frames?
pub(super) fn has_open_gops(packets: &[Packet]) -> bool {
    let mut key = None;
    packets.iter().any(|packet| {
        if packet.key {
            key = Some(packet.pts);
        }
        key.is_some_and(|key| packet.pts < key)
    })
}

/// The number of leading frames of the first packet, which is a keyframe.
pub(super) fn count_leading(packets: &[Packet]) -> usize {
    let Some((key, after)) = packets.split_first().filter(|(key, _)| key.is_timed()) else {
        return 0;
    };
    let group = after.iter().take(MAX_LEADING).take_while(|p| !p.key);
    group.filter(|p| p.is_timed() && p.pts < key.pts).count()
}

/// In a program stream, a seek leads to the beginning of a PES packet, which may be in the middle of a frame. ffmpeg gives
/// that piece the time of the first frame that begins in the packet, and each later frame in it the time of the next
/// one. A PES packet has at most 64 KiB, so behind two of them the times are right again.
const WRONGLY_TIMED_BYTES: u64 = 128 << 10;

/// The packet at which decoding must start to get the frame of `packet`: the last keyframe that is not after it, neither in
/// decoding order nor in presentation order. Where packets have a size, it is far enough before it for a right time.
pub(super) fn start_for(packets: &[Packet], packet: usize) -> usize {
    let wanted = packets[packet];
    let mut bytes_between = 0;
    for (n, before) in packets[..=packet].iter().enumerate().rev() {
        if n < packet {
            bytes_between += u64::from(before.size);
        }
        let settled = wanted.size == 0 || bytes_between >= WRONGLY_TIMED_BYTES;
        if before.key && before.pts <= wanted.pts && settled {
            return n;
        }
    }
    0
}

/// The duration of the longest GOP, in seconds.
#[allow(clippy::cast_precision_loss)]
pub(super) fn longest(packets: &[Packet], tick: f64) -> f64 {
    let last = packets.last().map(|p| p.dts);
    let keys = packets.iter().filter(|p| p.key).map(|p| p.dts);
    let keys: Vec<_> = keys.chain(last).collect();
    let steps = keys.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    steps.max().unwrap_or(0) as f64 * tick
}

/// How much earlier than shown a keyframe is decoded at most, in ticks.
pub(super) fn longest_delay(packets: &[Packet]) -> i64 {
    let keys = packets.iter().filter(|p| p.key);
    keys.map(|p| p.pts.saturating_sub(p.dts))
        .max()
        .unwrap_or(0)
        .max(0)
}

/// The median time from one keyframe to the next, in seconds; 0 if there are not two.
#[allow(clippy::cast_precision_loss)]
pub(super) fn usual(packets: &[Packet], tick: f64) -> f64 {
    let keys: Vec<_> = packets.iter().filter(|p| p.key).map(|p| p.pts).collect();
    let steps = keys.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    median(&steps.collect::<Vec<_>>()) as f64 * tick
}

/// The median of these steps; 0 if there are none.
pub(super) fn median(steps: &[i64]) -> i64 {
    let mut sorted = steps.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

/// The least size of an MPEG-4 frame, in bytes. In a packed bitstream (`DivX`, Xvid), one packet holds two
/// frames, and a smaller packet after it stands in for the second. Presentation times cannot be worked out
/// from such packets.
pub(super) const LEAST_FRAME_BYTES: i64 = 24;

/// Fills in missing presentation times of MPEG-1, MPEG-2 or MPEG-4 video. Program streams leave out that of a
/// frame which shares a packet, and AVI those of reference frames. A reference frame is shown when the next
/// reference frame is decoded, a B-frame as soon as it is decoded itself (ISO/IEC 13818-2, 6.1.1.11).
pub(super) fn fill_in_pts(packets: &mut [Packet]) {
    let mut next = None;
    let mut step = 0;
    for n in (0..packets.len()).rev() {
        let Packet { pts, dts, key, .. } = packets[n];
        if dts == Packet::NO_TIME {
            return;
        }
        if let Some(after) = packets.get(n + 1) {
            step = after.dts.saturating_sub(dts);
        } else if n > 0 {
            step = dts.saturating_sub(packets[n - 1].dts);
        }
        if pts == Packet::NO_TIME {
            let end = packets.last().map_or(dts, |last| last.dts.max(dts));
            packets[n].pts =
                next.unwrap_or_else(|| end.saturating_add(step.clamp(0, i64::MAX / 4)));
        }
        if key || pts == Packet::NO_TIME || pts > dts {
            next = Some(dts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_starts_at_the_last_keyframe_or_far_enough_before_the_frame() {
        // A keyframe at every third packet.
        let packets = |size| {
            let packets = (0..12).map(|n| Packet {
                pts: n,
                dts: n,
                key: n % 3 == 0,
                size,
            });
            packets.collect::<Vec<_>>()
        };
        let starts = |size| [0, 2, 8, 9, 11].map(|n| start_for(&packets(size), n));
        assert_eq!(starts(0), [0, 0, 6, 9, 9]);
        assert_eq!(starts(64 << 10), [0, 0, 6, 6, 9]);
        assert_eq!(starts(32 << 10), [0, 0, 3, 3, 6]);
        assert_eq!(starts(100), [0, 0, 0, 0, 0]);
    }

    #[test]
    fn presentation_times_that_a_program_stream_leaves_out_are_filled_in() {
        // In decoding order I P B B P B B P, in presentation order I B B P B B P P.
        let none = Packet::NO_TIME;
        let told = [1, none, 2, 3, none, 5, 6, none];
        let frames = told.iter().zip(0..).map(|(pts, dts)| Packet {
            pts: *pts,
            dts,
            key: dts == 0,
            size: 0,
        });
        let mut frames: Vec<_> = frames.collect();
        fill_in_pts(&mut frames);
        let shown: Vec<_> = frames.iter().map(|p| p.pts).collect();
        assert_eq!(shown, [1, 4, 2, 3, 7, 5, 6, 8]);
    }
}
