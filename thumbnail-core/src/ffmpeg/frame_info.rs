//! What ffmpeg tells of a frame besides its pixels.
//!
//! The pixels come through the pipe, the rest through ffmpeg's messages. What this rests on:
//!
//! - The filter `showinfo` prints a line for each frame that passes it, with fields called `n`, `pts`,
//!   `fmt`, `sar`, `s`, `i`, `iskey` and `type` (ffmpeg-filters, "showinfo"). The order of the fields and
//!   what stands between them differ from version to version; here fields are looked up by name.
//! - `metadata=print:key=K` prints `K=value` for each frame that passes it and has that metadata
//!   (ffmpeg-filters, "metadata"). `metadata=add` puts it there, but up to 4.2 not on a frame that
//!   has none yet, so `bench=start` goes before it, which gives each frame its first.
//! - `concat` passes the frames of one segment after those of the one before, in order, so the frame
//!   that leaves segment K next is the first that entered it and has not left.
//! - A frame passes both filters before it reaches the encoder, and messages are not buffered: what
//!   is told of a picture is on its way when the picture arrives.
//! - `settb` gives the times a tick that is known, so no line about time bases has to be found.
//!
//! How a line begins is no promise (`[showinfo@x @ 0x…]`, in 6.0 `[x @ 0x…]`, and nothing at all
//! behind a message without a newline). A line counts if it holds the run's [`nonce`], wherever: a
//! hostile file's metadata stands in the messages too, but cannot know it.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;
use std::time::Duration;

use super::light::Light;
use crate::error::Error;

/// Ticks in a second, of the times that are told: fine enough for any clock, and 64 bits hold 292
/// years of it.
pub(super) const TICKS: u32 = 1_000_000_000;

/// A word that nobody outside of this process can guess.
#[must_use]
pub fn nonce() -> &'static str {
    // The standard library's own source of unguessable numbers: the keys of its hash maps.
    static NONCE: LazyLock<String> =
        LazyLock::new(|| format!("x{:016x}", RandomState::new().build_hasher().finish()));
    &NONCE
}

/// Width over height of one pixel: 1/1 where pixels are square.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelAspect {
    /// Width.
    pub num: u32,
    /// Height.
    pub den: u32,
}

impl PixelAspect {
    /// Square pixels.
    pub const SQUARE: Self = Self { num: 1, den: 1 };
}

/// One of the two halves of an interlaced frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Rows 0, 2, 4 …
    Top,
    /// Rows 1, 3, 5 …
    Bottom,
}

/// One frame, as the filter `showinfo` tells of it: decoded and turned upright, its colours not yet
/// converted.
#[allow(clippy::struct_excessive_bools)] // Facts of a frame, each by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameInfo {
    /// Which segment of the plan it belongs to.
    pub segment: usize,
    /// When it is shown, in seconds on the stream's own clock; `None` if the stream does not say.
    pub time: Option<f64>,
    /// The shape of its pixels.
    pub aspect: PixelAspect,
    /// Was it turned by a quarter to be upright? As far as the container asks for that.
    pub turned: bool,
    /// Width and height in pixels. Where a stream changes its size midway, the picture that is sent
    /// can have another size: ffmpeg scales it to that of the first.
    pub size: (u32, u32),
    /// The field that is shown first; `None` for a progressive frame.
    pub first_field: Option<Field>,
    /// ffmpeg's name of the pixel format, such as `yuv420p`.
    pub pixel_format: String,
    /// What its colours mean as light; `None` where a standard screen shows them as they are.
    pub light: Option<Light>,
    /// Is the matrix for its colours not told?
    pub untagged: bool,
    /// Is the matrix one that ffmpeg's scaler has?
    pub usual_matrix: bool,
    /// `I` for a picture that is coded by itself, `P` and `B` for those that refer to others, another
    /// character for rarer types; `?` where the decoder does not say.
    pub picture_type: char,
    /// Does the decoder call it a keyframe?
    pub key: bool,
    /// Did size, pixel format or the like change within this segment before it? ffmpeg then sets all
    /// filters up anew, and whatever counts frames in them begins at 0 again.
    pub changed: bool,
}

/// Is a picture of this size taken for high definition where its colours are not told? By players it
/// is from 1280 pixels of width or above 576 lines (mpv's `mp_csp_guess_colorspace`).
#[must_use]
pub fn passes_for_high_definition(width: u32, height: u32) -> bool {
    width >= 1280 || height > 576
}

/// The matrices that ffmpeg's scaler has (`sws_getCoefficients`), by ffmpeg's names; `gbr` is none at all, and
/// what is `unknown` is taken for BT.601.
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

