//! Downloads an archive with the system's curl.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use hmac_sha256::Hash;
use indicatif::{ProgressBar, ProgressStyle};
use shared_child::SharedChild;

use super::{Archive, DownloadError};
use crate::cancel;
use crate::video::without_secrets;

/// curl's exit code for a response that is shorter than its Content-Length.
const CURL_PARTIAL_FILE: i32 = 18;
/// curl's exit code when nothing arrived for too long.
const CURL_TIMED_OUT: i32 = 28;

/// Writes the archive to the new file `to`. Gives its SHA-256 in hexadecimal digits.
pub(super) fn receive(source: &Archive, to: &Path, quiet: bool) -> Result<String, DownloadError> {
    let url = without_secrets(&source.url);
    let failed = |error: io::Error| DownloadError::Refused {
        url: url.clone(),
        reason: error.to_string(),
    };
    let child = start(source)?;
    let watched = Arc::clone(&child);
    cancel::on_interrupt(move || {
        // Fails if curl has ended already.
        let _ = watched.kill();
    });
    let bar = if quiet {
        ProgressBar::hidden()
    } else {
        progress_bar()
    };
    let received = child
        .take_stdout()
        .ok_or_else(|| io::Error::other("curl's output is lost"))
        .and_then(|body| save(body, to, source.max_bytes, &bar));
    bar.finish_and_clear();
    if received.is_err() {
        let _ = child.kill();
    }
    let mut said = String::new();
    if let Some(mut stderr) = child.take_stderr() {
        // If it is not UTF-8, the exit code is all there is to report.
        let _ = stderr.read_to_string(&mut said);
    }
    let status = child.wait().map_err(failed)?;
    if cancel::check().is_err() {
        return Err(DownloadError::Interrupted);
    }
    let (bytes, sha256) = received.map_err(failed)?;
    match status.code() {
        _ if bytes > source.max_bytes => Err(DownloadError::TooLarge {
            url,
            max_bytes: source.max_bytes,
        }),
        Some(0) => Ok(sha256),
        Some(CURL_PARTIAL_FILE) => Err(DownloadError::Cut {
            url,
            received: bytes,
        }),
        Some(CURL_TIMED_OUT) => Err(DownloadError::Stalled {
            url,
            stall: source.stall,
        }),
        _ => {
            // "curl: (22) The requested URL returned error: 404"
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            let said = said.replace(&source.url, &url);
            let reason = said.split_once(") ").map_or(&*said, |(_, reason)| reason);
            let reason = match reason {
                "" => format!("curl ended with {status}"),
                reason => reason.to_owned(),
            };
            Err(DownloadError::Refused { url, reason })
        }
    }
}

fn start(source: &Archive) -> Result<Arc<SharedChild>, DownloadError> {
    // Plain http is allowed, because the archive then has a checksum. But https is not redirected to http.
    let protocols = if source.url.starts_with("https://") {
        "=https"
    } else {
        "=http,https"
    };
    let seconds = source.stall.as_secs().max(1).to_string();
    let mut command = Command::new("curl");
    command
        .args([
            "--silent",
            "--show-error",
            "--fail",
            "--location",
            "--globoff",
        ])
        .args(["--proto", protocols, "--proto-redir", protocols])
        .args(["--connect-timeout", &seconds])
        // Gives up after so many seconds with less than a byte a second.
        .args(["--speed-limit", "1", "--speed-time", &seconds])
        // The URL goes to stdin: it may hold a password, and all users of a machine can see the arguments
        // of a process.
        .args(["--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = SharedChild::spawn(&mut command).map_err(DownloadError::NoCurl)?;
    if let Some(mut stdin) = child.take_stdin() {
        let url = source.url.replace('\\', "\\\\").replace('"', "\\\"");
        // If curl does not read it, curl's own error says why.
        let _ = writeln!(stdin, "url = \"{}\"", url.replace(['\n', '\r'], ""));
    }
    Ok(Arc::new(child))
}

/// Saves the response, and stops once it is longer than `max_bytes`. Gives its length and its SHA-256.
fn save(
    mut body: impl Read,
    to: &Path,
    max_bytes: u64,
    bar: &ProgressBar,
) -> io::Result<(u64, String)> {
    let mut file = File::create_new(to)?;
    let mut hash = Hash::new();
    let mut chunk = vec![0; 1 << 16];
    let mut bytes = 0;
    while bytes <= max_bytes {
        let length = match body.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        file.write_all(&chunk[..length])?;
        hash.update(&chunk[..length]);
        bytes += length as u64;
        bar.set_position(bytes);
    }
    let digits = hash.finalize().map(|byte| format!("{byte:02x}"));
    Ok((bytes, digits.concat()))
}

/// Shows on stderr how much has arrived; indicatif shows nothing where that is not a terminal.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    // The template is a constant that indicatif accepts; were it not, its own default serves.
    match ProgressStyle::with_template("{spinner} {bytes} received, {bytes_per_sec}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
