//! Reads ffmpeg's messages on stderr, line by line.

mod complaints;
mod stream;

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::sync::OnceLock;

use complaints::{
    NO_PROTOCOL, Refused, addresses_without_secrets, is_unseen_video, lacking, lacking_https,
};
use stream::is_untagged_high;

use super::frame_info::FrameInfo;
use super::showinfo::{FrameInfos, nonce};

static VERSION: OnceLock<String> = OnceLock::new();

/// The version of the first ffmpeg that this process has run; `None` if it has run none, or if the version is
/// unknown.
#[must_use]
pub fn version() -> Option<&'static str> {
    VERSION.get().map(String::as_str)
}

/// How many complaints (errors in ffmpeg's messages) are kept. A damaged file causes thousands; the last ones name
/// the reason.
const KEPT_COMPLAINTS: usize = 16;

/// The longest line that is kept whole, in bytes; longer ones are split. Only file names and metadata are that long,
/// and this module does not read those.
const MAX_LINE_BYTES: usize = 4096;

/// How an ffmpeg process ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its messages.
    pub log: Log,
    /// It was killed before the end of its stdout had been read.
    pub killed: bool,
    /// Its stdout ended in the middle of a picture.
    pub mid_frame: bool,
}

impl Ended {
    /// The signal that ended it, if it was not killed as the field `killed` says.
    #[cfg(unix)]
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        use std::os::unix::process::ExitStatusExt;
        self.status.signal().filter(|_| !self.killed)
    }

    /// No system without signals tells a crash from another end.
    #[cfg(not(unix))]
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        None
    }
}

/// What is known from ffmpeg's messages. Its memory is bounded, whatever ffmpeg prints.
#[allow(clippy::struct_excessive_bools)] // Independent facts.
#[derive(Debug, Default)]
pub struct Log {
    /// The container's names, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: Option<String>,
    /// ffmpeg's name of the video's codec, such as `h264`.
    pub codec: Option<String>,
    /// The last errors.
    complaints: VecDeque<String>,
    /// The last line that does not have the form of ffmpeg's messages: from a script that starts ffmpeg, or
    /// from the dynamic linker, for example.
    stray: String,
    /// The message about an option, filter, codec or the like that this ffmpeg does not have.
    lacks: Option<String>,
    /// https was needed, and this ffmpeg does not have it.
    lacks_https: bool,
    /// The size of a picture that was above `-max_pixels`.
    too_large: Option<(u32, u32)>,
    /// ffmpeg's version, such as `5.1.9`.
    pub version: Option<String>,
    /// A server has answered an https request by a redirect to plain http.
    redirected_to_plain_http: bool,
    refused: Refused,
    /// The stream states an invalid picture size. A decoder can then fail to get a frame buffer although there
    /// is enough memory.
    damaged_parameters: bool,
    /// The container says that the video has an alpha channel (`AlphaMode`, RFC 9559, 5.1.4.1.28.4).
    alpha_mode: bool,
    /// ffmpeg's scaler does not have the stream's colour matrix.
    pub odd_colours: bool,
    /// The message that ffmpeg has found no frame of the video stream while probing.
    unseen_video: Option<String>,
    /// The video is YUV of high definition, and nothing states its colour matrix.
    pub untagged_is_high: bool,
    /// ffmpeg has more inputs than one.
    several_inputs: bool,
    /// ffmpeg waits for ever: see [`Log::is_stuck`].
    stuck: bool,
    frames: FrameInfos,
    /// The beginning of a line whose end has not arrived yet.
    line: Vec<u8>,
    /// `line` is a later part of one that was split, perhaps in the middle of an address.
    continued: bool,
}

impl Log {
    /// Consumes bytes from the front of `messages`, and returns the next frame info as soon as it is complete.
    /// Call it again until `messages` is empty.
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

