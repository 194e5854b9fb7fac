//! What ffmpeg says on stderr, line by line.

use std::collections::{BTreeMap, VecDeque};
use std::process::ExitStatus;

use super::allowlist::BARE_STREAMS;
pub use super::frame_info::FrameInfo;
use super::frame_info::PixelAspect;
use super::packet_list::time_base;
use crate::error::Error;

/// How many complaints are kept. A damaged file makes thousands, and the last ones name the reason.
const KEPT_COMPLAINTS: usize = 16;

/// Stands in a complaint about the end of what a server sends without saying how long it is: that is
/// its end, and nothing is wrong.
const OF_UNKNOWN_LENGTH: &str = "should be 18446744073709551615";

fn transfer_cut_short(complaint: &str) -> bool {
    complaint.contains("Stream ends prematurely at") && !complaint.contains(OF_UNKNOWN_LENGTH)
}

/// Frames that can be under way at once: more than a plan has. A real ffmpeg has a few.
const MOST_UNDER_WAY: usize = 4096;

/// How an ffmpeg ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its messages.
    pub log: Log,
    /// It was ended while it still had something to send.
    pub cut_off: bool,
}

/// Reads ffmpeg's log; bounded in memory, whatever ffmpeg says.
#[derive(Debug, Default)]
pub struct Log {
    /// The container's names, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: Option<String>,
    complaints: VecDeque<String>,
    /// The last line that is none of ffmpeg's own: of what starts it, say.
    stray: String,
    /// The size of a picture that ffmpeg found too large.
    too_large: Option<String>,
    /// Seconds in one tick, by segment.
    time_bases: BTreeMap<usize, f64>,
    /// Frames that were told of and have not left the filters yet.
    under_way: VecDeque<FrameInfo>,
}

impl Log {
    /// The longest line worth reading at once, in bytes. File names and metadata can be longer;
    /// nothing that matters is.
    pub const MAX_LINE_BYTES: u64 = 4096;

    /// Takes in one line, without its end. With the line of [`crate::ffmpeg::command::decode`] that
    /// announces the next picture, gives what was told of it before.
    pub fn line(&mut self, line: &str) -> Option<FrameInfo> {
        let line = line.trim_end();
        if let Some(rest) = line.strip_prefix("[showinfo@s") {
            // Some of its lines tell of other things.
            let info = self.showinfo(rest);
            if self.under_way.len() < MOST_UNDER_WAY {
                self.under_way.extend(info);
            }
            return None;
        }
        if !line.starts_with('[') && !line.is_empty() {
            line.clone_into(&mut self.stray);
        }
        if line.starts_with("[metadata@out") {
            // The segments run ahead of each other, so what was told last is not what leaves first.
            let segment: usize = line.rsplit_once("segment=")?.1.parse().ok()?;
            let mut told = self.under_way.iter();
            let place = told.position(|info| info.segment == segment)?;
            return self.under_way.remove(place);
        }
        if let Some(rest) = line.strip_prefix("[info] Input #0, ") {
            let names = rest.split(", from ").next();
            self.container = names.map(str::to_owned);
        }
        let complaint = ["[error] ", "[fatal] ", "[panic] "]
            .iter()
            .find_map(|level| {
                let (context, text) = line.split_once(level)?;
                context.chars().all(|c| c != '"').then_some(text)
            });
        if let Some(text) = complaint {
            if let Some(rest) = text.strip_prefix("Picture size ") {
                let size = rest.split(' ').next();
                self.too_large = self.too_large.take().or(size.map(str::to_owned));
            }
            if self.complaints.len() == KEPT_COMPLAINTS {
                self.complaints.pop_front();
            }
            self.complaints.push_back(text.to_owned());
        }
        None
    }

    /// `2 @ 0x55] [info] n:   0 pts: 229888 pts_time:14.9 … sar:1/1 …`, after a line that gives the
    /// time base.
    fn showinfo(&mut self, rest: &str) -> Option<FrameInfo> {
        let (segment, text) = rest.split_once(" @ ")?;
        let segment = segment.parse().ok()?;
        if let Some((_, after)) = text.split_once("config in time_base: ") {
            let seconds = time_base(after.split(',').next()?)?;
            // The last one counts: ffmpeg sets the filters up anew when a stream changes midway.
            if self.time_bases.len() < MOST_UNDER_WAY {
                self.time_bases.insert(segment, seconds);
            }
            return None;
        }
        let pts = text.split_once(" pts:")?.1.split_whitespace().next()?;
        let (num, den) = text
            .split_once(" sar:")?
            .1
            .split_whitespace()
            .next()?
            .split_once('/')?;
        let (num, den) = (num.parse().ok()?, den.parse().ok()?);
        let time_base = *self.time_bases.get(&segment)?;
        Some(FrameInfo {
            segment,
            // `pts_time` is printed with six digits only, too few after some hours. NOPTS is no
            // number.
            #[allow(clippy::cast_precision_loss)] // Exact up to 2^53 ticks, 3000 years at 90 kHz.
            time: pts.parse::<i64>().ok().map(|pts| pts as f64 * time_base),
            aspect: match (num, den) {
                // 0 means that the stream does not say.
                (0, _) | (_, 0) => PixelAspect::SQUARE,
                (num, den) => PixelAspect { num, den },
            },
        })
    }

