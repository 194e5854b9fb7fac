//! What to do about an error, with the demos' own options.

use std::io::{self, ErrorKind};

use anyhow::anyhow;

use crate::error::{Error, Obstacle, WantOfMemory};
use crate::measure::report::VideoReport;
use crate::program::open_files;

/// What is wrong and what to do about it, in one sentence.
#[must_use]
pub(crate) fn advise(error: &Error) -> String {
    if open_files::are_too_many(error) {
        return format!("{error}: lower --workers, or raise the limit on open files (ulimit -n)");
    }
    let advice = match error {
        Error::TimedOut(allowed) => {
            let allowed = humantime::format_duration(*allowed);
            return format!(
                "took longer than --timeout allows ({allowed}): raise it, or try --seek keyframe"
            );
        }
        Error::NeedsMemory { allowed, is_share } => {
            let megabytes = allowed >> 20;
            return if *is_share {
                format!(
                    "needs more memory than each ffmpeg has if all videos in flight are to fit into this machine ({megabytes} MB): lower --workers"
                )
            } else {
                format!(
                    "needs more memory than --max-pixels allows ffmpeg ({megabytes} MB): if you trust the file, raise --max-pixels"
                )
            };
        }
        Error::Ffmpeg {
            want_of_memory: Some(WantOfMemory::Limit(_)),
            ..
        } => {
            "try another ffmpeg through the FFMPEG variable, lower --workers, or raise --max-pixels"
        }
        Error::Ffmpeg {
            want_of_memory: Some(WantOfMemory::System),
            ..
        }
        | Error::NoMemory { .. }
        | Error::NoMemoryForFfmpeg => "lower --workers, or close other programs",
        // Only ffmpeg's own message says what to do.
        Error::Ffmpeg { .. } => return error.to_string(),
        Error::NotFound => "check the spelling and the directory you are in",
        Error::OtherAddress => "fetch the video first",
        Error::NotAFile => "name the video files themselves, for example with a `*.mp4` at the end",
        Error::DeviceName => "rename the file",
        Error::Empty | Error::Truncated(_) => "fetch or copy it again",
        Error::Unreadable(_) => "check its permissions",
        Error::Unreachable { .. } => "check that the address opens in a web browser",
        Error::Redirected(_) => "give that address itself, if you trust it",
        Error::Proxy(_) => "set http_proxy or https_proxy to one, or fetch the video first",
        Error::NoParts(_) => "download it and give the file",
        Error::NotAVideo(_) => "check that it plays in a video player",
        Error::NotAllowed => "give the video file itself, or convert it to MP4",
        Error::OtherContents(_) => "name videos only",
        Error::NoVideo => "nothing to take a thumbnail of",
        Error::NoFrames(_) | Error::EmptyStream => {
            "the file is damaged, or this ffmpeg lacks its decoder"
        }
        Error::Damaged { .. } => "the file is damaged; fetch or copy it again",
        Error::TooLarge { .. } => "if you trust the file, raise --max-pixels",
        Error::TooManyFrames(_) => "cut it into parts",
        Error::NoThread(_) => "lower --workers, or raise the limit (ulimit -u, or -v)",
        Error::Start { .. } => "run it by hand, or set FFMPEG to one that works",
        Error::Confused(_) | Error::Pipe(_) | Error::Silent { .. } => {
            "try another ffmpeg through the FFMPEG variable"
        }
        Error::OldFfmpeg(_) => "set FFMPEG to a complete build of version 4.1 or newer",
        Error::Save { source, .. } if source.kind() == ErrorKind::NotADirectory => {
            "it is a file, and --out names a directory: give the directory that is to hold the \
             thumbnails"
        }
        Error::Save { source, .. } if is_obstacle(source) => "move it, or choose another --out",
        Error::Save { .. } => {
            "check the disk's free space and the permissions, or choose another --out"
        }
        Error::Picture(_) => "try another --format or other --sizes",
        Error::Interrupted => "run the command again",
        Error::Panicked(_) | Error::NoReport => "please report it, with the video if you can",
        Error::WorkerConfused(_) | Error::WrongReport => "please report it",
        Error::WorkerStart(_) | Error::WorkerDied(_) => {
            "run the video alone to see whether it is the cause"
        }
    };
    format!("{error}: {advice}")
}

fn is_obstacle(error: &io::Error) -> bool {
    let source = error.get_ref();
    source.and_then(|e| e.downcast_ref::<Obstacle>()).is_some()
}

/// Adds the advice to the report of a video that failed in this process. A report from a worker process
/// has it already.
pub fn advise_in(report: &mut VideoReport) {
    if let Some(cause) = &report.cause {
        report.error = Some(advise(cause));
    }
}

/// Adds the advice to an error that ends the program.
#[must_use]
pub(crate) fn advise_program(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<Error>() {
        Some(known) => anyhow!(advise(known)),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_library_says_what_is_wrong_and_the_program_what_to_do() {
        let error = Error::TooLarge {
            width: 60_000,
            height: 60_000,
        };
        assert!(!error.to_string().contains("--"));
        assert_eq!(
            advise(&error),
            format!("{error}: if you trust the file, raise --max-pixels")
        );
        let late = Error::TimedOut(Duration::from_secs(5));
        assert_eq!(late.to_string(), "took longer than the 5s allowed");
    }

    #[test]
    fn no_error_of_the_library_names_an_option() {
        for source in [
            include_str!("../error/mod.rs"),
            include_str!("../error/reasons.rs"),
        ] {
            assert!(!source.contains(" --"));
        }
    }
}
