//! What tells that a video cannot be had: of its file, of ffmpeg's listings, of how ffmpeg ended.

use std::fs::{self, File};
use std::io::{self, Read};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitStatus;

use super::still::what_it_is;
use crate::error::{Error, Result};
use crate::ffmpeg::log::Log;
use crate::ffmpeg::memory;
use crate::pipeline::extract::Extraction;
use crate::pipeline::extract::index::{Frames, Index};
use crate::video::{Source, names_a_device};

/// Opens a file if it can be a video at all. A named pipe would block, a directory reads as
/// nothing.
pub(super) fn open(path: &Path) -> Result<File> {
    let metadata = fs::metadata(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound if path.to_string_lossy().contains("://") => Error::OtherAddress,
        io::ErrorKind::NotFound => Error::NotFound,
        // On Windows no file can have such a name: a pattern that stands for none.
        io::ErrorKind::InvalidFilename if cfg!(windows) => Error::NotFound,
        _ => Error::Unreadable(e),
    });
    let metadata = match metadata {
        // Windows 11 knows better and has a file of that name.
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
    // Opening can succeed where reading fails: a disk error, a stale network file.
    file.read_exact(&mut [0]).map_err(Error::Unreadable)?;
    Ok(file)
}

impl Extraction {
    /// The same, or what the file is where ffmpeg cannot or may not read it as a video.
    fn named(&self, verdict: Error) -> Error {
        use Error::{NotAVideo, NotAllowed, OtherContents, Truncated};
        match (&verdict, &self.source) {
            (NotAllowed | NotAVideo(_) | Truncated(_), Source::File(path)) => {
                what_it_is(path).map_or(verdict, OtherContents)
            }
            _ => verdict,
        }
    }

    /// Takes in whether ffmpeg says that the file is cut short.
    pub(super) fn note_the_end(&mut self, log: &Log) {
        if self.cut_off.is_none() && self.has_a_part(log) {
            self.cut_off = Some("it ends in the middle of a frame".into());
        }
    }

    /// Is it a file that ends too early, but begins well? Its frames are taken, as players do. (A server
    /// that stops sending is another matter: the next try may bring all.)
    fn has_a_part(&self, log: &Log) -> bool {
        !self.is_remote() && log.container.is_some() && log.ends_early()
    }

    /// Fails if ffmpeg's words, or its silence, mean that no further try is worth it.
    pub(super) fn check_log(&self, status: ExitStatus, log: &Log) -> Result<()> {
        match log.verdict().filter(|_| !self.has_a_part(log)) {
            // ffmpeg takes any file called .mp4 for one.
            Some(Error::Truncated(_)) if !self.may_be_mp4 && log.misses_mp4_index() => {
                return Err(Error::NotAVideo("its contents are something else".into()));
            }
            Some(verdict) => return Err(self.named(verdict)),
            // What is left of an MP4 can pass for a bare stream and give frames, but which?
            None if !self.may_be_mp4
                && (log.found_mp4() || self.is_called_mp4() && log.found_bare_stream()) =>
            {
                return Err(Error::Truncated("its beginning is missing".into()));
            }
            None if !status.success() => log.refusal().map_or(Ok(()), Err)?,
            None => {}
        }
        if !log.tells_of_the_input() {
            let mut silent = format!("it ended without a word about the video, {status}");
            if crashed(status) && matches!(&self.source, Source::Url(url) if !has_number(url)) {
                silent += ", as static builds do that look up the name of a server";
            }
            if !log.stray_line().is_empty() {
                silent = format!("{silent}: {}", log.stray_line());
            }
            return Err(Error::Confused(silent));
        }
        match &self.source {
            Source::Url(url) if log.container.is_none() => Err(log.unreachable(url)),
            _ => Ok(()),
        }
    }

    fn is_called_mp4(&self) -> bool {
        let Source::File(path) = &self.source else {
            return false;
        };
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        extension == "mp4" || extension == "mov"
    }

    /// What to say of an ffmpeg that was refused memory.
    pub(super) fn no_memory(&self) -> Error {
        if memory::is_bounded() {
            Error::NeedsMemory(self.settings.limits().ffmpeg_memory)
        } else {
            Error::NoMemory("its size".into())
        }
    }

    pub(super) fn is_remote(&self) -> bool {
        matches!(self.source, Source::Url(_))
    }
}

/// Does an address name its server by number (IPv4 or IPv6), so that nothing has to be looked up?
fn has_number(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (_, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, _) = server.rsplit_once(':').unwrap_or((server, ""));
    server.starts_with('[') || host.parse::<Ipv4Addr>().is_ok()
}

/// Codecs of which each packet is a frame. Of others it can be a field, or nothing that is shown.
const A_FRAME_EACH: [&str; 14] = [
    "apng", "av1", "dnxhd", "ffv1", "ffvhuff", "huffyuv", "magicyuv", "png", "prores", "qtrle",
    "rawvideo", "utvideo", "v210", "vp9",
];

/// Where not even half as many frames come out as packets were listed, data is missing, or the decoder does not follow
/// a change in mid-stream; of some codecs it is where a tenth does not come out.
pub(super) fn check_damage(listed: &Index, decoded: &Index, codec: Option<&str>) -> Result<()> {
    let (Frames::Listed(packets), Frames::Counted(counted)) = (&listed.frames, &decoded.frames)
    else {
        return Ok(());
    };
    let (listed, decoded) = (packets.len(), counted.len());
    let enough = if codec.is_some_and(|name| A_FRAME_EACH.contains(&name)) {
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

/// Why no frames came.
pub(super) fn no_frames(log: &Log) -> Error {
    let reason = || Error::NoFrames(log.last_complaint().to_owned());
    log.refusal().unwrap_or_else(reason)
}

#[cfg(unix)]
pub(super) fn crashed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    // SIGKILL and SIGPIPE are what the caller itself may have caused by ending ffmpeg early.
    const ENDED_BY_CALLER: [i32; 2] = [9, 13];
    status
        .signal()
        .is_some_and(|signal| !ENDED_BY_CALLER.contains(&signal))
}

#[cfg(not(unix))]
pub(super) fn crashed(_: ExitStatus) -> bool {
    false
}

pub(super) fn ffmpeg_error(status: ExitStatus, log: &Log) -> Error {
    let detail = match log.last_complaint() {
        "" => "it gave no reason",
        reason => reason,
    };
    Error::Ffmpeg {
        status: status.to_string(),
        detail: detail.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_number_or_has_to_be_looked_up() {
        for url in [
            "http://127.0.0.1/a",
            "http://me:x@10.0.0.1:80",
            "https://[::1]:8/a",
        ] {
            assert!(has_number(url), "{url}");
        }
        for url in [
            "http://localhost:80/10.0.0.1",
            "https://1.example/a",
            "http://1.2.3.4@host",
        ] {
            assert!(!has_number(url), "{url}");
        }
    }
}
