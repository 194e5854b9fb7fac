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

/// The video encoders that `arguments` name.
fn encoders(arguments: &str) -> impl Iterator<Item = &str> {
    let before = arguments.split_whitespace();
    let pairs = before.zip(arguments.split_whitespace().skip(1));
    pairs.filter_map(|(option, name)| (option == "-c:v" && name != "copy").then_some(name))
}

/// Says so on stderr if the ffmpeg that makes the clips lacks the video encoder that `arguments` name.
pub fn lacks_encoder(arguments: &str) -> bool {
    static ENCODERS: OnceLock<String> = OnceLock::new();
    let all = ENCODERS.get_or_init(|| output_of(encoder_program(), &["-v", "error", "-encoders"]));
    let missing = encoders(arguments).find(|name| !all.contains(&format!(" {name} ")));
    if let Some(name) = missing {
        eprintln!("skipped: this ffmpeg has no encoder {name}");
    }
    missing.is_some()
}

/// Says so on stderr if the ffmpeg under test decodes nothing of what the encoder that `arguments` name
/// makes: some builds lack what needs a library. (That they say so themselves, `faults/lacking.rs` shows.)
pub fn lacks_decoder_of(arguments: &str) -> bool {
    static DECODERS: OnceLock<String> = OnceLock::new();
    let all = DECODERS.get_or_init(|| output_of(ffmpeg_program(), &["-v", "error", "-decoders"]));
    let lacks = |encoder: &&str| {
        let any: &[&str] = match *encoder {
            "png" | "apng" => std::slice::from_ref(encoder),
            // ffmpeg's own only hands on to hardware.
            "libsvtav1" => &["libdav1d", "libaom-av1"],
            _ => return false,
        };
        !any.iter().any(|name| all.contains(&format!(" {name} ")))
    };
    let missing = encoders(arguments).find(lacks);
    if let Some(name) = missing {
        eprintln!("skipped: this ffmpeg has no decoder for what {name} makes");
    }
    missing.is_some()
}

/// Says so on stderr if the ffmpeg under test lacks a filter.
pub fn lacks_filter(name: &str) -> bool {
    let all = output_of(ffmpeg_program(), &["-v", "error", "-filters"]);
    let lacks = !all.contains(&format!(" {name} "));
    if lacks {
        eprintln!("skipped: this ffmpeg has no filter {name}");
    }
    lacks
}