    /// The most telling complaint, or an empty string.
    #[must_use]
    pub fn last_complaint(&self) -> &str {
        // ffmpeg ends with generalities; what it said just before them names the reason.
        let general = [
            "Conversion failed",
            "Error opening input file",
            "Task finished with",
            "Terminating thread",
        ];
        let telling = |line: &&String| {
            !general.iter().any(|g| line.starts_with(g)) && !line.ends_with(": Input/output error")
        };
        let last = self.complaints.iter().rev().find(telling);
        last.or(self.complaints.back()).map_or("", String::as_str)
    }

    /// Is there a word about the input, good or bad? ffmpeg always has one.
    #[must_use]
    pub fn tells_of_the_input(&self) -> bool {
        self.container.is_some() || !self.complaints.is_empty()
    }

    /// Does any complaint that was kept hold `text`?
    #[must_use]
    pub fn complains_of(&self, text: &str) -> bool {
        self.complaints.iter().any(|line| line.contains(text))
    }

    /// Was the file taken for an MP4 (or a `QuickTime` file, or one of their kin)?
    #[must_use]
    pub fn found_mp4(&self) -> bool {
        self.container.as_deref().is_some_and(|c| c.contains("mp4"))
    }

    /// Was it taken for a video stream without a container?
    #[must_use]
    pub fn found_bare_stream(&self) -> bool {
        let name = self.container.as_deref().unwrap_or_default();
        BARE_STREAMS.contains(&name)
    }

    /// Was the file taken for an MP4 that has no index?
    #[must_use]
    pub fn misses_mp4_index(&self) -> bool {
        self.complains_of("moov atom not found")
    }

    /// The last line that has not ffmpeg's form, or an empty string.
    #[must_use]
    pub fn stray_line(&self) -> &str {
        &self.stray
    }

    /// Why an ffmpeg that failed did so, if it was asked for more than it can or may do.
    #[must_use]
    pub fn refusal(&self) -> Option<Error> {
        let unknown = ["Unrecognized option", "Option not found", "No such filter"];
        let is_unknown = |line: &&String| unknown.iter().any(|u| line.starts_with(u));
        let lacks = self.complaints.iter().find(is_unknown);
        let lacks = lacks.map(|line| Error::OldFfmpeg(line.clone()));
        lacks.or(self.too_large.clone().map(Error::TooLarge))
    }

    /// Why `url` could not be opened.
    #[must_use]
    pub fn unreachable(&self, url: &str) -> Error {
        if self.complains_of(OF_UNKNOWN_LENGTH) {
            return Error::NotAVideo("ffmpeg finds no video data in it".into());
        }
        let complaint = self.last_complaint();
        // "http://host/a.mp4: Server returned 404 Not Found"
        let reason = complaint.strip_prefix(url).unwrap_or(complaint);
        let address = url.split(['?', '#']).next().unwrap_or(url);
        Error::Unreachable {
            address: address.to_owned(),
            reason: reason.trim_start_matches(": ").to_owned(),
        }
    }

    /// What the complaints mean for the video, if they mean that no further try is worth it.
    #[must_use]
    pub fn verdict(&self) -> Option<Error> {
        if self.complains_of("not in whitelist") || self.complains_of("not on whitelist") {
            Some(Error::NotAllowed)
        } else if self.misses_mp4_index() {
            let reason = "its index is missing";
            Some(Error::Truncated(reason.into()))
        } else if self.complains_of("matches no streams")
            || self.complains_of("does not contain any stream")
        {
            Some(Error::NoVideo)
        } else if self.complains_of("File ended prematurely") {
            Some(Error::Truncated("it ends in the middle of a frame".into()))
        } else if self.complaints.iter().any(|line| transfer_cut_short(line)) {
            Some(Error::Truncated(
                "the server ended the transfer early".into(),
            ))
        } else if self.complains_of("Invalid data found when processing input")
            && self.container.is_none()
        {
            Some(Error::NotAVideo("ffmpeg finds no video data in it".into()))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frames_time_and_pixel_shape_are_read() {
        let mut log = Log::default();
        let base = "[showinfo@s1 @ 0x55c9] [info] config in time_base: 1/15360, frame_rate: 30/1";
        assert_eq!(log.line(base), None);
        let frame = "[showinfo@s1 @ 0x55c9] [info] n:   0 pts: 230400 pts_time:15      pos: 2105 fmt:yuv420p sar:16/11 s:720x576 i:P";
        assert_eq!(log.line(frame), None);
        assert_eq!(
            log.line("[metadata@out @ 0x55] [info] frame:0    pts:0       pts_time:0"),
            None
        );
        let info = log.line("[metadata@out @ 0x55] [info] segment=1").unwrap();
        assert_eq!((info.segment, info.time), (1, Some(15.0)));
        assert_eq!(info.aspect, PixelAspect { num: 16, den: 11 });
    }

    #[test]
    fn complaints_are_bounded_and_the_telling_one_is_kept() {
        let mut log = Log::default();
        for n in 0..1000 {
            log.line(&format!("[h264 @ 0x55] [error] error {n}"));
        }
        log.line("[fatal] Conversion failed!");
        assert_eq!(log.last_complaint(), "error 999");
        assert_eq!(log.complaints.len(), KEPT_COMPLAINTS);
    }

    #[test]
    fn the_reason_is_recognised() {
        let mut log = Log::default();
        log.line("[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] [error] moov atom not found");
        log.line("[error] file:a.mp4: Invalid data found when processing input");
        assert!(matches!(log.verdict(), Some(Error::Truncated(_))));
    }
}
