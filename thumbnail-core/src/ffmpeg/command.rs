//! Builds ffmpeg's command lines, with the crate ffmpeg-sidecar.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ffmpeg_sidecar::command::FfmpegCommand;

use super::allowlist::{
    BARE_STREAMS, CONTAINERS, EXCERPT_PROTOCOLS, FILE_PROTOCOLS, HTTP_PROTOCOLS, HTTPS_PROTOCOLS,
};
use super::filter_graph::{RATE, VIDEO, filter_graph};
use super::guard;
use super::process_group;
use super::proxy;
use super::request::Plan;
use crate::settings::{HIGHEST_MAX_PIXELS, Seek, Settings};
use crate::video::Source;

/// Checks the server's certificate, which ffmpeg does not do by default.
const CHECK_CERTIFICATE: [&str; 2] = ["-tls_verify", "1"];

/// Where listing the end of a stream starts, in seconds from the end. This is longer than common GOPs,
/// because reading starts at a keyframe.
const TAIL_SECONDS: &str = "-12";

/// How much of the beginning of a stream is listed to measure its frame rate, in seconds.
const HEAD_SECONDS: &str = "1";

/// How much of the input ffmpeg reads to find the streams and their parameters (probing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Probe {
    /// ffmpeg's default: 5 MB or a few seconds.
    #[default]
    Usual,
    /// More, for a video that begins long after the audio. ffmpeg holds in memory what it reads.
    Far,
}

/// The options for [`Probe::Far`]: 64 MiB, which is an hour of good audio, and no limit on the duration.
const FAR: [&str; 4] = ["-probesize", "67108864", "-analyzeduration", "86400000000"];

/// What ffmpeg does with the cropping that a container asks for (`PixelCrop…` of Matroska, `clap` of MP4). This
/// program never wants it. The cropping of the codec itself is always applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crop {
    /// Up to 7.0: nothing. These versions do not have an option for it.
    Never,
    /// From 7.1 on: it crops, unless an option turns that off.
    ByDefault,
}

impl Crop {
    /// What this version of ffmpeg does; an unknown version counts as an old one.
    #[must_use]
    pub fn of(version: Option<&str>) -> Self {
        let mut numbers = version
            .unwrap_or_default()
            .split('.')
            .map(str::parse::<u32>);
        let mut number = || numbers.next().and_then(Result::ok).unwrap_or(0);
        if (number(), number()) < (7, 1) {
            Self::Never
        } else {
            Self::ByDefault
        }
    }
}

/// An input option: ignore the stream's timestamps and give frame number `n` the time of `n` seconds. Unlike
/// the counters of filters, these numbers go on when the stream's format changes midway and ffmpeg rebuilds
/// its filters.
const BY_NUMBER: [&str; 2] = ["-r", "1"];

/// Buffers the lines of a listing. By default ffmpeg makes a system call for each, which doubles the time.
const BUFFERED: [&str; 2] = ["-flush_packets", "0"];

fn ffmpeg(program: &Path) -> FfmpegCommand {
    let mut command = FfmpegCommand::new_with_path(program);
    // No `-hide_banner`: the version is read from the banner.
    command.args(["-nostdin", "-nostats"]);
    command
}

/// Turns the builder into a [`Command`]. The iterator of ffmpeg-sidecar is not used to run it: it hangs if the
/// log level is not its own or if a file's metadata imitates ffmpeg's messages, and when it is dropped it leaves
/// ffmpeg running.
fn finish(command: FfmpegCommand, source: &Source) -> Command {
    let mut command = Command::from(command);
    if let Source::Url(address) = source {
        proxy::set(&mut command, address);
    }
    isolate(&mut command);
    command
}

/// Sets stdin, stdout, stderr, the environment and the process group.
fn isolate(command: &mut Command) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env(guard::MARK_VARIABLE, guard::mark())
        // The directory of iconv's character set modules. Static builds crash when they load the system's
        // modules, which they do to decode the program names in a transport stream. No module is needed.
        .env("GCONV_PATH", "/nonexistent");
    process_group::start_in_new_group(command);
}

