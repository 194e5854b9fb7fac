//! Reads the frame info from ffmpeg's messages.
//!
//! The pixels come through stdout, the frame info through ffmpeg's messages on stderr. It relies on these
//! properties of ffmpeg:
//!
//! - The filter `showinfo` prints a line for each frame that passes it, with fields called `n`, `pts`,
//!   `fmt`, `sar`, `s`, `i`, `iskey` and `type` (ffmpeg-filters, "showinfo"). The order of the fields and
//!   the text between them differ from version to version, so fields are looked up by name.
//! - `metadata=print:key=K` prints `K=value` for each frame that passes it and has that metadata
//!   (ffmpeg-filters, "metadata"). `metadata=add` adds it to a frame, but up to 4.2 not if the frame has no
//!   metadata yet. So `bench=start`, which adds some to each frame, goes before it.
//! - `concat` passes all frames of a segment, in order, and then those of the next segment. So the next
//!   frame of segment K to leave the filter graph is the one that entered it first.
//! - A frame passes both filters before it reaches the encoder, and messages are not buffered. So ffmpeg has
//!   written the frame info of a picture before the picture itself.
//! - `settb` sets a known time base, so it need not be found in the messages.
//!
//! The beginning of a line differs: `[showinfo@x @ 0x…]`, in 6.0 `[x @ 0x…]`, and nothing at all after a
//! message without a newline. So a line is recognised by this process's [`nonce`], anywhere in it. A hostile
//! file can put text into the messages by its metadata, but it cannot know the nonce.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;
use std::time::Duration;

use super::frame_info::{Field, FrameInfo, PixelAspect};
use super::light::Light;
use crate::error::{Confusion, Error};

/// The time base of the timestamps in frame infos, in ticks a second: finer than any stream's, and 64 bits are
/// enough for 292 years.
pub(super) const TICKS: u32 = 1_000_000_000;

/// A word that no file or server can guess, the same for the whole process.
#[must_use]
pub fn nonce() -> &'static str {
    // The standard library has no random numbers, but it seeds its hash maps with some.
    static NONCE: LazyLock<String> =
        LazyLock::new(|| format!("x{:016x}", RandomState::new().build_hasher().finish()));
    &NONCE
}

/// How long to wait for the frame info of a picture that has arrived. ffmpeg has written it before the picture,
/// so it is late only if the thread that reads stderr is, on a machine under load.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The error for a picture without frame info.
#[must_use]
pub fn without_frame_info() -> Error {
    Error::Confused(Confusion::NoFrameInfo)
}

/// The colour matrices that ffmpeg's scaler has (`sws_getCoefficients`), by ffmpeg's names. `gbr` means that the
/// channels are red, green and blue already; `unknown` is treated as BT.601.
const USUAL_MATRICES: [&str; 8] = [
    "unknown",
    "gbr",
    "bt709",
    "fcc",
    "bt470bg",
    "smpte170m",
    "smpte240m",
    "bt2020nc",
];

/// The most frames in the filter graph at the same time, which bounds the memory. It is more than a plan has; with
/// a real ffmpeg there are a few.
const MAX_PENDING: usize = 4096;

/// The state of one segment.
#[derive(Debug, Default)]
struct SegmentState {
    /// How often the filter graph was built.
    graphs: u32,
    /// How many frames the current filter graph has had.
    frames: u64,
    /// See [`FrameInfo::changed`].
    changed: bool,
}

/// Parses the frame infos in ffmpeg's messages; bounded in memory.
#[derive(Debug, Default)]
pub(super) struct FrameInfos {
    segments: BTreeMap<usize, SegmentState>,
    /// The frames that `showinfo` has printed and that have not left the filter graph yet.
    pending: VecDeque<FrameInfo>,
    /// See [`FrameInfo::turned`].
    pub(super) turned: bool,
}

impl FrameInfos {
    /// Was the filter graph of a segment built again midway?
    pub(super) fn rebuilt(&self) -> bool {
        self.segments.values().any(|segment| segment.graphs > 1)
    }

    /// Takes in the rest of a line after the nonce. It is `s1 @ 0x55] …` when `showinfo` prints a frame of
    /// segment 1, and `=1` when such a frame leaves the filter graph. In the latter case this returns its
    /// frame info.
    pub(super) fn line(&mut self, text: &str) -> Option<FrameInfo> {
        if let Some(segment) = text.strip_prefix('=') {
            let segment: usize = segment.trim_end().parse().ok()?;
            // ffmpeg decodes several segments at once, so frames of later segments can be in between.
            let mut pending = self.pending.iter();
            let first = pending.position(|info| info.segment == segment)?;
            return self.pending.remove(first);
        }
        let (segment, text) = text.strip_prefix('s')?.split_once(" @ ")?;
        let segment = segment.parse().ok()?;
        if self.segments.len() == MAX_PENDING && !self.segments.contains_key(&segment) {
            return None;
        }
        let state = self.segments.entry(segment).or_default();
        if text.contains("config in ") {
            state.graphs += 1;
        }
        // The colours are in a second line about the same frame: `color_range:tv color_space:bt709 …`.
        if text.contains("color_space:") {
            let mut newest_first = self.pending.iter_mut().rev();
            if let Some(info) = newest_first.find(|info| info.segment == segment) {
                if text.contains("color_range:tv") {
                    info.format_by_range = without_full_range(&info.pixel_format);
                }
                info.untagged = text.contains("color_space:unknown");
                info.light = Light::read(text);
                let matrix = text.split_once("color_space:");
                let matrix = matrix.and_then(|(_, rest)| rest.split_whitespace().next());
                info.usual_matrix = matrix.is_none_or(|name| USUAL_MATRICES.contains(&name));
            }
            return None;
        }
        let info = frame(segment, text);
        if let Some((mut info, number)) = info {
            state.changed |= state.graphs > 1 || number < state.frames;
            state.frames = number + 1;
            info.changed = state.changed;
            info.turned = self.turned;
            if self.pending.len() < MAX_PENDING {
                self.pending.push_back(info);
            }
        }
        None
    }
}

