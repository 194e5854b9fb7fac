//! Makes one clip with ffmpeg, in H.264 where this ffmpeg can.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use shared_child::SharedChild;

use super::picture::TestPicture;
use crate::cancel;

/// An encoder of ffmpeg's, with the options that make a clip of some 5 MB quickly.
pub(super) type Encoder = (&'static str, &'static [&'static str]);

/// H.264 encoders in the order in which they are tried. Software encoders come first: they give the same
/// result everywhere, and ffmpeg lists hardware encoders even where there is no such hardware.
const H264: [Encoder; 7] = [
    // `ultrafast` turns B-frames off; real videos have them, so the samples do too.
    (
        "libx264",
        &["-preset", "ultrafast", "-bf", "2", "-crf", "28"],
    ),
    ("libopenh264", &["-b:v", "4M"]),
    ("h264_videotoolbox", &["-b:v", "4M"]),
    ("h264_mf", &["-b:v", "4M"]),
    ("h264_nvenc", &["-b:v", "4M"]),
    ("h264_qsv", &["-b:v", "4M"]),
    ("h264_amf", &["-b:v", "4M"]),
];

/// The encoder that every ffmpeg has.
const MPEG4: Encoder = ("mpeg4", &["-q:v", "4", "-bf", "2"]);

/// A keyframe every so many frames: every two seconds, as in many videos on the web.
const GOP: &str = "60";

/// How much of what ffmpeg wrote to stderr is kept, in bytes: the end, where the reason is.
const TAIL: usize = 2000;

/// The encoders to try with this ffmpeg, best first.
pub(super) fn encoders(ffmpeg: &Path) -> Result<Vec<Encoder>, String> {
    let mut command = Command::new(ffmpeg);
    command
        .args(["-hide_banner", "-loglevel", "error", "-encoders"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let child = spawn(&mut command)?;
    let mut list = Vec::new();
    if let Some(mut stdout) = child.take_stdout() {
        let read = stdout.read_to_end(&mut list);
        read.map_err(|error| error.to_string())?;
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("it ended with {status}"));
    }
    let list = String::from_utf8_lossy(&list);
    // A line reads ` V....D libx264   libx264 H.264 / AVC …`: flags, name, description.
    let names: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    let known = H264.into_iter().filter(|(name, _)| names.contains(name));
    Ok(known.chain([MPEG4]).collect())
}

/// Makes the clip as the file `output` with the first of `encoders` that can. The error has what ffmpeg
/// said with each of them.
pub(super) fn make(
    ffmpeg: &Path,
    encoders: &[Encoder],
    picture: &TestPicture,
    threads: usize,
    output: &Path,
) -> Result<(), String> {
    let mut reasons = Vec::new();
    for encoder in encoders {
        match make_with(ffmpeg, encoder, picture, threads, output) {
            Ok(()) => return Ok(()),
            Err(_) if cancel::check().is_err() => return Err("interrupted".into()),
            Err(reason) => reasons.push(format!("{}: {reason}", encoder.0)),
        }
    }
    Err(reasons.join("; "))
}

fn make_with(
    ffmpeg: &Path,
    (encoder, options): &Encoder,
    picture: &TestPicture,
    threads: usize,
    output: &Path,
) -> Result<(), String> {
    let mut command = Command::new(ffmpeg);
    command
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(["-f", "lavfi", "-i", &picture.graph])
        .args(["-frames:v", &picture.frames.to_string()])
        .args(["-c:v", encoder])
        .args(*options)
        .args([
            "-g",
            GOP,
            "-threads",
            &threads.to_string(),
            "-pix_fmt",
            "yuv420p",
        ])
        .args(["-f", "mp4"])
        .arg(output)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = spawn(&mut command)?;
    // stderr is read to its end before waiting: a full pipe would block ffmpeg.
    let written = child.take_stderr().map_or_else(String::new, tail);
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("{status}, {written}"));
    }
    // ffmpeg's exit code 0 does not prove that there are frames.
    match frames_in(output) {
        Some(frames) if frames == picture.frames => Ok(()),
        found => Err(format!(
            "{} frames instead of {}, {written}",
            found.unwrap_or(0),
            picture.frames
        )),
    }
}

/// Starts an ffmpeg that ends when the run is interrupted, even if it hangs.
fn spawn(command: &mut Command) -> Result<Arc<SharedChild>, String> {
    let child = Arc::new(SharedChild::spawn(command).map_err(|error| error.to_string())?);
    let watched = Arc::clone(&child);
    cancel::on_interrupt(move || {
        // Fails if ffmpeg has ended already.
        let _ = watched.kill();
    });
    Ok(child)
}

/// The frames that the index of an MP4 file lists, if it can be read.
fn frames_in(clip: &Path) -> Option<usize> {
    // From memory, as pipeline/extract/mp4 does: for a second kind of reader the parser would be compiled again.
    let index = mp4parse::read_mp4(&mut &fs::read(clip).ok()?[..]).ok()?;
    Some(index.tracks.first()?.stsz.as_ref()?.sample_sizes.len())
}

/// The last [`TAIL`] bytes of a stream, in one line.
fn tail(mut stream: impl Read) -> String {
    let mut kept = Vec::new();
    let mut chunk = [0; TAIL];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => {
                kept.extend_from_slice(&chunk[..count]);
                kept.drain(..kept.len().saturating_sub(TAIL));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    let text = String::from_utf8_lossy(&kept);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        "ffmpeg gave no reason".into()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_end_in_one_line() {
        let long = format!("{}\nthe reason\n", "x".repeat(3 * TAIL));
        let tail = tail(long.as_bytes());
        assert!(tail.ends_with(" the reason"));
        assert!(tail.len() <= TAIL);
        assert_eq!(super::tail(&b" \n"[..]), "ffmpeg gave no reason");
    }
}
