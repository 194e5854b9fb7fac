//! Groups of pictures, as a listing shows them: a keyframe and what is stored behind it, up to the next. Some
//! of it may be shown before the keyframe, and refer to the group before (an open GOP).

use crate::ffmpeg::packet_list::Packet;

/// So many frames can be stored behind a keyframe and shown before it; of a stream that is reordered by more,
/// the times cannot be right.
const MOST_LEADING: usize = 64;

/// The frames that are shown before the first keyframe, and the others.
pub(super) fn split_leading(packets: Vec<Packet>) -> (Vec<Packet>, Vec<Packet>) {
    let key = packets.iter().position(|p| p.key).unwrap_or(0);
    let shown = packets.get(key).map_or(0, |p| p.pts);
    let leads = |packet: &Packet| packet.pts < shown;
    match packets.iter().rposition(leads) {
        Some(last) if last > key && last - key <= MOST_LEADING => {
            packets.into_iter().partition(leads)
        }
        _ => (Vec::new(), packets),
    }
}

/// Are there frames that are stored behind a keyframe and shown before it?
pub(super) fn has_open_gops(packets: &[Packet]) -> bool {
    let mut key = None;
    packets.iter().any(|packet| {
        if packet.key {
            key = Some(packet.pts);
        }
        key.is_some_and(|key| packet.pts < key)
    })
}

/// How many frames behind the first, a keyframe, are shown before it.
pub(super) fn leading(packets: &[Packet]) -> usize {
    let Some((key, behind)) = packets.split_first().filter(|(key, _)| key.is_timed()) else {
        return 0;
    };
    let group = behind.iter().take(MOST_LEADING).take_while(|p| !p.key);
    group.filter(|p| p.is_timed() && p.pts < key.pts).count()
}

/// The longest time from a keyframe to the next, or to the end, in seconds.
#[allow(clippy::cast_precision_loss)]
pub(super) fn longest(packets: &[Packet], tick: f64) -> f64 {
    let last = packets.last().map(|p| p.dts);
    let keys = packets.iter().filter(|p| p.key).map(|p| p.dts);
    let keys: Vec<_> = keys.chain(last).collect();
    let steps = keys.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    steps.max().unwrap_or(0) as f64 * tick
}

/// A smaller packet of MPEG-4 video may be no frame but stand for one that the packet before it holds as well
/// (a packed bitstream, as `DivX` and Xvid write it): times cannot be worked out from such.
pub(super) const LEAST_FRAME_BYTES: i64 = 24;

/// Works out when the frames of MPEG-1, MPEG-2 or MPEG-4 video are shown whose container does not tell, as
/// program streams do not of a frame that shares a packet, and AVI not of a frame that others refer to: one
/// that others refer to when the next such frame is decoded, any other as soon as it is decoded (ISO/IEC
/// 13818-2, 6.1.1.11).
pub(super) fn complete(packets: &mut [Packet]) {
    let mut next = None;
    let mut step = 0;
    for n in (0..packets.len()).rev() {
        let Packet { pts, dts, key } = packets[n];
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
    fn times_that_a_program_stream_leaves_out_are_those_of_the_order_of_showing() {
        // I P B B P B B P, shown in the order I B B P B B P P.
        let none = Packet::NO_TIME;
        let told = [1, none, 2, 3, none, 5, 6, none];
        let frames = told.iter().zip(0..).map(|(pts, dts)| Packet {
            pts: *pts,
            dts,
            key: dts == 0,
        });
        let mut frames: Vec<_> = frames.collect();
        complete(&mut frames);
        let shown: Vec<_> = frames.iter().map(|p| p.pts).collect();
        assert_eq!(shown, [1, 4, 2, 3, 7, 5, 6, 8]);
    }
}
