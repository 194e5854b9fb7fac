//! What the directories of these videos are called. `scripts/cluster.sh` has each video made alone,
//! on some host, and has to know what it is called beside the others.
//!
//! Takes the videos on stdin: arguments of a demo, each followed by a NUL. Writes four fields for each, each
//! followed by a NUL: the name of its directory, where it is read from (a URL or an absolute path), how that is
//! shown, and what it is called in a list of what is done. The last two are the path again; of a URL the third
//! leaves out user name, password and query, and the fourth is the SHA-256.

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::ffi::{OsStr, OsString};
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
        let shown = video.source.to_string();
        let [source, shown, key]: [OsString; 3] = match video.source {
            Source::Url(address) => {
                let digest = hmac_sha256::Hash::hash(address.as_bytes());
                let key = digest.map(|byte| format!("{byte:02x}")).concat();
                [address, shown, key].map(OsString::from)
            }
            // What is neither a file nor an address that can be read: it fails, and is shown as it is here.
            Source::File(path) if path.to_string_lossy() != shown => {
                [path.into(), shown.clone().into(), shown.into()]
            }
            Source::File(path) => {
                // Only an empty path has no absolute form; the demo says what is wrong with it.
                let path: OsString = std::path::absolute(&path).unwrap_or(path).into();
                [path.clone(), path.clone(), path]
            }
        };
        for field in [OsStr::new(&video.name), &source, &shown, &key] {
            to.write_all(field.as_bytes())?;
            to.write_all(b"\0")?;
        }
    }
    to.flush()
}

#[cfg(not(unix))]
fn main() {
    eprintln!("scripts/cluster.sh, which this is for, needs a Unix system");
}