impl FrameInfo {
    /// Has its pixel format an alpha channel?
    #[must_use]
    pub fn has_alpha(&self) -> bool {
        /// Of all of ffmpeg's names of formats, these parts stand in those with alpha alone.
        const WITH_ALPHA: [&str; 10] = [
            "rgba", "argb", "bgra", "abgr", "yuva", "gbrap", "ayuv", "vuya", "uyva", "pal8",
        ];
        let name = &self.pixel_format;
        // Grey with alpha: `ya8`, `ya16be`, `yaf32le`.
        name.starts_with("ya") || WITH_ALPHA.iter().any(|part| name.contains(part))
    }

    /// Width and height in pixels, before it was turned upright.
    #[must_use]
    pub fn coded_size(&self) -> (u32, u32) {
        let (width, height) = self.size;
        if self.turned {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// Would a player convert its colours as those of high definition though it does not say so?
    #[must_use]
    pub fn passes_for_high_definition(&self) -> bool {
        let (width, height) = self.coded_size();
        let yuv = ["yuv", "nv", "p0"]
            .iter()
            .any(|k| self.pixel_format.starts_with(k));
        self.untagged && yuv && passes_for_high_definition(width, height)
    }
}

/// How long to wait for the frame info of a picture that has arrived: ffmpeg wrote it before the
/// picture, so this is for a machine under load only.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The error where a picture has no frame info.
#[must_use]
pub fn without_frame_info() -> Error {
    Error::Confused("it sent a frame without saying when it is shown".into())
}

/// Frames that can be under way at once: more than a plan has. A real ffmpeg has a few.
const MOST_UNDER_WAY: usize = 4096;

/// What has been seen of one segment.
#[derive(Debug, Default)]
struct Seen {
    graphs: u32,
    frames: u64,
    changed: bool,
}

/// Picks what is told of frames out of ffmpeg's messages; bounded in memory.
#[derive(Debug, Default)]
pub(super) struct FrameInfos {
    seen: BTreeMap<usize, Seen>,
    /// Frames that were told of and have not left the filters yet.
    under_way: VecDeque<FrameInfo>,
    /// See [`FrameInfo::turned`].
    pub(super) turned: bool,
}

impl FrameInfos {
    /// Takes in what follows the nonce in a line: `=1` when a frame of segment 1 leaves, which then is
    /// the result; `s1 @ 0x55] …` when `showinfo` tells of one.
    pub(super) fn line(&mut self, text: &str) -> Option<FrameInfo> {
        if let Some(segment) = text.strip_prefix('=') {
            let segment: usize = segment.trim_end().parse().ok()?;
            // Segments run ahead of each other: what was told last is not what leaves first.
            let mut told = self.under_way.iter();
            let place = told.position(|info| info.segment == segment)?;
            return self.under_way.remove(place);
        }
        let (segment, text) = text.strip_prefix('s')?.split_once(" @ ")?;
        let segment = segment.parse().ok()?;
        if self.seen.len() == MOST_UNDER_WAY && !self.seen.contains_key(&segment) {
            return None;
        }
        let seen = self.seen.entry(segment).or_default();
        if text.contains("config in ") {
            seen.graphs += 1;
        }
        // In a line of its own, behind the frame's: `color_range:tv color_space:bt709 …`.
        if text.contains("color_space:") {
            let mut told = self.under_way.iter_mut().rev();
            if let Some(info) = told.find(|info| info.segment == segment) {
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
            seen.changed |= seen.graphs > 1 || number < seen.frames;
            seen.frames = number + 1;
            info.changed = seen.changed;
            info.turned = self.turned;
            if self.under_way.len() < MOST_UNDER_WAY {
                self.under_way.push_back(info);
            }
        }
        None
    }
}

/// `n:   0 pts: 229888 pts_time:14.9 … fmt:yuv420p sar:1/1 s:64x36 i:P iskey:0 type:B …`, with the
/// frame's number.
fn frame(segment: usize, text: &str) -> Option<(FrameInfo, u64)> {
    let field = |name| {
        let (_, value) = text.split_once(name)?;
        value.split_whitespace().next()
    };
    let pair = |value: &str, between| {
        let (a, b) = value.split_once(between)?;
        Some((a.parse::<u32>().ok()?, b.parse::<u32>().ok()?))
    };
    // NOPTS is no number. `pts_time` has six digits only, too few after some hours.
    let pts = field(" pts:")?.parse::<i64>().ok();
    #[allow(clippy::cast_precision_loss)] // Exact to the microsecond for a hundred days.
    let time = pts.map(|pts| pts as f64 / f64::from(TICKS));
    let info = FrameInfo {
        segment,
        time,
        aspect: match pair(field(" sar:")?, '/')? {
            // 0 means that the stream does not say.
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
    fn a_frame_is_told_of_when_it_leaves() {
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
    fn the_forms_of_other_versions_are_read() {
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
    fn a_change_midway_is_noticed_by_the_filters_beginning_anew() {
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