/// The same pixel format for limited range; `None` for one that does not state a range.
fn without_full_range(pixel_format: &str) -> Option<&'static str> {
    match pixel_format {
        "yuvj411p" => Some("yuv411p"),
        "yuvj420p" => Some("yuv420p"),
        "yuvj422p" => Some("yuv422p"),
        "yuvj440p" => Some("yuv440p"),
        "yuvj444p" => Some("yuv444p"),
        _ => None,
    }
}

/// Parses a line of `showinfo`, `n:   0 pts: 229888 pts_time:14.9 … fmt:yuv420p sar:1/1 s:64x36 i:P iskey:0
/// type:B …`. Returns the frame info and the frame's number `n`.
fn frame(segment: usize, text: &str) -> Option<(FrameInfo, u64)> {
    let field = |name| {
        let (_, value) = text.split_once(name)?;
        value.split_whitespace().next()
    };
    let pair = |value: &str, between| {
        let (a, b) = value.split_once(between)?;
        Some((a.parse::<u32>().ok()?, b.parse::<u32>().ok()?))
    };
    // `NOPTS` does not parse as a number and becomes `None`. `pts_time` is not used because it has only six
    // significant digits, too few after some hours.
    let pts = field(" pts:")?.parse::<i64>().ok();
    #[allow(clippy::cast_precision_loss)] // Exact to the microsecond for a hundred days.
    let time = pts.map(|pts| pts as f64 / f64::from(TICKS));
    let info = FrameInfo {
        segment,
        time,
        aspect: match pair(field(" sar:")?, '/')? {
            // 0 means that the stream does not state it.
            (0, _) | (_, 0) => PixelAspect::SQUARE,
            (num, den) => PixelAspect { num, den },
        },
        turned: false,
        size: pair(field(" s:")?, 'x')?,
        first_field: match field(" i:")? {
            "T" => Some(Field::Top),
            "B" => Some(Field::Bottom),
            _ => None,
        },
        pixel_format: field(" fmt:")?.to_owned(),
        light: None,
        untagged: false,
        usual_matrix: true,
        format_by_range: None,
        picture_type: field(" type:")?.chars().next()?,
        key: field(" iskey:")? == "1",
        changed: false,
    };
    Some((info, field(" n:")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str = "s1 @ 0x55] [info] n:   0 pts:15000000000 pts_time:15      pos: 2105 fmt:yuv420p sar:16/11 s:720x576 i:P iskey:1 type:I checksum:AD015F59";

    #[test]
    fn a_frame_info_is_returned_when_its_frame_leaves_the_filter_graph() {
        let mut infos = FrameInfos::default();
        assert_eq!(
            infos.line("s1 @ 0x55] [info] config in time_base: 1/9"),
            None
        );
        assert_eq!(infos.line(FRAME), None);
        assert_eq!(infos.line("=0"), None);
        let info = infos.line("=1").unwrap();
        assert_eq!((info.segment, info.time), (1, Some(15.0)));
        assert_eq!(info.aspect, PixelAspect { num: 16, den: 11 });
        assert_eq!((info.size, &*info.pixel_format), ((720, 576), "yuv420p"));
        assert_eq!(
            (info.picture_type, info.key, info.changed),
            ('I', true, false)
        );
        assert_eq!(info.first_field, None);
        assert_eq!(infos.line("=1"), None);
    }

    #[test]
    fn the_line_formats_of_other_versions_are_parsed() {
        let nine = FRAME.replace(
            "pos: 2105 fmt:yuv420p",
            "duration:1 duration_time:0.1 fmt:yuv420p cl:left",
        );
        for line in [FRAME, &nine, &FRAME.replace("15000000000", "NOPTS")] {
            let mut infos = FrameInfos::default();
            infos.line(line);
            assert_eq!(infos.line("=1").unwrap().size, (720, 576));
        }
    }

    #[test]
    fn a_format_change_is_noticed_when_filters_are_rebuilt_or_count_from_0_again() {
        let config = "s1 @ 0x55] [info] config in time_base: 1/9";
        for lines in [&[FRAME, FRAME][..], &[config, FRAME, config, FRAME]] {
            let mut infos = FrameInfos::default();
            for line in lines {
                infos.line(line);
            }
            assert!(!infos.line("=1").unwrap().changed);
            assert!(infos.line("=1").unwrap().changed);
        }
    }
}
