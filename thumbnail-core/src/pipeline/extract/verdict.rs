//! Decides whether a video cannot be read at all, and why: from the file itself, from ffmpeg's messages and
//! exit status, and from the number of decoded frames.

use std::fs::{self, File};
use std::io::{self, Read};
use std::net::Ipv4Addr;
use std::path::Path;

use super::still::describe_file;
use crate::error::{Error, NoVideoData, Result, Scheme, Truncation, WantOfMemory};
use crate::ffmpeg::log::{Ended, Log};
use crate::ffmpeg::memory;
use crate::pipeline::extract::Extraction;
use crate::pipeline::extract::index::{Frames, Index};
use crate::video::{Source, names_a_device};

/// Opens a file if it can be a video: a regular file that is not empty and can be read. (Opening a named
/// pipe would block.)
pub(super) fn open(path: &Path) -> Result<File> {
    let metadata = fs::metadata(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound if path.to_string_lossy().contains("://") => Error::OtherAddress,
        io::ErrorKind::NotFound => Error::NotFound,
        // On Windows: a wildcard pattern that matches no file. No file can have such a name.
        io::ErrorKind::InvalidFilename if cfg!(windows) => Error::NotFound,
        _ => Error::Unreadable(e),
    });
    let metadata = match metadata {
        // First, because Windows 11 allows regular files with some of the names of devices.
        Ok(metadata) if metadata.is_file() => metadata,
        _ if names_a_device(path) => return Err(Error::DeviceName),
        other => other?,
    };
    if !metadata.is_file() {
        return Err(Error::NotAFile);
    }
    if metadata.len() == 0 {
        return Err(Error::Empty);
    }
    let mut file = File::open(path).map_err(Error::Unreadable)?;
    // Opening can succeed even if reading fails, as with a disk error or a stale network file handle.
    file.read_exact(&mut [0]).map_err(Error::Unreadable)?;
    Ok(file)
}

impl Extraction {
    /// Replaces an error by [`Error::OtherContents`] if the file turns out to be a picture or text.
    fn name_contents(&self, verdict: Error) -> Error {
        use Error::{NotAVideo, NotAllowed, OtherContents, Truncated};
        match (&verdict, &self.source) {
            (NotAllowed | NotAVideo(_) | Truncated(_), Source::File(path)) => {
                describe_file(path).map_or(verdict, OtherContents)
            }
            _ => verdict,
        }
    }

    /// Records that the file is truncated, if ffmpeg says so.
    pub(super) fn note_truncation(&mut self, log: &Log) {
        if self.cut_off.is_none() && self.is_truncated_file(log) {
            self.cut_off = Some(Truncation::MidFrame);
        }
    }

    /// Is it a local file that ffmpeg can read, but that ends in the middle of a frame? Then the frames that
    /// are there are used, as by a player. A download that ends early is an error instead, because the next
    /// try may bring all of it.
    fn is_truncated_file(&self, log: &Log) -> bool {
        !self.is_remote() && log.container.is_some() && log.ends_early()
    }

    /// Fails if ffmpeg's messages, or the lack of any, mean that another try would fail, too.
    pub(super) fn check_log(&self, ended: &Ended) -> Result<()> {
        let (status, log) = (ended.status, &ended.log);
        if death(ended) == Some(Death::Interrupt) {
            return Err(Error::Interrupted);
        }
        match log.verdict().filter(|_| !self.is_truncated_file(log)) {
            // ffmpeg tries to read any file with the extension .mp4 as an MP4.
            Some(Error::Truncated(_)) if !self.may_be_mp4 && log.misses_mp4_index() => {
                return Err(Error::NotAVideo(NoVideoData::OtherThanNamed));
            }
            Some(verdict) => return Err(self.name_contents(verdict)),
            // ffmpeg can take the rest of an MP4 without its beginning for an elementary stream, and
            // decode some frames. Nobody knows which these are.
            None if !self.may_be_mp4
                && (log.found_mp4() || self.has_mp4_extension() && log.found_bare_stream()) =>
            {
                return Err(Error::Truncated(Truncation::NoBeginning));
            }
            None if !status.success() && log.lacks_https() && self.is_plain_http() => {
                return Err(Error::Redirected(Scheme::Https));
            }
            None if !status.success() => log.refusal().map_or(Ok(()), Err)?,
            None => {}
        }
        if !log.tells_of_the_input() {
            let by_name = |url: &str| !host_is_ip_address(url);
            let looking_up = death(ended) == Some(Death::Crash)
                && matches!(&self.source, Source::Url(url) if by_name(url));
            return Err(Error::Silent {
                status: status.to_string(),
                looking_up,
                stray_line: log.stray_line().to_owned(),
                want_of_memory: self.want_of_memory(ended).filter(|_| !looking_up),
            });
        }
        match &self.source {
            Source::Url(url) if log.container.is_none() => Err(log.unreachable(url)),
            _ => Ok(()),
        }
    }

