//! What differs between versions of ffmpeg.

use std::ffi::OsString;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{encoder_program, ffmpeg_program};

fn output_of(program: OsString, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The major version of an ffmpeg. A build without a number is counted as old.
fn major(program: OsString) -> u32 {
    let text = output_of(program, &["-version"]);
    let version = text.split_whitespace().nth(2).unwrap_or_default();
    let number = version.trim_start_matches('n').split('.').next();
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// The version of the ffmpeg under test, such as `5.1.9`.
pub fn of_decoder_in_full() -> String {
    let text = output_of(ffmpeg_program(), &["-version"]);
    let version = text.split_whitespace().nth(2).unwrap();
    let number = version.trim_start_matches('n').split('-').next();
    number.unwrap().to_owned()
}

/// The major version of the ffmpeg under test.
fn of_decoder() -> u32 {
    static MAJOR: OnceLock<u32> = OnceLock::new();
    *MAJOR.get_or_init(|| major(ffmpeg_program()))
}

/// The major version of the one that makes the clips.
fn of_encoder() -> u32 {
    static MAJOR: OnceLock<u32> = OnceLock::new();
    *MAJOR.get_or_init(|| major(encoder_program()))
}

/// Options that neither repeat nor drop frames.
fn every_frame_of(major: u32) -> &'static [&'static str] {
    match major {
        // Since 5.1; the old spelling went away with 9.
        6.. => &["-fps_mode", "passthrough"],
        _ => &["-vsync", "0"],
    }
}

/// Options with which the ffmpeg under test neither repeats nor drops frames.
pub fn every_frame() -> &'static [&'static str] {
    every_frame_of(of_decoder())
}

/// The same for the ffmpeg that makes the clips.
pub fn encode_every_frame() -> &'static [&'static str] {
    every_frame_of(of_encoder())
}

/// The arguments that copy a clip and turn it by `degrees`, clockwise.
pub fn turn(clip: &str, degrees: u32) -> String {
    match of_encoder() {
        // Counterclockwise, and an option of the input.
        6.. => format!("-display_rotation -{degrees} -i {clip} -c copy"),
        _ => format!("-i {clip} -c copy -metadata:s:v rotate={degrees}"),
    }
}

/// Says so on stderr if the ffmpeg that makes the clips lacks the video encoder that `arguments` name.
pub fn lacks_encoder(arguments: &str) -> bool {
    static ENCODERS: OnceLock<String> = OnceLock::new();
    let encoders =
        ENCODERS.get_or_init(|| output_of(encoder_program(), &["-v", "error", "-encoders"]));
    let words: Vec<_> = arguments.split_whitespace().collect();
    let chosen = words.windows(2).filter(|pair| pair[0] == "-c:v");
    let mut names = chosen.map(|pair| pair[1]).filter(|name| *name != "copy");
    let missing = names.find(|name| !encoders.contains(&format!(" {name} ")));
    if let Some(name) = missing {
        eprintln!("skipped: this ffmpeg has no encoder {name}");
    }
    missing.is_some()
}
