//! What ffmpeg's error messages mean. Their wording is not a stable interface and differs from version to
//! version. So all phrases are kept here, each behind a function with a name that says what it means.

use super::Log;
use crate::error::{Error, NoVideoData, Scheme, Truncation};
use crate::ffmpeg::allowlist::BARE_STREAMS;
use crate::video::without_secrets;

/// Part of the message at the end of a download whose length the server has not stated (the number is -1). Then
/// the end is no error.
const OF_UNKNOWN_LENGTH: &str = "should be 18446744073709551615";

fn transfer_cut_short(complaint: &str) -> bool {
    complaint.contains("Stream ends prematurely at") && !complaint.contains(OF_UNKNOWN_LENGTH)
}

/// Removes secrets (user names, passwords, query strings) from the addresses in a message.
pub(super) fn addresses_without_secrets(message: &str) -> String {
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let word = |word: &str| match word.split_once("://") {
        Some((before, _)) => {
            let start = before.trim_end_matches(in_scheme).len();
            let address = word[start..].trim_end_matches(['\'', ':', ',']);
            let (before, after) = (&word[..start], &word[start + address.len()..]);
            format!("{before}{}{after}", without_secrets(address))
        }
        None => word.to_owned(),
    };
    let words: Vec<_> = message.split(' ').map(word).collect();
    words.join(" ")
}

/// Does a line say that the container announces a video stream, but that no frame of it was found while probing?
pub(super) fn is_unseen_video(line: &str) -> bool {
    line.contains("Could not find codec parameters for stream")
        && line.contains(" (Video: ")
        && line.contains("unspecified size")
}

/// The end of the message about an address whose protocol this ffmpeg does not have.
pub(super) const NO_PROTOCOL: &str = "Protocol not found";

/// Does a message say that this ffmpeg does not have https? It says so before it names the address, which is an
/// http one if a server redirects to https.
pub(super) fn lacking_https(message: &str) -> bool {
    message.contains("https protocol not found, recompile")
}

/// Does a message say that this ffmpeg is too old for an option, filter, codec or the like, or was built without it?
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
        // Up to 3.4, which does not know `-loglevel level+…`.
        "Invalid loglevel",
    ];
    BEGINNINGS.iter().any(|b| message.starts_with(b))
        // "https://host/a.mp4: Protocol not found"
        || message.ends_with(NO_PROTOCOL)
        // ffmpeg's own AV1 decoder works by hardware only. Software decoders are external libraries.
        || message.contains("doesn't support hardware accelerated")
}

/// The resources that the operating system has refused to ffmpeg.
#[derive(Debug, Default)]
pub(super) struct Refused {
    memory: bool,
    /// A decoder could not get a buffer for a frame.
    frame_buffer: bool,
    threads: bool,
}

impl Refused {
    /// Reads a message.
    pub(super) fn read(&mut self, message: &str) {
        /// `Video encoding failed` is all that 4.1 says: to encode uncompressed pictures fails for nothing else. The
        /// last two come from libraries in C++ and Rust.
        const NO_MEMORY: [&str; 6] = [
            "Cannot allocate memory",
            "Could not allocate memory",
            "Failed to allocate",
            "Video encoding failed",
            "std::bad_alloc",
            "memory allocation of",
        ];
        self.memory |= NO_MEMORY.iter().any(|words| message.contains(words));
        self.frame_buffer |= message.contains("get_buffer() failed");
        self.threads |= message.contains("pthread_create");
    }
}

impl Log {
    /// The last complaint that names a reason; an empty string if there is none.
    #[must_use]
    pub fn last_complaint(&self) -> &str {
        // ffmpeg's last messages are general ones. The message before them names the reason.
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
        let names_a_reason = |line: &&String| {
            !general.iter().any(|g| line.starts_with(g)) && !line.ends_with(": Input/output error")
        };
        let last = self.complaints.iter().rev().find(names_a_reason);
        last.or(self.complaints.back()).map_or("", String::as_str)
    }

    /// Can the video begin later than ffmpeg has probed? Then either a stream is announced without any frame,
    /// or the container is one that does not announce its streams.
    #[must_use]
    pub fn may_begin_late(&self) -> bool {
        let unannounced = matches!(self.container.as_deref(), Some("mpeg" | "mpegts" | "flv"))
            && self.complains_of("matches no streams");
        self.unseen_video.is_some() || unannounced
    }

    /// Has a change of the stream's format cost pictures? The filter `concat` fails if its segments have different sizes.
    /// And filters that are built again number their pictures from 0 on, so that ffmpeg drops the first of them.
    #[must_use]
    pub fn lost_pictures_to_a_change(&self) -> bool {
        self.stuck
            || self.frames.rebuilt()
            || self.complains_of("do not match the corresponding output link")
    }

    /// Does this ffmpeg lack the decoder that the command names?
    #[must_use]
    pub fn lacks_the_decoder(&self) -> bool {
        let lacks = self.lacks.as_deref();
        lacks.is_some_and(|message| message.starts_with("Unknown decoder"))
    }

    /// Was https needed, and does this ffmpeg lack it? For an http address that means a redirect.
    #[must_use]
    pub fn lacks_https(&self) -> bool {
        self.lacks_https
    }

    /// Is there any message about the input? A working ffmpeg always prints one, good or bad.
    #[must_use]
    pub fn tells_of_the_input(&self) -> bool {
        self.container.is_some() || !self.complaints.is_empty() || self.lacks.is_some()
    }

    /// Does any of the kept complaints contain `text`?
    fn complains_of(&self, text: &str) -> bool {
        self.complaints.iter().any(|line| line.contains(text))
    }