    /// The decoder for a `WebM` video with an alpha channel, which is coded as a second stream. ffmpeg's own VP8
    /// and VP9 decoders ignore it.
    #[must_use]
    pub fn decoder_of_alpha(&self) -> Option<&'static str> {
        match self.codec.as_deref().filter(|_| self.alpha_mode)? {
            "vp8" => Some("libvpx"),
            "vp9" => Some("libvpx-vp9"),
            _ => None,
        }
    }

    /// Does ffmpeg wait for ever? From 7.0 on it may, if a format changes midway and there are several inputs: the filters
    /// that it builds anew wait for frames of the first ones, which are done. Then nobody else will end it.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Reads the last line, which need not end with a newline. Call it at the end of stderr.
    pub fn end(&mut self) {
        self.end_of_line();
    }

    fn end_of_line(&mut self) -> Option<FrameInfo> {
        let line = std::mem::take(&mut self.line);
        let info = self.read_line(String::from_utf8_lossy(&line).trim_end());
        self.continued = !line.ends_with(b"\n");
        self.line = line;
        self.line.clear();
        info
    }

    fn read_line(&mut self, line: &str) -> Option<FrameInfo> {
        if let Some((_, rest)) = line.split_once(nonce()) {
            return self.frames.line(rest);
        }
        let of_metadata = line.starts_with("    ") && line.trim_start().starts_with(':');
        if of_metadata {
            return None; // A further line of a value, which states no level.
        }
        if self.continued {
            // Of what is split, only this complaint matters: it begins with an address, which can be long.
            if self.lacks.is_none() && line.ends_with(NO_PROTOCOL) {
                self.lacks = Some(NO_PROTOCOL.to_owned());
            }
            return None;
        }
        if !line.starts_with('[') && !line.is_empty() {
            self.stray = addresses_without_secrets(line);
            self.refused.read(line);
        }
        match line.strip_prefix("[info] ") {
            Some(text) => self.read_information(text),
            None => self.read_other(line),
        }
        None
    }

    /// Reads a line of the level `info` without a context: what ffmpeg says of itself, its inputs and its outputs.
    /// Complaints are not looked for here, because metadata can imitate them.
    fn read_information(&mut self, text: &str) {
        if let Some(rest) = text.strip_prefix("ffmpeg version ") {
            // Debian's "5.1.9-0+deb12u1" is ffmpeg 5.1.9, and the repository's tag "n9.0.2" is 9.0.2.
            let version = rest.trim_start_matches('n').split([' ', '-']).next();
            self.version = version.map(str::to_owned);
            let _ = VERSION.set(self.version.clone().unwrap_or_default());
        }
        if let Some(rest) = text.strip_prefix("Input #0, ") {
            let names = rest.split(", from ").next();
            self.container = names.map(str::to_owned);
        }
        self.several_inputs |= text.starts_with("Input #1, ");
        if let Some((_, rest)) = text.split_once(": rotation of ")
            && let Some(Ok(degrees)) = rest.split(' ').next().map(str::parse::<f64>)
        {
            // After "displaymatrix", from 9.0 on "Display Matrix". ffmpeg rotates the pictures by itself.
            self.frames.turned |= (degrees.abs() - 90.0).abs() < 45.0;
        }
        self.alpha_mode |= text.split_whitespace().eq(["alpha_mode", ":", "1"]);
        // Older versions indent this line more.
        if self.codec.is_none()
            && text.trim_start().starts_with("Stream #0:")
            && let Some((_, rest)) = text.split_once(": Video: ")
        {
            let name = rest.split([' ', ',']).next();
            self.codec = name.map(str::to_owned);
            self.untagged_is_high = is_untagged_high(rest).unwrap_or(false);
        }
    }

    /// Reads any other line: of another level, with a context, or of another program.
    fn read_other(&mut self, line: &str) {
        self.redirected_to_plain_http |= line.starts_with("[https @ ")
            && (line.to_ascii_lowercase()).contains("] header='location: http:");
        self.stuck |= self.several_inputs && line.contains("] [info] Reconfiguring filter graph");
        if is_unseen_video(line) {
            self.unseen_video = Some(line.to_owned());
        }
        let complaint = ["[error] ", "[fatal] ", "[panic] "]
            .iter()
            .find_map(|level| {
                let (context, text) = line.split_once(level)?;
                context.chars().all(|c| c != '"').then_some(text)
            });
        if let Some(text) = complaint {
            if let Some(rest) = text.strip_prefix("Picture size ") {
                let size = rest.split(' ').next().and_then(|size| size.split_once('x'));
                let size = size
                    .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
                self.too_large = self.too_large.or(size);
            }
            self.refused.read(text);
            self.damaged_parameters |= text.contains("image parameters invalid");
            // All pixel formats can be converted, so the reason must be the colour matrix.
            self.odd_colours |= text.starts_with("Impossible to convert between the formats");
            if self.complaints.len() == KEPT_COMPLAINTS {
                self.complaints.pop_front();
            }
            // The prefix is there from version 7 on.
            let text = text.strip_prefix("Error opening input: ").unwrap_or(text);
            self.complaints.push_back(addresses_without_secrets(text));
        }
        self.lacks_https |= lacking_https(line);
        let message = complaint.unwrap_or(line);
        if self.lacks.is_none() && lacking(message) {
            self.lacks = Some(addresses_without_secrets(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn log(messages: &str) -> Log {
        let mut log = Log::default();
        assert_eq!(log.push(&mut messages.as_bytes()), None);
        log.end();
        log
    }

    #[test]
    fn a_frame_info_is_found_anywhere_in_a_line_and_in_pieces_of_any_size() {
        let nonce = nonce();
        let messages = format!(
            "[info] Odd angle.[{nonce}s0 @ 0x5] [info] n:   7 pts:5 pts_time:0 fmt:gray sar:1/1 s:64x36 i:P iskey:0 type:B checksum:AD\n[metadata @ 0x5] [info] {nonce}=0\n"
        );
        let forged = messages.replace(nonce, "x0123456789abcdef");
        for bytes in [1, 2, 7, 4096] {
            let mut log = Log::default();
            let found = |log: &mut Log, text: &str| {
                let pieces = text.as_bytes().chunks(bytes);
                pieces.filter_map(|mut piece| log.push(&mut piece)).count()
            };
            assert_eq!(found(&mut log, &forged), 0);
            assert_eq!(found(&mut log, &messages), 1, "{bytes}");
        }
    }

    #[test]
    fn metadata_that_imitates_a_complaint_is_none() {
        let filler = "x".repeat(2 * MAX_LINE_BYTES);
        let log = log(&format!(
            "[info]     title           : [error] moov atom not found\n\
            [info]     comment         : one\n                    : [error] Cannot allocate memory\n\
            [info]     description     : {filler} [error] Cannot allocate memory\n"
        ));
        assert_eq!(log.last_complaint(), "");
        assert!(!log.misses_mp4_index() && !log.lacks_memory());
    }

    #[test]
    fn complaints_are_bounded_and_the_last_specific_one_is_kept() {
        let errors = (0..1000).map(|n| format!("[h264 @ 0x55] [error] error {n}\n"));
        let log = log(&(errors.collect::<String>() + "[fatal] Conversion failed!"));
        assert_eq!(log.last_complaint(), "error 999");
        assert_eq!(log.complaints.len(), KEPT_COMPLAINTS);
    }
}
