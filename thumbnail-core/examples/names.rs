//! What the directories of these videos are called. `scripts/cluster.sh` has each video made alone,
//! on some host, and has to know what it is called beside the others.
//!
//! Takes the videos on stdin: arguments of a demo, each followed by a NUL. Writes for each the name
//! of its directory and where it is read from (a URL or an absolute path), both followed by a NUL.

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::ffi::OsString;
    use std::io::{Read, Write};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    use thumbnail_core::video::{Source, Video};

    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let arguments = input.split_inclusive(|&byte| byte == 0);
    let arguments = arguments.map(|name| name.strip_suffix(b"\0").unwrap_or(name).to_vec());
    let sources = arguments.map(|name| Source::parse(OsString::from_vec(name)));
    let mut to = std::io::stdout().lock();
    for video in Video::list(sources) {
        let source: OsString = match video.source {
            Source::Url(address) => address.into(),
            // Only an empty path has no absolute form; the demo says what is wrong with it.
            Source::File(path) => std::path::absolute(&path).unwrap_or(path).into(),
        };
        for field in [video.name.as_bytes(), source.as_bytes()] {
            to.write_all(field)?;
            to.write_all(b"\0")?;
        }
    }
    to.flush()
}

#[cfg(not(unix))]
fn main() {
    eprintln!("scripts/cluster.sh, which this is for, needs a Unix system");
}
