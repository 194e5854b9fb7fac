//! What differs between versions of ffmpeg.

use std::process::Command;
use std::sync::OnceLock;

use crate::support::ffmpeg_program;

fn output_of(arguments: &[&str]) -> String {
    let output = Command::new(ffmpeg_program())
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The major version of the ffmpeg under test. A build without a number is counted as old.
fn major() -> u32 {
    static MAJOR: OnceLock<u32> = OnceLock::new();
    *MAJOR.get_or_init(|| {
        let text = output_of(&["-version"]);
        let version = text.split_whitespace().nth(2).unwrap_or_default();
        let number = version.trim_start_matches('n').split('.').next();
        number.and_then(|n| n.parse().ok()).unwrap_or(0)
    })
}

/// Options that neither repeat nor drop frames.
pub fn every_frame() -> &'static [&'static str] {
    match major() {
        // Since 5.1; the old spelling went away with 8.
        6.. => &["-fps_mode", "passthrough"],
        _ => &["-vsync", "0"],
    }
}

/// The arguments that copy a clip and turn it by `degrees`, clockwise.
pub fn turn(clip: &str, degrees: u32) -> String {
    match major() {
        // Counterclockwise, and an option of the input.
        6.. => format!("-display_rotation -{degrees} -i {clip} -c copy"),
        _ => format!("-i {clip} -c copy -metadata:s:v rotate={degrees}"),
    }
}

/// Says so on stderr if the ffmpeg under test lacks the video encoder that `arguments` name.
pub fn lacks_encoder(arguments: &str) -> bool {
    static ENCODERS: OnceLock<String> = OnceLock::new();
    let encoders = ENCODERS.get_or_init(|| output_of(&["-v", "error", "-encoders"]));
    let words: Vec<_> = arguments.split_whitespace().collect();
    let chosen = words.windows(2).filter(|pair| pair[0] == "-c:v");
    let mut names = chosen.map(|pair| pair[1]).filter(|name| *name != "copy");
    let missing = names.find(|name| !encoders.contains(&format!(" {name} ")));
    if let Some(name) = missing {
        eprintln!("skipped: this ffmpeg has no encoder {name}");
    }
    missing.is_some()
}
