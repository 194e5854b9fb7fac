//! ffmpeg's command lines, built with ffmpeg-sidecar.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ffmpeg_sidecar::command::FfmpegCommand;

use super::allowlist::{BARE_STREAMS, CONTAINERS, FILE_PROTOCOLS, URL_PROTOCOLS};
use super::guard;
use crate::pipeline::extract::plan::{Pick, Plan, Segment};
use crate::settings::{MOST_MAX_PIXELS, Settings};
use crate::video::Source;

/// The first video stream that is not cover art.
const VIDEO: &str = "V:0";

/// Without it ffmpeg takes any server's word for who it is.
const CHECK_CERTIFICATE: [&str; 2] = ["-tls_verify", "1"];

/// How much of a stream's end is read to learn when its last frame is shown, in seconds: longer
/// than the GOPs that are common, since reading starts at a keyframe.
const TAIL_SECONDS: &str = "-12";

/// How much of a stream's beginning is read to learn its frame rate, in seconds.
const HEAD_SECONDS: &str = "1";

/// Frames leave the filters numbered, one a day. At one frame a day none is then repeated or
/// dropped: newer versions of ffmpeg repeat a frame for as long as it was shown in the video, which
/// can be more than a second but not half a day. (The option to do neither has no name that old and
/// new versions share.)
const NUMBER: &str = "settb=86400,setpts=N";
const RATE: &str = "1/86400";

fn ffmpeg(program: &Path) -> FfmpegCommand {
    let mut command = FfmpegCommand::new_with_path(program);
    command.hide_banner().args(["-nostdin", "-nostats"]);
    command
}

/// The command as it is to be started: sidecar's own reader of ffmpeg's output is not used, because
/// it hangs on some inputs (its log level must be its own, its metadata can be forged) and leaves
/// ffmpeg behind.
fn finish(command: FfmpegCommand) -> Command {
    let mut command = Command::from(command);
    on_its_own(&mut command);
    command
}

fn on_its_own(command: &mut Command) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env(guard::VARIABLE, guard::mark());
    // Out of the terminal's reach: with Ctrl-C it would end first, and be taken for a crash. The
    // run ends it as soon as it has heard of the Ctrl-C itself.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Has ffmpeg tell its version.
#[must_use]
pub fn version(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("-version");
    on_its_own(&mut command);
    command
}

/// The limit for ffmpeg's decoders. They count the edges around a picture, which they need, too;
/// what comes out of them is held against the exact limit ([`crate::pipeline::picture::Header::parse`]).
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

fn input(command: &mut FfmpegCommand, settings: &Settings, source: &Source) {
    let (protocols, address) = match source {
        // "file:" because a name may hold a colon or start with a dash.
        Source::File(path) => {
            let mut address = OsString::from("file:");
            address.push(path);
            (FILE_PROTOCOLS, address)
        }
        Source::Url(url) => (URL_PROTOCOLS, url.into()),
    };
    if let Source::Url(url) = source
        && url.starts_with("https:")
    {
        command.args(CHECK_CERTIFICATE);
        if let Some(authorities) = certificates() {
            command.arg("-ca_file").arg(authorities);
        }
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

/// Lists the packets of the video stream, without decoding anything, as text (ffmpeg's `framecrc`).
#[must_use]
pub fn list_packets(settings: &Settings, source: &Source) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command.arg("-copyts");
    input(&mut command, settings, source);
    command
        .map(format!("0:{VIDEO}"))
        .codec_video("copy")
        .format("framecrc")
        .pipe_stdout();
    finish(command)
}

/// Lists the packets at the beginning (stream 0) and the end (stream 1) of the video stream: for
/// what is too long, or too far away, to be read whole.
#[must_use]
pub fn list_head_and_tail(settings: &Settings, source: &Source) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command.arg("-copyts").duration(HEAD_SECONDS);
    input(&mut command, settings, source);
    command.seek_eof(TAIL_SECONDS);
    input(&mut command, settings, source);
    command
        .map(format!("0:{VIDEO}"))
        .map(format!("1:{VIDEO}"))
        .codec_video("copy")
        .format("framecrc")
        .pipe_stdout();
    finish(command)
}

/// Decodes everything and lists the frames: the slow last resort when packets are not frames.
#[must_use]
pub fn list_frames(settings: &Settings, source: &Source) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command
        .arg("-copyts")
        .args(["-threads", &settings.ffmpeg_threads.to_string()]);
    input(&mut command, settings, source);
    command
        .map(format!("0:{VIDEO}"))
        .filter(NUMBER)
        .args(["-r", RATE])
        .codec_video("rawvideo")
        .format("framecrc")
        .pipe_stdout();
    finish(command)
}

/// Decodes what `plan` says and writes the wanted frames, one after another, as PAM pictures. For
/// each frame the filter `showinfo@sK` tells on stderr when it is shown; K is the segment's number.
/// As each picture leaves, `metadata@out` tells which segment it is from: one that gives no frame
/// would otherwise go unnoticed.
#[must_use]
pub fn decode(settings: &Settings, source: &Source, plan: &Plan) -> Command {
    let mut command = ffmpeg(&settings.ffmpeg);
    command.args(["-filter_complex_threads", "1", "-copyts"]);
    for segment in &plan.segments {
        command.args(["-threads", &settings.ffmpeg_threads.to_string()]);
        if plan.keyframes_only {
            // The decoder is to skip the others, and where it can the container is not to read them.
            command.args(["-skip_frame", "nokey", "-discard", "nokey"]);
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
        input(&mut command, settings, source);
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
    finish(command)
}

/// One chain for each segment, joined in order.
fn filter_graph(plan: &Plan) -> String {
    let count = plan.segments.len();
    let segments = plan.segments.iter().enumerate();
    // Where the stream's own clock starts is not always known beforehand.
    let count_from_first = match plan.start {
        Some(_) => "",
        None => "setpts=PTS-STARTPTS,",
    };
    // ffmpeg takes the pixel format that loses least: the one with alpha only where there is some.
    let chains = segments.map(|(k, segment)| {
        let pick = pick(segment);
        let tell = format!("showinfo@s{k},metadata=add:key=segment:value={k}");
        format!("[{k}:{VIDEO}]{count_from_first}{pick},{tell},format=rgb24|rgba[v{k}];")
    });
    let chains = chains.collect::<Vec<_>>().concat();
    let labels: Vec<_> = (0..count).map(|k| format!("[v{k}]")).collect();
    let labels = labels.concat();
    // Bicubic, as in ffmpeg's simple graphs: versions before 5 would otherwise convert colours of
    // deep pixels and odd sizes in another way here than in a plain decode.
    let join = format!("concat=n={count}:v=1:a=0,metadata@out=print:key=segment");
    format!("sws_flags=bicubic;{chains}{labels}{join},{NUMBER}[out]")
}

/// `trim` ends the decoding of a segment, `select` lets its wanted frames through.
fn pick(segment: &Segment) -> String {
    let terms: Vec<_> = segment
        .targets
        .iter()
        .map(|target| match target.pick {
            Pick::Number(n) => format!("eq(n,{n})"),
            // The first frame from this time on, and only the first.
            Pick::From(t) => {
                format!("gte(t,{t:.6})*(isnan(prev_selected_t)+lt(prev_selected_t,{t:.6}))")
            }
        })
        .collect();
    let trim = match segment.end {
        Some(Pick::Number(n)) => format!("trim=end_frame={n},"),
        Some(Pick::From(t)) => format!("trim=end={t:.6},"),
        None => String::new(),
    };
    format!("{trim}select='{}'", terms.join("+"))
}
