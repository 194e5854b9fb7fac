//! ffmpeg's command lines, built with ffmpeg-sidecar.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ffmpeg_sidecar::command::FfmpegCommand;

use super::allowlist::{BARE_STREAMS, CONTAINERS, FILE_PROTOCOLS, HTTP_PROTOCOLS, HTTPS_PROTOCOLS};
use super::filter_graph::{RATE, VIDEO, filter_graph};
use super::guard;
use super::process_group;
use super::proxy;
use super::request::Plan;
use crate::settings::{MOST_MAX_PIXELS, Settings};
use crate::video::Source;

/// Without it ffmpeg takes any server's word for who it is.
const CHECK_CERTIFICATE: [&str; 2] = ["-tls_verify", "1"];

/// How much of a stream's end is read to learn when its last frame is shown, in seconds: longer
/// than the GOPs that are common, since reading starts at a keyframe.
const TAIL_SECONDS: &str = "-12";

/// How much of a stream's beginning is read to learn its frame rate, in seconds.
const HEAD_SECONDS: &str = "1";

/// How far ffmpeg looks for what its streams are before anything is read from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Probe {
    /// As far as it does by itself: 5 MB or some seconds.
    #[default]
    Usual,
    /// Further: the video begins long after the audio. It holds in memory what it reads.
    Far,
}

/// How far that is: 64 MiB, in which an hour of good audio finds room, and any time.
const FAR: [&str; 4] = ["-probesize", "67108864", "-analyzeduration", "86400000000"];

/// What ffmpeg does with a crop that the container states (`PixelCrop…` of Matroska, `clap` of MP4). That of the
/// codec itself is always applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crop {
    /// Nothing; it does not know the option either.
    Ignored,
    /// From 7.1 on it crops, unless told not to.
    ToIgnore,
}

impl Crop {
    /// Of this version of ffmpeg.
    #[must_use]
    pub fn of(version: Option<&str>) -> Self {
        let mut numbers = version
            .unwrap_or_default()
            .split('.')
            .map(str::parse::<u32>);
        let mut number = || numbers.next().and_then(Result::ok).unwrap_or(0);
        if (number(), number()) < (7, 1) {
            Self::Ignored
        } else {
            Self::ToIgnore
        }
    }
}

/// Has an input's frames numbered as they are decoded, a second for each. Unlike numbers that a
/// filter counts, they go on where the stream changes midway and ffmpeg sets its filters up anew.
const BY_NUMBER: [&str; 2] = ["-r", "1"];

/// Without it each line of a listing is written by itself: half of the time.
const BUFFERED: [&str; 2] = ["-flush_packets", "0"];

fn ffmpeg(program: &Path) -> FfmpegCommand {
    let mut command = FfmpegCommand::new_with_path(program);
    // Its banner stays: it tells the version.
    command.args(["-nostdin", "-nostats"]);
    command
}

/// The command as it is to be started: sidecar's own reader of ffmpeg's output is not used, because
/// it hangs on some inputs (its log level must be its own, its metadata can be forged) and leaves
/// ffmpeg behind.
fn finish(command: FfmpegCommand, source: &Source) -> Command {
    let mut command = Command::from(command);
    if let Source::Url(address) = source {
        proxy::set(&mut command, address);
    }
    on_its_own(&mut command);
    command
}

fn on_its_own(command: &mut Command) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env(guard::MARK_VARIABLE, guard::mark())
        // The character tables of this system: static builds crash when they load them, which they do
        // for the names of the programs in a transport stream. None of them is needed here.
        .env("GCONV_PATH", "/nonexistent");
    process_group::lead_a_group(command);
}

/// The limit for ffmpeg's decoders. They count the edges around a picture, which they need, too;
/// what comes out of them is held against the exact limit ([`super::frame_stream`]).
fn max_pixels(settings: &Settings) -> u64 {
    /// Enough for the edges of a small picture.
    const EDGES: u64 = 1 << 20;
    let exact = settings.max_pixels;
    (exact + exact / 8 + EDGES).min(MOST_MAX_PIXELS)
}

/// Whom to believe about servers: the file that the user names, or the system's, as some builds of
/// ffmpeg do not look for it themselves.
fn certificates() -> Option<PathBuf> {
    const PLACES: [&str; 4] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    named.or_else(|| PLACES.map(PathBuf::from).into_iter().find(|p| p.is_file()))
}

