//! What ffmpeg says on stderr, line by line.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::sync::OnceLock;

use super::allowlist::BARE_STREAMS;
use super::frame_info::{FrameInfo, FrameInfos, nonce};
use crate::error::Error;

static VERSION: OnceLock<String> = OnceLock::new();

/// The version of the first ffmpeg that ran in this process; `None` if none did, or it did not tell.
#[must_use]
pub fn version() -> Option<&'static str> {
    VERSION.get().map(String::as_str)
}

/// How many complaints are kept. A damaged file makes thousands, and the last ones name the reason.
const KEPT_COMPLAINTS: usize = 16;

/// Stands in a complaint about the end of what a server sends without saying how long it is: that is
/// its end, and nothing is wrong.
const OF_UNKNOWN_LENGTH: &str = "should be 18446744073709551615";

fn transfer_cut_short(complaint: &str) -> bool {
    complaint.contains("Stream ends prematurely at") && !complaint.contains(OF_UNKNOWN_LENGTH)
}

/// Does a message say that this ffmpeg does not know, or was built without, what it was asked for?
fn lacking(message: &str) -> bool {
    const BEGINNINGS: [&str; 10] = [
        "Unrecognized option",
        "Option not found",
        "No such filter",
        "Unknown encoder",
        "Unknown input format",
        "Requested output format",
        "Decoding requested, but no decoder found",
        "Decoder (codec ",
        "Unknown decoder",
        // Up to 3.4, in which messages have no level.
        "Invalid loglevel",
    ];
    BEGINNINGS.iter().any(|b| message.starts_with(b))
}

/// The longest line that is read as one, in bytes. File names and metadata can be longer; nothing that
/// matters is.
const MAX_LINE_BYTES: usize = 4096;

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
    /// What this ffmpeg does not know or have.
    lacks: Option<String>,
    /// The size of a picture that ffmpeg found too large.
    too_large: Option<String>,
    /// ffmpeg's version, such as `5.1.9`.
    pub version: Option<String>,
    /// Its scaler does not know how to convert the stream's colours.
    pub odd_colours: bool,
    frames: FrameInfos,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
}

impl Log {
    /// Takes bytes from the front of `messages`. Gives what is told of the next picture as soon as it is
    /// whole; until `messages` is empty, there may be more.
    pub fn push(&mut self, messages: &mut &[u8]) -> Option<FrameInfo> {
        while !messages.is_empty() {
            let room = MAX_LINE_BYTES - self.line.len();
            let end = messages.iter().position(|byte| *byte == b'\n');
            let (taken, whole) = match end {
                Some(end) if end < room => (end + 1, true),
                _ => (messages.len().min(room), messages.len() >= room),
            };
            let (now, later) = messages.split_at(taken);
            self.line.extend_from_slice(now);
            *messages = later;
            if whole && let Some(info) = self.end_of_line() {
                return Some(info);
            }
        }
        None
    }

    /// Takes in what stands behind the last line's end, once no more will come.
    pub fn end(&mut self) {
        self.end_of_line();
    }

    fn end_of_line(&mut self) -> Option<FrameInfo> {
        let line = std::mem::take(&mut self.line);
        let info = self.read_line(String::from_utf8_lossy(&line).trim_end());
        self.line = line;
        self.line.clear();
        info
    }

    fn read_line(&mut self, line: &str) -> Option<FrameInfo> {
        if let Some((_, rest)) = line.split_once(nonce()) {
            return self.frames.line(rest);
        }
        if !line.starts_with('[') && !line.is_empty() {
            line.clone_into(&mut self.stray);
        }
        if let Some(rest) = line.strip_prefix("[info] ffmpeg version ") {
            // Debian's "5.1.9-0+deb12u1" is ffmpeg 5.1.9, and the repository's tag "n9.0.2" is 9.0.2.
            let version = rest.trim_start_matches('n').split([' ', '-']).next();
            self.version = version.map(str::to_owned);
            let _ = VERSION.set(self.version.clone().unwrap_or_default());
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
            // The formats themselves can always be converted.
            self.odd_colours |= text.starts_with("Impossible to convert between the formats");
            if self.complaints.len() == KEPT_COMPLAINTS {
                self.complaints.pop_front();
            }
            // From 7 on it says what it was doing as well.
            let text = text.strip_prefix("Error opening input: ").unwrap_or(text);
            self.complaints.push_back(text.to_owned());
        }
        if self.lacks.is_none() && lacking(complaint.unwrap_or(line)) {
            self.lacks = Some(complaint.unwrap_or(line).to_owned());
        }
        None
    }

    /// The most telling complaint, or an empty string.
    #[must_use]
    pub fn last_complaint(&self) -> &str {
        // ffmpeg ends with generalities; what it said just before them names the reason.
        let general = [
            "Conversion failed",
            "Error opening input file",
            "Error opening output",
            "Error reinitializing filters",
            "Nothing was written into output file",
            "Could not open encoder before EOF",
            "Task finished with",
            "Terminating thread",
        ];
        let telling = |line: &&String| {
            !general.iter().any(|g| line.starts_with(g)) && !line.ends_with(": Input/output error")
        };
        let last = self.complaints.iter().rev().find(telling);
        last.or(self.complaints.back()).map_or("", String::as_str)
    }

    /// Were frames of different sizes to be joined?
    #[must_use]
    pub fn joined_different_sizes(&self) -> bool {
        self.complains_of("do not match the corresponding output link")
    }

    /// Is there a word about the input, good or bad? ffmpeg always has one.
    #[must_use]
    pub fn tells_of_the_input(&self) -> bool {
        self.container.is_some() || !self.complaints.is_empty() || self.lacks.is_some()
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
        let lacks = self.lacks.clone().map(Error::OldFfmpeg);
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

    fn log(messages: &str) -> Log {
        let mut log = Log::default();
        assert_eq!(log.push(&mut messages.as_bytes()), None);
        log.end();
        log
    }

    #[test]
    fn a_frame_is_recognised_in_any_piece_of_any_line() {
        let nonce = nonce();
        let messages = format!(
            "[info] Odd angle.[{nonce}s0 @ 0x5] [info] n:   7 pts:5 pts_time:0 fmt:gray sar:1/1 s:64x36 i:P iskey:0 type:B checksum:AD\n[metadata @ 0x5] [info] {nonce}=0\n"
        );
        let forged = messages.replace(nonce, "x0123456789abcdef");
        for bytes in [1, 2, 7, 4096] {
            let mut log = Log::default();
            let told = |log: &mut Log, text: &str| {
                let pieces = text.as_bytes().chunks(bytes);
                pieces.filter_map(|mut piece| log.push(&mut piece)).count()
            };
            assert_eq!(told(&mut log, &forged), 0);
            assert_eq!(told(&mut log, &messages), 1, "{bytes}");
        }
    }

    #[test]
    fn complaints_are_bounded_and_the_telling_one_is_kept() {
        let errors = (0..1000).map(|n| format!("[h264 @ 0x55] [error] error {n}\n"));
        let log = log(&(errors.collect::<String>() + "[fatal] Conversion failed!"));
        assert_eq!(log.last_complaint(), "error 999");
        assert_eq!(log.complaints.len(), KEPT_COMPLAINTS);
    }

    #[test]
    fn the_reason_is_recognised() {
        let log = log(
            "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] [error] moov atom not found\n\
            [error] file:a.mp4: Invalid data found when processing input\n",
        );
        assert!(matches!(log.verdict(), Some(Error::Truncated(_))));
    }
}
