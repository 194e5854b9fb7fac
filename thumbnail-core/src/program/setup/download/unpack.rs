//! Extracts the ffmpeg program from an archive, and nothing else: other files in it, above all links, are never
//! written.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use zip::ZipArchive;

/// The most that is read of an archive's list of files, in bytes.
const MAX_CONTENTS_BYTES: u64 = 1 << 24;

/// Writes the program to the new file `to`; an error says what is wrong with the archive.
pub(super) fn unpack(archive: &Path, to: &Path, max_bytes: u64) -> Result<(), String> {
    let in_words = |error: io::Error| error.to_string();
    let mut file = File::create_new(to).map_err(in_words)?;
    let mut head = [0; 2];
    let is_zip = File::open(archive)
        .and_then(|mut archive| archive.read_exact(&mut head))
        .is_ok_and(|()| &head == b"PK");
    let bytes = if is_zip {
        from_zip(archive, max_bytes, &mut file)?
    } else {
        from_tar(archive, max_bytes, &mut file)?
    };
    match bytes {
        0 => Err("its ffmpeg is empty, or a link".into()),
        // `copy` takes one byte more than is allowed, so that this shows.
        bytes if bytes > max_bytes => Err("its ffmpeg is too large".into()),
        _ => Ok(()),
    }
}

/// The name among `names` that is the program's: `bin/ffmpeg` or `ffmpeg.exe`, or if there is none of these
/// `ffmpeg-linux-x86_64-v9.0.2`.
fn the_program<'a>(names: impl Iterator<Item = &'a str>) -> Result<&'a str, String> {
    let file = |name: &'a str| {
        let file = name.rsplit('/').next().unwrap_or(name);
        file.strip_suffix(".exe").unwrap_or(file)
    };
    let alike: Vec<_> = names
        .filter(|name| file(name).starts_with("ffmpeg"))
        .collect();
    let mut exact = alike.iter().filter(|name| file(name) == "ffmpeg");
    let mut longer = alike
        .iter()
        .filter(|name| file(name).starts_with("ffmpeg-"));
    let (first, second) = match exact.next() {
        Some(first) => (Some(first), exact.next()),
        None => (longer.next(), longer.next()),
    };
    match (first, second) {
        (Some(program), None) => Ok(program),
        (None, _) => Err("there is no ffmpeg in it".into()),
        (Some(_), Some(_)) => Err("there is more than one ffmpeg in it".into()),
    }
}

fn from_zip(archive: &Path, max_bytes: u64, to: &mut File) -> Result<u64, String> {
    let file = File::open(archive).map_err(|error| error.to_string())?;
    let mut zip = ZipArchive::new(file).map_err(|error| error.to_string())?;
    let name = the_program(zip.file_names())?.to_owned();
    let program = zip.by_name(&name).map_err(|error| error.to_string())?;
    if !program.is_file() || program.is_symlink() {
        return Err("its ffmpeg is no regular file".into());
    }
    copy(program, max_bytes, to)
}

/// Extracts it with the system's `tar`, which knows many compressions: each would be a dependency here.
fn from_tar(archive: &Path, max_bytes: u64, to: &mut File) -> Result<u64, String> {
    let tar = |action: &str| {
        let mut tar = Command::new("tar");
        tar.arg(action).arg("-f").arg(archive);
        tar.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("LC_ALL", "C");
        tar
    };
    let mut names = Vec::new();
    run(tar("-t"), MAX_CONTENTS_BYTES, &mut names)?;
    let names = String::from_utf8_lossy(&names);
    let name = the_program(names.lines())?;
    // To stdout, so that tar makes no file and follows no link. (Of a link it writes nothing.)
    let mut extract = tar("-xO");
    extract.args(["--", name]);
    run(extract, max_bytes, to)
}

/// Runs `tar` and copies at most one byte more than `limit` of what it writes. Gives how much that was.
fn run(mut tar: Command, limit: u64, to: &mut impl Write) -> Result<u64, String> {
    let mut child = tar
        .spawn()
        .map_err(|error| format!("unpacking it takes tar, which cannot be started: {error}"))?;
    // `copy` drops the pipe, and a tar that has more to write ends with a broken pipe.
    let copied = child.stdout.take().map(|from| copy(from, limit, to));
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let bytes = copied.ok_or("tar's output is lost")??;
    if bytes <= limit && !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("it gave no reason");
        return Err(format!("tar failed ({said})"));
    }
    Ok(bytes)
}

fn copy(from: impl Read, limit: u64, to: &mut impl Write) -> Result<u64, String> {
    io::copy(&mut from.take(limit + 1), to).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_known_by_its_name() {
        let found = |names: &[&'static str]| the_program(names.iter().copied());
        let whole = [
            "ffmpeg-9.0/",
            "ffmpeg-9.0/doc/ffmpeg-all.html",
            "ffmpeg-9.0/bin/ffmpeg",
        ];
        assert_eq!(found(&whole), Ok("ffmpeg-9.0/bin/ffmpeg"));
        let wheel = [
            "x/binaries/ffmpeg-win-x86_64-v9.0.2.exe",
            "x/binaries/README.md",
        ];
        assert_eq!(found(&wheel), Ok("x/binaries/ffmpeg-win-x86_64-v9.0.2.exe"));
        assert!(found(&["a/ffmpeg", "b/ffmpeg"]).is_err());
        assert!(found(&["ffmpeg/", "ffprobe", "x/ffmpeg.1", "libffmpeg"]).is_err());
    }
}
