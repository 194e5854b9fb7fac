//! What ffmpeg's messages mean. Their wording is no interface and differs from version to version: each
//! phrase that is looked for stands here, behind a question with a name, and nowhere else.

use super::Log;
use crate::error::Error;
use crate::ffmpeg::allowlist::BARE_STREAMS;
use crate::video::without_secrets;

/// Stands in a complaint about the end of what a server sends without saying how long it is: that is
/// its end, and nothing is wrong.
const OF_UNKNOWN_LENGTH: &str = "should be 18446744073709551615";

fn transfer_cut_short(complaint: &str) -> bool {
    complaint.contains("Stream ends prematurely at") && !complaint.contains(OF_UNKNOWN_LENGTH)
}

/// The same message with its addresses as they may be shown.
pub(super) fn addresses_without_secrets(message: &str) -> String {
    let word = |word: &str| match word.find("http://").or(word.find("https://")) {
        Some(start) => {
            let address = word[start..].trim_end_matches(['\'', ':', ',']);
            let (before, after) = (&word[..start], &word[start + address.len()..]);
            format!("{before}{}{after}", without_secrets(address))
        }
        None => word.to_owned(),
    };
    let words: Vec<_> = message.split(' ').map(word).collect();
    words.join(" ")
}

/// Does a line say that a video stream was announced, but nothing of it met that tells its size?
pub(super) fn is_unseen_video(line: &str) -> bool {
    line.contains("Could not find codec parameters for stream")
        && line.contains(" (Video: ")
        && line.contains("unspecified size")
}

/// Does a message say that this ffmpeg does not know, or was built without, what it was asked for?
pub(super) fn lacking(message: &str) -> bool {
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
        // "https://host/a.mp4: Protocol not found"
        || message.ends_with("Protocol not found")
        // Its own decoder only hands on to the hardware; the others are libraries.
        || message.contains("doesn't support hardware accelerated")
}

/// What the system refused to ffmpeg.
#[derive(Debug, Default)]
pub(super) struct Refused {
    memory: bool,
    /// A decoder got no room for a frame.
    room: bool,
    threads: bool,
}

impl Refused {
    /// Takes in a message.
    pub(super) fn hear(&mut self, message: &str) {
        /// The last two are those of C++ libraries and of Rust.
        const NO_MEMORY: [&str; 5] = [
            "Cannot allocate memory",
            "Could not allocate memory",
            "Failed to allocate",
            "std::bad_alloc",
            "memory allocation of",
        ];
        self.memory |= NO_MEMORY.iter().any(|words| message.contains(words));
        self.room |= message.contains("get_buffer() failed");
        self.threads |= message.contains("pthread_create");
    }
}

impl Log {
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

    /// May there be video further on than ffmpeg looked for it? Some containers announce a stream and others
    /// do not even that.
    #[must_use]
    pub fn may_begin_late(&self) -> bool {
        let unannounced = matches!(self.container.as_deref(), Some("mpeg" | "mpegts" | "flv"))
            && self.complains_of("matches no streams");
        self.unseen_video.is_some() || unannounced
    }

    /// Were frames of different sizes to be joined?
    #[must_use]
    pub fn joined_different_sizes(&self) -> bool {
        self.complains_of("do not match the corresponding output link")
    }

    /// Has it not the decoder that it was asked for?
    #[must_use]
    pub fn lacks_the_decoder(&self) -> bool {
        let lacks = self.lacks.as_deref();
        lacks.is_some_and(|message| message.starts_with("Unknown decoder"))
    }

    /// Is there a word about the input, good or bad? ffmpeg always has one.
    #[must_use]
    pub fn tells_of_the_input(&self) -> bool {
        self.container.is_some() || !self.complaints.is_empty() || self.lacks.is_some()
    }

    /// Does any complaint that was kept hold `text`?
    fn complains_of(&self, text: &str) -> bool {
        self.complaints.iter().any(|line| line.contains(text))
    }

    /// Was it refused memory? What it sends may then lack what it could not decode.
    #[must_use]
    pub fn lacks_memory(&self) -> bool {
        self.refused.memory || self.refused.room && !self.damaged_parameters
    }

    /// Was it refused a thread?
    #[must_use]
    pub fn lacks_threads(&self) -> bool {
        self.refused.threads
    }

    /// Does the container list frames that could not be read?
    #[must_use]
    pub fn misses_listed_frames(&self) -> bool {
        self.complains_of(": partial file")
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

    /// Does the file end in the middle of a frame?
    #[must_use]
    pub fn ends_early(&self) -> bool {
        self.complains_of("File ended prematurely")
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
        let address = without_secrets(url);
        // "http://host/a.mp4: Server returned 404 Not Found"
        let reason = complaint.strip_prefix(&*address).unwrap_or(complaint);
        Error::Unreachable {
            address,
            reason: reason.trim_start_matches(": ").to_owned(),
        }
    }

    /// What the complaints mean for the video, if they mean that no further try is worth it.
    #[must_use]
    pub fn verdict(&self) -> Option<Error> {
        let sent_on_to = |protocol: &str| {
            self.complains_of(&format!("Protocol '{protocol}' not on whitelist 'http"))
        };
        if self.sent_on_to_plain_http || sent_on_to("http") {
            Some(Error::Redirected("http".into()))
        // Up to 8.0 it names what is below https.
        } else if sent_on_to("https") || sent_on_to("tls") {
            Some(Error::Redirected("https".into()))
        } else if self.complains_of("not in whitelist") || self.complains_of("not on whitelist") {
            Some(Error::NotAllowed)
        } else if self.misses_mp4_index() {
            let reason = "its index is missing";
            Some(Error::Truncated(reason.into()))
        } else if self.complains_of("matches no streams")
            || self.complains_of("does not contain any stream")
        {
            Some(Error::NoVideo)
        } else if self.ends_early() {
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
    use super::super::tests::log;
    use super::*;

    #[test]
    fn the_reason_is_recognised() {
        let log = log(
            "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] [error] moov atom not found\n\
            [error] file:a.mp4: Invalid data found when processing input\n",
        );
        assert!(matches!(log.verdict(), Some(Error::Truncated(_))));
    }
}
