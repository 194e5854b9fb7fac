//! Downloads ffmpeg into the cache directory, for machines that have none: with the system's curl, which uses
//! this machine's proxies and certificates.
//!
//! Everything happens in a temporary directory that is renamed into place at the very end. The rename is
//! atomic, so `<cache>/ffmpeg` is there whole or not at all: wherever the download is interrupted, and
//! however many programs start at once.

mod curl;
mod install;
mod pinned;
mod unpack;

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::HumanBytes;

use crate::program::setup::cache;
use crate::video::without_secrets;

/// The environment variable that names another archive to fetch, such as a mirror inside a
/// company: a ZIP or anything that `tar` unpacks, with one file in it that is called `ffmpeg`
/// (`ffmpeg.exe`) or `ffmpeg-…`.
pub const URL_VARIABLE: &str = "FFMPEG_DOWNLOAD_URL";

/// The environment variable that tells the SHA-256 of that archive, in hexadecimal digits. An archive that
/// comes by plain http has to have it.
pub const SHA256_VARIABLE: &str = "FFMPEG_DOWNLOAD_SHA256";

/// A download that brings nothing for so long (connecting included) has failed. A firewall that
/// drops packets answers nothing at all.
pub const STALL: Duration = Duration::from_secs(30);

/// The largest archive that is received, and the largest program that is unpacked, in bytes. The largest
/// known are of 68 MB and 173 MB.
pub const MAX_ARCHIVE_BYTES: u64 = 512 << 20;

/// The directory in the cache directory that holds a fetched ffmpeg.
const DIRECTORY: &str = "ffmpeg";

/// Why no ffmpeg could be fetched. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// No archive is known for this operating system and processor.
    #[error(
        "there is no ready-made ffmpeg for {} on {}; set {URL_VARIABLE} to an archive",
        env::consts::OS,
        env::consts::ARCH
    )]
    Platform,
    /// The address is plain http, and there is no checksum to tell a forged archive from the right one.
    #[error(
        "{url} is no https address: anybody on the way could change what it sends; set {SHA256_VARIABLE} to the \
         archive's SHA-256"
    )]
    Unprotected {
        /// The archive's address.
        url: String,
    },
    /// There is no curl.
    #[error("fetching it takes curl, which cannot be started: {0}")]
    NoCurl(io::Error),
    /// The server could not be reached, or refused.
    #[error("cannot fetch {url}: {reason}")]
    Refused {
        /// The archive's address.
        url: String,
        /// What curl said.
        reason: String,
    },
    /// The connection ended before the archive did.
    #[error("cannot fetch {url}: the connection was cut after {}", HumanBytes(*received))]
    Cut {
        /// The archive's address.
        url: String,
        /// Bytes received.
        received: u64,
    },
    /// Nothing came for [`Archive::stall`].
    #[error("cannot fetch {url}: nothing came for {} s", stall.as_secs_f64())]
    Stalled {
        /// The archive's address.
        url: String,
        /// How long was waited.
        stall: Duration,
    },
    /// More than [`Archive::max_bytes`].
    #[error("what {url} sends is larger than {}, the most that is taken", HumanBytes(*max_bytes))]
    TooLarge {
        /// The archive's address.
        url: String,
        /// The limit.
        max_bytes: u64,
    },
    /// Not the archive that was meant.
    #[error("{url} sent another archive than was expected: its SHA-256 is {found}, not {expected}")]
    Checksum {
        /// The archive's address.
        url: String,
        /// Of the archive that was meant.
        expected: String,
        /// Of the one that came.
        found: String,
    },
    /// The archive is damaged, or has no ffmpeg.
    #[error("cannot unpack what {url} sent: {reason}")]
    Unpack {
        /// The archive's address.
        url: String,
        /// What is wrong with it.
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
    /// The run was interrupted.
    #[error("interrupted")]
    Interrupted,
}

/// Where ffmpeg is fetched from.
#[derive(Debug, Clone)]
pub struct Archive {
    /// The address of an archive.
    pub url: String,
    /// Its SHA-256 in lower-case hexadecimal digits, if it is known.
    pub sha256: Option<String>,
    /// How long nothing may come before the download has failed, in whole seconds; usually [`STALL`].
    pub stall: Duration,
    /// The largest archive that is received, and the largest program that is unpacked, in bytes; usually
    /// [`MAX_ARCHIVE_BYTES`].
    pub max_bytes: u64,
}

impl Archive {
    /// The archive that `FFMPEG_DOWNLOAD_URL` names, or else the one that is known for this machine.
    ///
    /// # Errors
    /// [`DownloadError::Platform`] where the variable is not set and no archive is known;
    /// [`DownloadError::Unprotected`] where it is plain http without a checksum.
    pub fn of_this_process() -> Result<Self, DownloadError> {
        let variable = |name| {
            let value = env::var_os(name).filter(|value| !value.is_empty())?;
            Some(value.to_string_lossy().trim().to_owned())
        };
        let Some(url) = variable(URL_VARIABLE) else {
            return pinned::archive().ok_or(DownloadError::Platform);
        };
        let sha256 = variable(SHA256_VARIABLE).map(|digits| digits.to_ascii_lowercase());
        if sha256.is_none() && !url.starts_with("https://") {
            let url = without_secrets(&url);
            return Err(DownloadError::Unprotected { url });
        }
        Ok(Self {
            url,
            sha256,
            stall: STALL,
            max_bytes: MAX_ARCHIVE_BYTES,
        })
    }
}

/// The path of a downloaded ffmpeg in the cache directory, whether it exists or not.
#[must_use]
pub fn installed_path(cache: &Path) -> PathBuf {
    cache.join(DIRECTORY).join(program())
}

/// Fetches ffmpeg into the directory `cache` and returns the program's path. Unless `quiet`, it
/// says on stderr from where, and shows a progress bar if that is a terminal.
///
/// # Errors
/// [`DownloadError`]; nothing is left in the cache directory then.
pub fn fetch(source: &Archive, cache: &Path, quiet: bool) -> Result<PathBuf, DownloadError> {
    let url = without_secrets(&source.url);
    let cache_error = |reason| DownloadError::Cache {
        path: cache.to_owned(),
        reason,
    };
    // `install` checks it again. Here it fails before the download and not after it.
    install::refuse_foreign(cache).map_err(cache_error)?;
    let temporary = cache::temporary(cache).map_err(cache_error)?;
    let fresh = temporary.path().join(DIRECTORY);
    fs::create_dir(&fresh).map_err(cache_error)?;

    if !quiet {
        eprintln!("There is no ffmpeg on this machine. Fetching one from {url}");
    }
    let archive = temporary.path().join("archive");
    let found = curl::receive(source, &archive, quiet)?;
    if let Some(expected) = source.sha256.clone()
        && expected != found
    {
        return Err(DownloadError::Checksum {
            url,
            expected,
            found,
        });
    }
    if !quiet {
        eprintln!("Unpacking it …");
    }
    let ffmpeg = fresh.join(program());
    unpack::unpack(&archive, &ffmpeg, source.max_bytes).map_err(|reason| {
        DownloadError::Unpack {
            url: url.clone(),
            reason,
        }
    })?;
    install::check_it_runs(&ffmpeg).map_err(|reason| DownloadError::DoesNotRun { url, reason })?;
    install::install(&fresh, cache).map_err(cache_error)?;

    let installed = installed_path(cache);
    if !quiet {
        eprintln!("ffmpeg is in {}", installed.display());
    }
    Ok(installed)
}

fn program() -> String {
    format!("ffmpeg{}", env::consts::EXE_SUFFIX)
}