/// The value of ffmpeg's option `-max_pixels`. It is higher than the limit of `settings`, because decoders add
/// the padding around a picture to its size. The decoded pictures are checked against the exact limit
/// ([`super::frame_stream`]).
fn max_pixels(settings: &Settings) -> u64 {
    /// Enough for the padding of a small picture.
    const EDGES: u64 = 1 << 20;
    let exact = settings.max_pixels;
    (exact + exact / 8 + EDGES).min(HIGHEST_MAX_PIXELS)
}

/// The file with the trusted root certificates: the one that the user names, or the system's. It is passed to
/// ffmpeg because some builds do not find the system's by themselves.
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

/// The address of a file. With "file:" because its name can hold a colon, like a URL, or start with a dash, like an option.
fn file_address(path: &Path) -> OsString {
    let mut address = OsString::from("file:");
    address.push(path);
    address
}

/// Can this file be read behind an excerpt? A bar ends a name in such an address.
#[must_use]
pub fn can_be_behind_an_excerpt(path: &Path) -> bool {
    !path.as_os_str().as_encoded_bytes().contains(&b'|')
}

/// Adds `source` as an input, with the options that limit what ffmpeg may open and decode.
fn input(command: &mut FfmpegCommand, settings: &Settings, source: &Source, probe: Probe) {
    input_behind(None, command, settings, source, probe);
}

/// The same for a file that is to be read behind its excerpt.
fn input_behind(
    excerpt: Option<&Path>,
    command: &mut FfmpegCommand,
    settings: &Settings,
    source: &Source,
    probe: Probe,
) {
    let (protocols, address) = match (source, excerpt) {
        (Source::File(path), None) => (FILE_PROTOCOLS, file_address(path)),
        (Source::File(path), Some(excerpt)) => {
            let mut address = OsString::from("concat:");
            address.push(file_address(excerpt));
            address.push("|");
            address.push(file_address(path));
            (EXCERPT_PROTOCOLS, address)
        }
        (Source::Url(url), _) if url.starts_with("https:") => (HTTPS_PROTOCOLS, url.into()),
        (Source::Url(url), _) => (HTTP_PROTOCOLS, url.into()),
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

/// Has ffmpeg log the HTTP headers of the answer to an https request. Up to 8.0 it follows a redirect from https to
/// plain http in spite of [`HTTPS_PROTOCOLS`]; the headers show that ([`super::log`]). This log level also prints a
/// line for each frame in an index, so it is used for the first request to an address only.
fn log_http_headers(command: &mut FfmpegCommand, source: &Source) {
    if matches!(source, Source::Url(address) if address.starts_with("https:")) {
        command.args(["-loglevel", "level+trace"]);
    }
}

/// The command that lists all packets of the video stream as text (muxer `framecrc`), without decoding.
#[must_use]
pub fn list_packets(settings: &Settings, source: &Source, probe: Probe) -> Command {
    list_from(&[], &[], settings, source, probe)
}

/// The same for a container that marks no packet as a keyframe.
#[must_use]
pub fn list_unmarked(settings: &Settings, source: &Source, probe: Probe) -> Command {
    list_from(&[], &["-copyinkf"], settings, source, probe)
}

fn list_from(
    input_options: &[&str],
    output_options: &[&str],
    settings: &Settings,
    source: &Source,
    probe: Probe,
) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command.arg("-copyts").args(input_options);
    input(&mut command, settings, source, probe);
    command
        .map(format!("0:{VIDEO}"))
        .codec_video("copy")
        .args(output_options)
        .args(BUFFERED)
        .format("framecrc")
        .pipe_stdout();
    finish(command, source)
}

/// The command that lists the packets of the first second.
#[must_use]
pub fn list_head(settings: &Settings, source: &Source, probe: Probe) -> Command {
    list_from(&["-t", HEAD_SECONDS], &[], settings, source, probe)
}

/// The command that lists the packets at the beginning (as stream 0) and at the end (as stream 1) of the video
/// stream. It is for files that are too long, or remote, to list all of their packets.
#[must_use]
pub fn list_head_and_tail(settings: &Settings, source: &Source, probe: Probe) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    log_http_headers(&mut command, source);
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

/// The command that decodes the first frame and lists it, with the time that ffmpeg gives to it.
#[must_use]
pub fn list_first_frame(settings: &Settings, source: &Source, probe: Probe) -> Command {
    list_decoded(settings, source, probe, &["-copyts"], &["-frames:v", "1"])
}

/// The command that decodes the whole stream and lists its frames, with the times that ffmpeg gives to them: in
/// microseconds, and for frame `n` by `n` of them later, because of frames with the same time ffmpeg keeps one only. Where a
/// clock starts again or jumps, it is made to run on.
#[must_use]
pub fn list_times(settings: &Settings, source: &Source, probe: Probe) -> Command {
    let later = ["-vf", "settb=AVTB,setpts=PTS+N"];
    let options = [later, ["-enc_time_base", "1:1000000"]].concat();
    list_decoded(settings, source, probe, &[], &options)
}

/// The command that decodes the whole stream and lists its frames. It is the slow last resort for streams whose
/// packets do not correspond to frames.
#[must_use]
pub fn list_frames(settings: &Settings, source: &Source, probe: Probe) -> Command {
    let by_number = [&["-copyts"][..], &BY_NUMBER].concat();
    list_decoded(settings, source, probe, &by_number, &[])
}

fn list_decoded(
    settings: &Settings,
    source: &Source,
    probe: Probe,
    input_options: &[&str],
    output_options: &[&str],
) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command
        .args(["-threads", &settings.ffmpeg_threads.to_string()])
        .args(input_options);
    input(&mut command, settings, source, probe);
    command
        .map(format!("0:{VIDEO}"))
        .codec_video("rawvideo")
        .args(output_options)
        .format("framecrc")
        .pipe_stdout();
    finish(command, source)
}

