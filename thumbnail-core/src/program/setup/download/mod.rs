//! Fetches ffmpeg into the cache directory, for machines that have none.
//!
//! Everything happens in a temporary directory that is renamed into place at the very end, so
//! `<cache>/ffmpeg` is there whole or not at all: whatever cuts the download short, and however
//! many programs start at once.

mod install;

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use ffmpeg_sidecar::download::{self as sidecar, FfmpegDownloadProgressEvent as Event};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::program::setup::cache;

/// The environment variable that names another archive to fetch, such as a mirror inside a
/// company. It must be packed as ffmpeg-sidecar expects: on Linux a `.tar.xz` and on Windows a
/// `.zip` with one directory that holds `bin/ffmpeg`, on macOS a `.zip` with `ffmpeg` at its top.
pub const URL_VARIABLE: &str = "FFMPEG_DOWNLOAD_URL";

/// A download that brings nothing for so long (connecting included) has failed. A firewall that
/// drops packets answers nothing at all, and neither TCP nor the HTTP client gives up by itself.
pub const STALL: Duration = Duration::from_secs(30);

/// The directory in the cache directory that holds a fetched ffmpeg.
const DIRECTORY: &str = "ffmpeg";

/// Why no ffmpeg could be fetched. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// ffmpeg-sidecar knows no archive for this operating system and processor.
    #[error(
        "there is no ready-made ffmpeg for {}; set {URL_VARIABLE} to an archive",
        platform()
    )]
    Platform,
    /// The server could not be reached, or refused.
    #[error("cannot fetch {url}: {reason}")]
    Refused {
        /// The archive's address.
        url: String,
        /// What the HTTP client said.
        reason: String,
    },
    /// The connection ended before the archive did.
    #[error(
        "cannot fetch {url}: the connection was cut after {} of {}",
        HumanBytes(*received), HumanBytes(*expected)
    )]
    Cut {
        /// The archive's address.
        url: String,
        /// Bytes received.
        received: u64,
        /// Bytes announced by the server.
        expected: u64,
    },
    /// Nothing came for [`Archive::stall`].
    #[error("cannot fetch {url}: nothing came for {} s", stall.as_secs_f64())]
    Stalled {
        /// The archive's address.
        url: String,
        /// How long was waited.
        stall: Duration,
    },
    /// The archive is damaged, or not packed as expected.
    #[error("cannot unpack what {url} sent: {reason}")]
    Unpack {
        /// The archive's address.
        url: String,
        /// What the unpacker said.
        reason: String,
    },
    /// The fetched ffmpeg does not run here.
    #[error("the ffmpeg from {url} does not run: {reason}")]
    DoesNotRun {
        /// The archive's address.
        url: String,
        /// What the system, or the program, said.
        reason: String,
    },
    /// The cache directory cannot be written.
    #[error("cannot write to the cache directory {}: {reason}", path.display())]
    Cache {
        /// The cache directory.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
}

/// Where ffmpeg is fetched from.
#[derive(Debug, Clone)]
pub struct Archive {
    /// The address of an archive.
    pub url: String,
    /// How long nothing may come before the download has failed; usually [`STALL`].
    pub stall: Duration,
}

impl Archive {
    /// The archive that `FFMPEG_DOWNLOAD_URL` names, or else ffmpeg-sidecar's for this machine.
    ///
    /// # Errors
    /// [`DownloadError::Platform`] where the variable is not set and sidecar knows no archive.
    pub fn of_this_process() -> Result<Self, DownloadError> {
        let mirror = env::var_os(URL_VARIABLE)
            .filter(|url| !url.is_empty())
            .map(|url| url.to_string_lossy().into_owned());
        let usual = || sidecar::ffmpeg_download_url().ok().map(str::to_owned);
        let url = mirror.or_else(usual).ok_or(DownloadError::Platform)?;
        Ok(Self { url, stall: STALL })
    }
}

/// Where a fetched ffmpeg lies in the cache directory, whether it is there or not.
#[must_use]
pub fn place(cache: &Path) -> PathBuf {
    cache.join(DIRECTORY).join(program())
}

