//! What the directories of these videos are called: `names OUT`. `scripts/cluster.sh` has each video made alone,
//! on some host, and has to know what it is called beside the others. Fails if thumbnails would replace a directory in
//! OUT that holds one of the videos.
//!
//! Takes the videos on stdin: arguments of a demo, each followed by a NUL. Writes four fields for each, each
//! followed by a NUL: the name of its directory, where it is read from (a URL or an absolute path), how that is
//! shown, and what it is called in a list of what is done. The last two are the path again; of a URL the third
//! leaves out user name, password and query, and the fourth is the SHA-256. A URL that is not supported, and whose
//! secrets are left out like that, is passed on as a relative path, which no host has: the demo says what is wrong.

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::ffi::{OsStr, OsString};
    use std::io::{Read, Write};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::Path;

    use thumbnail_core::program::refusal;
    use thumbnail_core::video::{Source, Video};

    let Some(out_dir) = std::env::args_os().nth(1) else {
        eprintln!("usage: names OUT");
        std::process::exit(2);
    };
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let arguments = input.split_inclusive(|&byte| byte == 0);
    let arguments = arguments.map(|name| name.strip_suffix(b"\0").unwrap_or(name).to_vec());
    let sources = arguments.map(|name| Source::parse(OsString::from_vec(name)));
    let videos = Video::list(sources);
    if let Some(video) = refusal::replacing_a_video(&videos, out_dir.as_ref()) {
        let place = Path::new(&out_dir).join(&video.name);
        let (source, place) = (&video.source, place.display());
        eprintln!(
            "the thumbnails of {source} would replace {place}, and a video of this run is in it: move it, or choose another --out"
        );
        std::process::exit(1);
    }
    let mut to = std::io::stdout().lock();
    for video in videos {
        let shown = video.source.to_string();
        let [source, shown, key]: [OsString; 3] = match video.source {
            Source::Url(address) => {
                let digest = hmac_sha256::Hash::hash(address.as_bytes());
                let key = digest.map(|byte| format!("{byte:02x}")).concat();
                [address, shown, key].map(OsString::from)
            }
            Source::File(path) if *shown != *path.to_string_lossy() => {
                let mut source = OsString::from("./");
                source.push(path);
                // What begins with a slash would be taken for the absolute path of a file.
                let shown = OsString::from(shown.trim_start_matches('/'));
                [source, shown.clone(), shown]
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