/// The command that decodes what `plan` says. It writes the wanted frames to stdout, one after another, as PAM
/// pictures (`ffmpeg/frame_stream.rs`), and the frame info of each to stderr (`ffmpeg/showinfo.rs`). `excerpt` is a file
/// with an index of the wanted frames, to be read in place of the file's own one.
#[must_use]
pub fn decode(
    settings: &Settings,
    source: &Source,
    excerpt: Option<&Path>,
    plan: &Plan,
    probe: Probe,
    crop: Crop,
) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command.args(["-filter_complex_threads", "1", "-copyts"]);
    // Of single keyframes there is nothing to decode at once, and handing each skipped packet from thread to thread
    // takes longer than to skip it.
    let seeks = plan.segments.iter().any(|segment| segment.seek.is_some());
    let threads = match settings.seek {
        Seek::Keyframe if seeks => 1,
        _ => settings.ffmpeg_threads,
    };
    for segment in &plan.segments {
        if crop == Crop::ByDefault {
            command.args(["-apply_cropping", "codec"]);
        }
        command.args(["-threads", &threads.to_string()]);
        if plan.keyframes_only {
            // `-discard nokey` would drop the other frames even before the decoder. But it works with
            // -filter_complex from 6.1 on only, and then the timestamps of an MP4 with B-frames are wrong.
            command.args(["-skip_frame", "nokey"]);
        } else if segment.references_only {
            command.args(["-skip_frame", "noref"]);
        }
        if let Some(seconds) = segment.seek {
            // Seek to the keyframe and decode from there; the filter `select` drops the frames before the
            // wanted one. ffmpeg's accurate seek would drop them as well, but by its own rules.
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
        input_behind(excerpt, &mut command, settings, source, probe);
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
