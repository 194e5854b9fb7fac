//! Checks each video before any work is done: some cannot succeed, and are refused.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::error::{Error, Obstacle};
use crate::pipeline::extract::check_file;
use crate::program::output_file::is_same;
use crate::settings::Settings;
use crate::video::{Source, Video};

/// Why each of a run's videos is refused; `None` for those that may succeed.
pub(super) fn of_all(videos: &[Video], settings: &Settings) -> Vec<Option<Error>> {
    let holding = holding_a_video(videos);
    let refusal = |video| refusal_of(video, settings, &holding);
    videos.iter().map(refusal).collect()
}

/// Refuses a `--json` or `--trace` file that would take the place of something else of this run.
///
/// # Errors
/// `--out` names it as well, or it is one of the videos.
pub(super) fn of_document(file: &Path, out_dir: &Path, videos: &[Video]) -> anyhow::Result<()> {
    let is_read =
        |video: &Video| matches!(&video.source, Source::File(path) if is_same(file, path));
    if is_same(file, out_dir) {
        bail!("cannot write {}: --out names it as well", file.display());
    }
    if videos.iter().any(is_read) {
        bail!("cannot write {}: it is one of the videos", file.display());
    }
    Ok(())
}

/// The first of `videos` whose thumbnails would replace a directory in `out_dir` that holds one of `videos`.
#[must_use]
pub fn replacing_a_video<'a>(videos: &'a [Video], out_dir: &Path) -> Option<&'a Video> {
    let holding = holding_a_video(videos);
    videos
        .iter()
        .find(|video| replaces_a_video(video, out_dir, &holding))
}

fn replaces_a_video(video: &Video, out_dir: &Path, holding: &HashSet<PathBuf>) -> bool {
    fs::canonicalize(out_dir.join(&video.name)).is_ok_and(|place| holding.contains(&place))
}

/// The directories that a video of this run is in, at whatever depth.
fn holding_a_video(videos: &[Video]) -> HashSet<PathBuf> {
    let mut holding = HashSet::new();
    for video in videos {
        let Source::File(path) = &video.source else {
            continue;
        };
        let path = fs::canonicalize(path).unwrap_or_default();
        for directory in path.ancestors().skip(1) {
            // If this one was found before, so were its parents.
            if !holding.insert(directory.to_owned()) {
                break;
            }
        }
    }
    holding
}

/// Why a video is refused: it is missing or not a regular file; or `out_dir` is a file; or the directory that
/// its thumbnails would replace holds a video of this run.
fn refusal_of(video: &Video, settings: &Settings, holding: &HashSet<PathBuf>) -> Option<Error> {
    if replaces_a_video(video, &settings.out_dir, holding) {
        let path = settings.out_dir.join(&video.name);
        let source = Obstacle::VideoOfThisRun.into();
        return Some(Error::Save { path, source });
    }
    let mut above = settings.out_dir.ancestors();
    if let Some(path) = above.find(|path| path.is_file()) {
        let (path, source) = (path.to_owned(), io::ErrorKind::NotADirectory.into());
        return Some(Error::Save { path, source });
    }
    match &video.source {
        Source::File(path) => check_file(path).err(),
        Source::Url(_) => None,
    }
}
