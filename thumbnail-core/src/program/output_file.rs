//! A file that a run writes for machines (`--json`, `--trace`): whole, or not at all.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tempfile::{Builder, NamedTempFile};

use crate::measure::report::{Model, VideoReport};
use crate::program::show::json::Harmless;
use crate::program::show::trace;
use crate::program::signals;
use crate::settings::Delay;
use crate::video::names_a_device;

/// The name that means stdout.
const STDOUT: &str = "-";

/// Does this path mean stdout?
pub(crate) fn is_stdout(path: &Path) -> bool {
    path == Path::new(STDOUT)
}

/// Which file is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Document {
    /// The report of a run (`--json`).
    Report,
    /// Its Chrome trace (`--trace`).
    Trace,
}

/// Refuses a path that cannot be written, before any work is done.
///
/// # Errors
/// It is a directory, or it is in one that is missing or cannot be written to, or there is a file that no
/// earlier run has written.
pub(crate) fn check(path: &Path, document: Document) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    if path.is_dir() && !is_stdout(path) {
        bail!("{}: it is a directory; name a file in it", cannot());
    }
    // A device or a pipe is opened when there is something to write.
    if is_stdout(path) || path.exists() && !path.is_file() || names_a_device(path) {
        return Ok(());
    }
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    refuse_foreign(&place, document).with_context(cannot)?;
    drop(unfinished(directory_of(&place)?).with_context(cannot)?);
    Ok(())
}

/// Fails if a file is neither empty nor such a document of an earlier run.
fn refuse_foreign(file: &Path, document: Document) -> Result<()> {
    let is_empty = !fs::metadata(file).is_ok_and(|found| found.len() > 0);
    if is_empty || is_of_a_run(file, document) {
        return Ok(());
    }
    let kind = match document {
        Document::Report => "report",
        Document::Trace => "trace",
    };
    let file = file.display();
    bail!("{file} is no {kind} of an earlier run; move it, or choose another name")
}

/// The fields by which a report of an earlier run is recognised. A report can be long, so its videos are parsed
/// and dropped one by one.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is enough that all of them can be parsed")]
struct Recognised {
    schema: u32,
    model: Model,
    workers: usize,
    delay: Delay,
    wall_seconds: f64,
    cores: usize,
    videos: Vec<ReadVideo>,
}

/// A video's report, parsed and dropped.
#[derive(Deserialize)]
#[serde(from = "VideoReport")]
struct ReadVideo;

impl From<VideoReport> for ReadVideo {
    fn from(_: VideoReport) -> Self {
        Self
    }
}

/// Is a file such a document that a run has written?
fn is_of_a_run(file: &Path, document: Document) -> bool {
    let Ok(read) = File::open(file).map(BufReader::new) else {
        return false;
    };
    match document {
        Document::Report => serde_json::from_reader::<_, Recognised>(read).is_ok(),
        Document::Trace => trace::is_of_a_run(read),
    }
}

/// Do both paths name one file, whether it exists yet or not?
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let resolved = |path: &Path| {
        fs::canonicalize(path).or_else(|_| {
            let directory = fs::canonicalize(directory_of(path).unwrap_or(Path::new(".")))?;
            Ok::<_, io::Error>(directory.join(path.file_name().unwrap_or_default()))
        })
    };
    let (Ok(one), Ok(other)) = (resolved(one), resolved(other)) else {
        return false;
    };
    // A device or a pipe can take both documents.
    one == other && (one.is_file() || !one.exists())
}

/// The directory that a file is to be in.
fn directory_of(path: &Path) -> Result<&Path> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    let directory = parent.unwrap_or(Path::new("."));
    if !directory.exists() {
        let (path, directory) = (path.display(), directory.display());
        bail!("cannot write {path}: there is no directory {directory}; make it first");
    }
    Ok(directory)
}

/// Writes the document. A device or a pipe (`/dev/null`, `>(jq …)`) is written to; a link stays, and leads to
/// the new file.
///
/// # Errors
/// It cannot be written; or since [`check`] somebody has put something else there, which stays.
pub(crate) fn write(
    path: &Path,
    document: Document,
    content: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let write_to = |to: &mut dyn Write| {
        let mut buffered = BufWriter::new(to);
        content(&mut Harmless(&mut buffered))?;
        writeln!(buffered)?;
        buffered.flush()
    };
    if is_stdout(path) {
        return to_reader(signals::waiting_for_reader(|| {
            write_to(&mut io::stdout().lock())
        }));
    }
    let cannot = || format!("cannot write {}", path.display());
    let place = fs::canonicalize(path).ok();
    // A device or a pipe is opened and written to: renaming a file into its place would remove it. A pipe of
    // the shell has no canonical path.
    let device = names_a_device(path);
    let in_place = match &place {
        Some(place) => !place.is_file(),
        None => path.is_symlink() || device,
    };
    if in_place {
        let mut options = File::options();
        // Windows can neither create nor truncate a device.
        options.write(true).create(!device).truncate(!device);
        let written = signals::waiting_for_reader(|| write_to(&mut options.open(path)?));
        return ignore_broken_pipe(written).with_context(cannot);
    }
    let place = place.as_deref().unwrap_or(path);
    let directory = directory_of(place)?;
    refuse_foreign(place, document).with_context(cannot)?;
    let whole = || {
        let mut unfinished = unfinished(directory)?;
        write_to(&mut unfinished)?;
        unfinished.persist(place)?;
        Ok::<_, io::Error>(())
    };
    whole().with_context(cannot)
}

/// The outcome of a write to stdout, with its context.
///
/// # Errors
/// It failed, and not because the reader left early (`| head -1`), which is no error of this run.
pub(crate) fn to_reader(written: io::Result<()>) -> Result<()> {
    ignore_broken_pipe(written).context("cannot write to stdout")
}

fn ignore_broken_pipe(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A temporary file that is to be renamed into place, with the permissions of any new file: 0666 without the
/// umask.
fn unfinished(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".unfinished-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn text(to: &mut dyn Write) -> io::Result<()> {
        to.write_all(b"{}")
    }

    #[test]
    fn a_file_has_the_rights_of_any_new_file_and_a_link_stays_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("any"), "").unwrap();
        symlink("target", path("link")).unwrap();
        fs::write(path("target"), "").unwrap();
        write(&path("new"), Document::Report, text).unwrap();
        write(&path("link"), Document::Report, text).unwrap();
        let mode = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode();
        assert_eq!(mode("new"), mode("any"));
        assert!(path("link").is_symlink());
        for name in ["new", "target"] {
            assert_eq!(fs::read_to_string(path(name)).unwrap(), "{}\n");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
    }

    #[test]
    fn a_pipe_is_written_to_and_a_reader_that_leaves_is_no_error() {
        let (reader, writer) = io::pipe().unwrap();
        let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
        write(Path::new(&path), Document::Report, text).unwrap();
        drop(writer);
        assert_eq!(io::read_to_string(reader).unwrap(), "{}\n");
        let (reader, writer) = io::pipe().unwrap();
        let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
        drop(reader);
        write(Path::new(&path), Document::Report, text).unwrap();
    }
}