/// Fetches ffmpeg into the directory `cache` and returns the program's path. Unless `quiet`, it
/// says on stderr from where, and shows a progress bar if that is a terminal.
///
/// # Errors
/// [`DownloadError`]; nothing is left in the cache directory then.
pub fn fetch(source: &Archive, cache: &Path, quiet: bool) -> Result<PathBuf, DownloadError> {
    let url = &source.url;
    let cache_error = |reason| DownloadError::Cache {
        path: cache.to_owned(),
        reason,
    };
    let temporary = cache::temporary(cache).map_err(cache_error)?;
    let fresh = temporary.path().join(DIRECTORY);
    fs::create_dir(&fresh).map_err(cache_error)?;

    if !quiet {
        eprintln!("There is no ffmpeg on this machine. Fetching one from {url}");
    }
    let archive = receive(source, &fresh, quiet)?;
    if !quiet {
        eprintln!("Unpacking it …");
    }
    sidecar::unpack_ffmpeg_without_extras(&archive, &fresh).map_err(|error| {
        DownloadError::Unpack {
            url: url.clone(),
            reason: one_line(&error),
        }
    })?;
    install::check_it_runs(&fresh.join(program())).map_err(|reason| DownloadError::DoesNotRun {
        url: url.clone(),
        reason,
    })?;
    install::install(&fresh, cache).map_err(cache_error)?;

    let installed = place(cache);
    if !quiet {
        eprintln!("ffmpeg is in {}", installed.display());
    }
    Ok(installed)
}

/// What the receiving thread tells the one that watches it.
enum Message {
    Progress { received: u64, expected: u64 },
    Ended(anyhow::Result<PathBuf>),
}

/// Downloads the archive into `dir`. Sidecar's download can wait for ever, so it runs in a thread
/// of its own that can be given up: when nothing was heard for `source.stall`, it is left behind,
/// and ends with the program.
fn receive(source: &Archive, dir: &Path, quiet: bool) -> Result<PathBuf, DownloadError> {
    let (sender, messages) = mpsc::channel();
    let (url, dir) = (source.url.clone(), dir.to_owned());
    thread::spawn(move || {
        let result = sidecar::download_ffmpeg_package_with_progress(&url, &dir, |event| {
            if let Event::Downloading {
                total_bytes,
                downloaded_bytes,
            } = event
            {
                let (received, expected) = (downloaded_bytes, total_bytes);
                // Fails when nobody listens any more: then nobody wants to know.
                let _ = sender.send(Message::Progress { received, expected });
            }
        });
        let _ = sender.send(Message::Ended(result));
    });

    let url = source.url.clone();
    let bar = if quiet {
        ProgressBar::hidden()
    } else {
        progress_bar()
    };
    let (mut received, mut expected) = (0, 0);
    let ended = loop {
        match messages.recv_timeout(source.stall) {
            Ok(Message::Progress {
                received: now,
                expected: total,
            }) => {
                (received, expected) = (now, total);
                // A server that announces no length says 0: the bar then shows bytes only.
                if expected > 0 {
                    bar.set_length(expected);
                }
                bar.set_position(received);
            }
            Ok(Message::Ended(result)) => break Ok(result),
            Err(RecvTimeoutError::Timeout) => break Err(source.stall),
            // The thread panicked inside sidecar; its message is on stderr.
            Err(RecvTimeoutError::Disconnected) => {
                break Ok(Err(anyhow::anyhow!("the download broke off")));
            }
        }
    };
    bar.finish_and_clear();
    match ended {
        Err(stall) => Err(DownloadError::Stalled { url, stall }),
        // Checked before the result: a cut connection looks like an end of the file to some layers.
        Ok(_) if received < expected => Err(DownloadError::Cut {
            url,
            received,
            expected,
        }),
        Ok(result) => result.map_err(|error| DownloadError::Refused {
            url,
            // The root alone: sidecar's words around it say again that a download failed.
            reason: error.root_cause().to_string(),
        }),
    }
}

/// A bar on stderr; indicatif shows none where that is not a terminal.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left");
    let bar = ProgressBar::no_length();
    // The template is a constant that indicatif accepts; were it not, its own default serves.
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn program() -> String {
    format!("ffmpeg{}", env::consts::EXE_SUFFIX)
}

fn platform() -> String {
    format!("{} on {}", env::consts::OS, env::consts::ARCH)
}

/// An error with its causes, in one line.
fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