    /// Could ffmpeg not allocate memory? Then frames can be missing or damaged.
    #[must_use]
    pub fn lacks_memory(&self) -> bool {
        self.refused.memory || self.refused.frame_buffer && !self.damaged_parameters
    }

    /// Could ffmpeg not start a thread?
    #[must_use]
    pub fn lacks_threads(&self) -> bool {
        self.refused.threads
    }

    /// Does the container's index list frames that could not be read?
    #[must_use]
    pub fn misses_listed_frames(&self) -> bool {
        self.complains_of(": partial file")
    }

    /// Has ffmpeg recognised an MP4, a `QuickTime` file or a related format?
    #[must_use]
    pub fn found_mp4(&self) -> bool {
        self.container.as_deref().is_some_and(|c| c.contains("mp4"))
    }

    /// Has ffmpeg recognised an elementary video stream, without a container?
    #[must_use]
    pub fn found_bare_stream(&self) -> bool {
        let name = self.container.as_deref().unwrap_or_default();
        BARE_STREAMS.contains(&name)
    }

    /// Has ffmpeg recognised an MP4 whose index (the `moov` box) is missing?
    #[must_use]
    pub fn misses_mp4_index(&self) -> bool {
        self.complains_of("moov atom not found")
    }

    /// The last line that does not have the form of ffmpeg's messages; an empty string if there is none.
    #[must_use]
    pub fn stray_line(&self) -> &str {
        &self.stray
    }

    /// Does the file end in the middle of a frame?
    #[must_use]
    pub fn ends_early(&self) -> bool {
        self.complains_of("File ended prematurely")
    }

    /// The error for an ffmpeg that failed because it lacks a feature, or because a picture is too large.
    #[must_use]
    pub fn refusal(&self) -> Option<Error> {
        let lacks = self.lacks.clone().map(Error::OldFfmpeg);
        lacks.or(self
            .too_large
            .map(|(width, height)| Error::TooLarge { width, height }))
    }

    /// The error for a `url` that could not be opened.
    #[must_use]
    pub fn unreachable(&self, url: &str) -> Error {
        if self.complains_of(OF_UNKNOWN_LENGTH) {
            return Error::NotAVideo(NoVideoData::Unrecognised);
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

    /// The error that the complaints stand for, if another try would fail in the same way.
    #[must_use]
    pub fn verdict(&self) -> Option<Error> {
        let redirected_to = |protocol: &str| {
            self.complains_of(&format!("Protocol '{protocol}' not on whitelist 'http"))
        };
        if self.redirected_to_plain_http || redirected_to("http") {
            Some(Error::Redirected(Scheme::Http))
        // Up to 8.0 the message names the protocol below https, which is tls.
        } else if redirected_to("https") || redirected_to("tls") {
            Some(Error::Redirected(Scheme::Https))
        } else if self.complains_of("not in whitelist") || self.complains_of("not on whitelist") {
            Some(Error::NotAllowed)
        } else if self.misses_mp4_index() {
            Some(Error::Truncated(Truncation::NoIndex))
        } else if self.complains_of("matches no streams")
            || self.complains_of("does not contain any stream")
        {
            Some(Error::NoVideo)
        } else if self.ends_early() {
            Some(Error::Truncated(Truncation::MidFrame))
        } else if self.complaints.iter().any(|line| transfer_cut_short(line)) {
            Some(Error::Truncated(Truncation::Transfer))
        } else if self.complains_of("Invalid data found when processing input")
            && self.container.is_none()
        {
            Some(Error::NotAVideo(NoVideoData::Unrecognised))
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
    fn a_missing_moov_box_means_a_truncated_file() {
        let log = log(
            "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] [error] moov atom not found\n\
            [error] file:a.mp4: Invalid data found when processing input\n",
        );
        assert!(matches!(log.verdict(), Some(Error::Truncated(_))));
    }

    #[test]
    fn no_message_that_is_kept_holds_a_secret_of_an_address() {
        let address = "me:s3cret@host/a.mp4?token=s3cret";
        for scheme in ["http", "https", "HTTP", "httpproxy", "rtmp"] {
            let messages = format!(
                "[error] {scheme}://{address}: Protocol not found\n\
                [error] Did you mean file:{scheme}://{address}?\n\
                wrapper: running ffmpeg -i {scheme}://{address}\n"
            );
            let log = log(&messages);
            let refusal = log.refusal().unwrap().to_string();
            assert!(refusal.contains("://host/a.mp4?…: Protocol"), "{refusal}");
            assert!(log.stray_line().contains("://host/a.mp4?…"));
            let kept = format!("{log:?}");
            assert!(!kept.contains("s3cret"), "{kept}");
        }
    }

    #[test]
    fn an_address_that_is_longer_than_a_line_that_is_kept_leaves_no_secret_either() {
        let token = "s3cret".repeat(2000);
        let failed = format!("[error] https://host/a.mp4?token={token}: Protocol not found\n");
        let refused = log(&failed);
        assert!(refused.refusal().is_some());
        let crashed = log(&format!(
            "[info] Opening 'https://host/a.mp4?token={token}'\n"
        ));
        for log in [refused, crashed] {
            let kept = format!("{log:?}");
            assert!(!kept.contains("s3cret"), "{kept}");
        }
    }

    #[test]
    fn version_4_1_fails_to_encode_only_for_want_of_memory() {
        assert!(log("[fatal] Video encoding failed\n").lacks_memory());
    }

    #[test]
    fn only_a_redirect_makes_an_http_address_need_https() {
        let missing = "[warning] https protocol not found, recompile FFmpeg with openssl, gnutls or securetransport enabled.\n";
        let failed = "[error] http://host/a.mp4: Protocol not found\n";
        assert!(log(&format!("{missing}{failed}")).lacks_https());
        // An ffmpeg without any network.
        assert!(!log(failed).lacks_https());
    }
}