fn input(command: &mut FfmpegCommand, settings: &Settings, source: &Source, probe: Probe) {
    let (protocols, address) = match source {
        // "file:" because a name may hold a colon or start with a dash.
        Source::File(path) => {
            let mut address = OsString::from("file:");
            address.push(path);
            (FILE_PROTOCOLS, address)
        }
        Source::Url(url) if url.starts_with("https:") => (HTTPS_PROTOCOLS, url.into()),
        Source::Url(url) => (HTTP_PROTOCOLS, url.into()),
    };
    if let Source::Url(url) = source
        && url.starts_with("https:")
    {
        command.args(CHECK_CERTIFICATE);
        if let Some(authorities) = certificates() {
            command.arg("-ca_file").arg(authorities);
        }
    }
    if probe == Probe::Far {
        command.args(FAR);
    }
    command
        .args(["-max_pixels", &max_pixels(settings).to_string()])
        .args(["-protocol_whitelist", &protocols.join(",")])
        .args([
            "-format_whitelist",
            &[CONTAINERS, BARE_STREAMS].concat().join(","),
        ])
        .input(address);
}

/// Has ffmpeg tell the headers of a server that is asked by https: up to 8.0 it follows one that sends on to
/// plain http, which [`HTTPS_PROTOCOLS`] does not keep it from. With the headers comes a line for each frame in an
/// index, so this is for the first look at an address only.
fn tell_headers(command: &mut FfmpegCommand, source: &Source) {
    if matches!(source, Source::Url(address) if address.starts_with("https:")) {
        command.args(["-loglevel", "level+trace"]);
    }
}

/// Lists the packets of the video stream, without decoding anything, as text (ffmpeg's `framecrc`).
#[must_use]
pub fn list_packets(settings: &Settings, source: &Source, probe: Probe) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command.arg("-copyts");
    input(&mut command, settings, source, probe);
    command
        .map(format!("0:{VIDEO}"))
        .codec_video("copy")
        .args(BUFFERED)
        .format("framecrc")
        .pipe_stdout();
    finish(command, source)
}

/// Lists the packets at the beginning (stream 0) and the end (stream 1) of the video stream: for
/// what is too long, or too far away, to be read whole.
#[must_use]
pub fn list_head_and_tail(settings: &Settings, source: &Source, probe: Probe) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    tell_headers(&mut command, source);
    command.arg("-copyts").duration(HEAD_SECONDS);
    input(&mut command, settings, source, probe);
    command.seek_eof(TAIL_SECONDS);
    input(&mut command, settings, source, probe);
    command
        .map(format!("0:{VIDEO}"))
        .map(format!("1:{VIDEO}"))
        .codec_video("copy")
        .args(BUFFERED)
        .format("framecrc")
        .pipe_stdout();
    finish(command, source)
}

/// Decodes everything and lists the frames: the slow last resort when packets are not frames.
#[must_use]
pub fn list_frames(settings: &Settings, source: &Source, probe: Probe) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command
        .arg("-copyts")
        .args(["-threads", &settings.ffmpeg_threads.to_string()])
        .args(BY_NUMBER);
    input(&mut command, settings, source, probe);
    command
        .map(format!("0:{VIDEO}"))
        .codec_video("rawvideo")
        .format("framecrc")
        .pipe_stdout();
    finish(command, source)
}

/// Decodes what `plan` says and writes the wanted frames, one after another, as PAM pictures
/// (`ffmpeg/frame_stream.rs`). What else there is to know of each goes to stderr
/// (`ffmpeg/frame_info.rs`).
#[must_use]
pub fn decode(
    settings: &Settings,
    source: &Source,
    plan: &Plan,
    probe: Probe,
    crop: Crop,
) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command.args(["-filter_complex_threads", "1", "-copyts"]);
    for segment in &plan.segments {
        if crop == Crop::ToIgnore {
            command.args(["-apply_cropping", "codec"]);
        }
        command.args(["-threads", &settings.ffmpeg_threads.to_string()]);
        if plan.keyframes_only {
            // `-discard nokey` would leave them out when reading already, but from 6.1 on, where it
            // works under -filter_complex, the times of an MP4 with B-frames are then wrong.
            command.args(["-skip_frame", "nokey"]);
        } else if segment.references_only {
            command.args(["-skip_frame", "noref"]);
        }
        if let Some(seconds) = segment.seek {
            // Go to the keyframe and decode from there; `select` leaves out what comes before the
            // wanted frame. ffmpeg's own accurate seek would do the same with less control.
            command
                .args(["-noaccurate_seek", "-seek_timestamp", "1"])
                .seek(format!("{seconds:.6}"));
        }
        if let Some(decoder) = plan.colours.decoder {
            command.args(["-c:v", decoder]);
        }
        if plan.colours.untagged_is_high {
            command.args(["-colorspace", "bt709"]);
        }
        if plan.numbered {
            command.args(BY_NUMBER);
        }
        input(&mut command, settings, source, probe);
    }
    command
        .filter_complex(filter_graph(plan))
        .map("[out]")
        .args(["-r", RATE])
        .codec_video("pam")
        .args(["-threads", "1"])
        .frames(u32::try_from(plan.targets().count()).unwrap_or(u32::MAX))
        .format("image2pipe")
        .pipe_stdout();
    finish(command, source)
}