    fn has_mp4_extension(&self) -> bool {
        let Source::File(path) = &self.source else {
            return false;
        };
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        extension == "mp4" || extension == "mov"
    }

    /// The error for an ffmpeg that could not allocate memory: was it this program's limit, or the system's?
    pub(super) fn no_memory(&self) -> Error {
        if memory::is_bounded() {
            let allowed = self.settings.limits().ffmpeg_memory;
            Error::NeedsMemory {
                allowed,
                is_share: allowed == self.settings.ffmpeg_memory,
            }
        } else {
            Error::NoMemoryForFfmpeg
        }
    }

    /// The error for an ffmpeg that failed, with its last complaint.
    pub(super) fn ffmpeg_error(&self, ended: &Ended) -> Error {
        Error::Ffmpeg {
            status: ended.status.to_string(),
            detail: reason(&ended.log),
            want_of_memory: self.want_of_memory(ended),
        }
    }

    /// Can want of memory be why an ffmpeg ended that did not say so? Code that does not check an allocation
    /// crashes, and the stack of a new thread is allocated, too.
    fn want_of_memory(&self, ended: &Ended) -> Option<WantOfMemory> {
        let possible = match death(ended) {
            Some(Death::Kill) => return Some(WantOfMemory::System),
            Some(Death::Crash) => true,
            _ => ended.log.lacks_threads(),
        };
        (possible && memory::is_bounded())
            .then(|| WantOfMemory::Limit(self.settings.limits().ffmpeg_memory))
    }

    fn is_plain_http(&self) -> bool {
        matches!(&self.source, Source::Url(url) if url.starts_with("http:"))
    }

    pub(super) fn is_remote(&self) -> bool {
        matches!(self.source, Source::Url(_))
    }
}

/// Is the host of a URL an IP address, so that no name has to be looked up?
fn host_is_ip_address(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (_, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, _) = server.rsplit_once(':').unwrap_or((server, ""));
    server.starts_with('[') || host.parse::<Ipv4Addr>().is_ok()
}

/// Codecs with exactly one frame in each packet. With other codecs a packet can hold a single field, or a frame
/// that is never shown.
const ONE_FRAME_A_PACKET: [&str; 14] = [
    "apng", "av1", "dnxhd", "ffv1", "ffvhuff", "huffyuv", "magicyuv", "png", "prores", "qtrle",
    "rawvideo", "utvideo", "v210", "vp9",
];

/// Fails if far fewer frames were decoded than packets were listed: less than half, or for
/// [`ONE_FRAME_A_PACKET`] less than nine tenths. Then data is missing, or the decoder could not follow a change
/// of format in mid-stream.
pub(super) fn check_damage(listed: &Index, decoded: &Index, codec: Option<&str>) -> Result<()> {
    let (Frames::Listed(packets), Frames::Counted(counted)) = (&listed.frames, &decoded.frames)
    else {
        return Ok(());
    };
    let (listed, decoded) = (packets.len(), counted.len());
    let enough = if codec.is_some_and(|name| ONE_FRAME_A_PACKET.contains(&name)) {
        decoded * 10 >= listed * 9
    } else {
        decoded * 2 + 1 >= listed
    };
    if enough {
        Ok(())
    } else {
        Err(Error::Damaged { listed, decoded })
    }
}

/// The error for an ffmpeg that decoded no frames.
pub(super) fn no_frames(log: &Log) -> Error {
    log.refusal()
        .unwrap_or_else(|| Error::NoFrames(reason(log)))
}

fn reason(log: &Log) -> String {
    let reason = match log.last_complaint() {
        "" => "it gave no reason",
        complaint => complaint,
    };
    reason.to_owned()
}

/// Why a signal ended an ffmpeg that this program had not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code))]
enum Death {
    /// It crashed, or an assertion of it failed.
    Crash,
    /// Somebody else killed it.
    Kill,
    /// The terminal interrupted it. Such a signal also reaches a child that is not yet in a process group of its own.
    Interrupt,
}

#[cfg(unix)]
fn death(ended: &Ended) -> Option<Death> {
    use signal_hook::consts::{SIGABRT, SIGBUS, SIGHUP, SIGILL, SIGINT, SIGKILL, SIGSEGV, SIGTRAP};
    match ended.signal()? {
        SIGABRT | SIGBUS | SIGILL | SIGSEGV | SIGTRAP => Some(Death::Crash),
        SIGKILL => Some(Death::Kill),
        SIGINT | SIGHUP => Some(Death::Interrupt),
        _ => None,
    }
}

#[cfg(not(unix))]
fn death(_: &Ended) -> Option<Death> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ip_address_is_told_from_a_host_name() {
        for url in [
            "http://127.0.0.1/a",
            "http://me:x@10.0.0.1:80",
            "https://[::1]:8/a",
        ] {
            assert!(host_is_ip_address(url), "{url}");
        }
        for url in [
            "http://localhost:80/10.0.0.1",
            "https://1.example/a",
            "http://1.2.3.4@host",
        ] {
            assert!(!host_is_ip_address(url), "{url}");
        }
    }
}
