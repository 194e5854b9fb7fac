//! Sample clips, so that every demo runs without a video of one's own: made once from ffmpeg's test
//! sources, kept in the cache directory, and checked each time they are used.

mod encode;
mod picture;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::cancel;
use crate::program::setup::cache::{self, CACHE_VARIABLE, CacheError};
use picture::Spec;

/// The directory in the cache directory that holds the clips.
const DIRECTORY: &str = "samples";

/// The form of all clips: 720p, like many videos on the web; long enough to have several GOPs.
const SPEC: Spec = Spec {
    width: 1280,
    height: 720,
    seconds: 10,
    rate: 30,
};

/// The mean size of a clip, in kB: they are from 0.3 to 6 MB.
const MEAN_KB: usize = 2500;

/// Why there are no sample clips. Each message holds its cause, so none has a `source`.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// There is no directory to make them in.
    #[error("cannot make sample clips: {0}")]
    NoCache(CacheError),
    /// The directory cannot be written.
    #[error("cannot make sample clips in {}: {reason}", path.display())]
    Write {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// ffmpeg could not be started, or did not list its encoders.
    #[error("cannot ask {} for its encoders: {reason}", ffmpeg.display())]
    Encoders {
        /// The program.
        ffmpeg: PathBuf,
        /// What the operating system, or ffmpeg, said.
        reason: String,
    },
    /// No encoder of this ffmpeg made the clip.
    #[error("{} could not make sample clip {number}: {reason}", ffmpeg.display())]
    Make {
        /// The program.
        ffmpeg: PathBuf,
        /// Which clip, from 1.
        number: usize,
        /// What each encoder that was tried said, with the end of what ffmpeg wrote.
        reason: String,
    },
    /// The run was interrupted.
    #[error("interrupted before the sample clips were made")]
    Interrupted,
}

/// Makes sure that the first `count` sample clips are in the cache directory, and returns their
/// paths. Clips that are there and undamaged stay as they are: then this reads them once (some
/// 2.5 MB each) and starts no process. `say` is called with a line for the user before clips are
/// made, which takes seconds.
///
/// # Errors
/// [`SampleError`] where a clip is missing and cannot be made. Clips made before it stay.
pub fn ensure(
    ffmpeg: &Path,
    count: usize,
    say: impl FnOnce(&str),
) -> Result<Vec<PathBuf>, SampleError> {
    ensure_in(
        &cache::dir().map_err(SampleError::NoCache)?.join(DIRECTORY),
        ffmpeg,
        count,
        SPEC,
        say,
    )
}

fn ensure_in(
    dir: &Path,
    ffmpeg: &Path,
    count: usize,
    spec: Spec,
    say: impl FnOnce(&str),
) -> Result<Vec<PathBuf>, SampleError> {
    let clips: Vec<Clip> = (1..=count)
        .map(|number| Clip::new(dir, number, spec))
        .collect();
    let missing: Vec<&Clip> = clips.iter().filter(|clip| !clip.is_intact()).collect();
    if !missing.is_empty() {
        let noun = if missing.len() == 1 { "clip" } else { "clips" };
        for clip in &missing {
            clip.refuse_foreign().map_err(|reason| SampleError::Write {
                path: dir.to_owned(),
                reason,
            })?;
        }
        say(&format!(
            "Making {} sample {noun} (once, about {} MB) in {} …",
            missing.len(),
            (missing.len() * MEAN_KB).div_ceil(1000),
            dir.display()
        ));
        let made = make_all(dir, ffmpeg, &missing);
        cancel::check().map_err(|_| SampleError::Interrupted)?;
        made?;
    }
    Ok(clips.into_iter().map(|clip| clip.path).collect())
}

/// Makes the clips, as many at once as there are cores. Each thread takes the next clip from a
/// shared counter until none is left or one has failed.
fn make_all(dir: &Path, ffmpeg: &Path, missing: &[&Clip]) -> Result<(), SampleError> {
    let write_error = |reason| SampleError::Write {
        path: dir.to_owned(),
        reason,
    };
    let temporary = cache::temporary(dir).map_err(write_error)?;
    let encoders = encode::encoders(ffmpeg).map_err(|reason| SampleError::Encoders {
        ffmpeg: ffmpeg.to_owned(),
        reason,
    })?;

    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let at_once = cores.min(missing.len());
    let next = AtomicUsize::new(0);
    let make_some = || {
        while let Some(clip) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
            let fresh = temporary.path().join(format!("{}.mp4", clip.number));
            let made = encode::make(ffmpeg, &encoders, &clip.picture, cores / at_once, &fresh);
            let result = made
                .map_err(|reason| {
                    let (ffmpeg, number) = (ffmpeg.to_owned(), clip.number);
                    SampleError::Make {
                        ffmpeg,
                        number,
                        reason,
                    }
                })
                .and_then(|()| clip.install(&fresh).map_err(write_error));
            if result.is_err() {
                next.store(missing.len(), Ordering::Relaxed);
                return result;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(make_some)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}

/// One clip, and the file of its checksums beside it: for each clip that was ever installed under this name, a
/// line with its checksum and its size in bytes.
struct Clip {
    number: usize,
    path: PathBuf,
    checksum_path: PathBuf,
    picture: picture::TestPicture,
}

impl Clip {
    fn new(dir: &Path, number: usize, spec: Spec) -> Self {
        let file = |suffix| dir.join(format!("sample-{number}.{suffix}"));
        let (path, checksum_path) = (file("mp4"), file("mp4.crc32"));
        Self {
            number,
            path,
            checksum_path,
            picture: picture::TestPicture::new(number - 1, spec),
        }
    }

    /// Whether the clip is there, and its checksum is recorded.
    fn is_intact(&self) -> bool {
        let recorded = fs::read_to_string(&self.checksum_path).unwrap_or_default();
        let checksum = self.checksum(&self.path).ok();
        checksum.is_some_and(|checksum| {
            let mut lines = recorded.lines();
            lines.any(|line| line.split(' ').next() == Some(&checksum))
        })
    }

    /// Fails if there is a file under the clip's name, or under that of its checksums, that none of these
    /// programs wrote. A clip of ours has a size that was recorded, even if it is damaged or of an older recipe.
    fn refuse_foreign(&self) -> io::Result<()> {
        let in_the_way = |path: &Path| {
            io::Error::other(format!(
                "{} is in the way and was not made here: move it, or set {CACHE_VARIABLE} to another directory",
                path.display()
            ))
        };
        let size = |path: &Path| match fs::symlink_metadata(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
            Ok(found) if found.is_file() => Ok(found.len()),
            _ => Err(in_the_way(path)),
        };
        let (clip, _) = (size(&self.path)?, size(&self.checksum_path)?);
        let recorded = match fs::read_to_string(&self.checksum_path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
            recorded => recorded.map_err(|_| in_the_way(&self.checksum_path))?,
        };
        let lines = recorded.lines().filter(|line| !line.is_empty());
        let (mut is_list, mut is_made) = (true, clip == 0);
        for line in lines {
            let (checksum, size) = line.split_once(' ').unwrap_or((line, ""));
            is_list &= checksum.len() == 8 && checksum.bytes().all(|b| b.is_ascii_hexdigit());
            is_made |= size.parse() == Ok(clip);
        }
        match (is_list, is_made) {
            (true, true) => Ok(()),
            (false, _) => Err(in_the_way(&self.checksum_path)),
            (true, false) => Err(in_the_way(&self.path)),
        }
    }

    /// A CRC of the recipe and of the file's bytes. The recipe is part of it, so that a clip that an older
    /// version of this program made from another recipe does not match, and is made anew.
    fn checksum(&self, file: &Path) -> io::Result<String> {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(self.picture.graph.as_bytes());
        hasher.update(&self.picture.frames.to_le_bytes());
        hasher.update(&fs::read(file)?);
        Ok(format!("{:08x}", hasher.finalize()))
    }

    /// Adds a fresh clip's line to the list of checksums, then renames the clip into place. In this order,
    /// because the program can be killed in between: the next one would refuse a clip that is not in the list.
    fn install(&self, fresh: &Path) -> io::Result<()> {
        // Checked before it was encoded, too, but that took seconds.
        self.refuse_foreign()?;
        let size = fs::metadata(fresh)?.len();
        let line = format!("\n{} {size}\n", self.checksum(fresh)?);
        let list = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.checksum_path);
        list?.write_all(line.as_bytes())?;
        let renamed = fs::rename(fresh, &self.path);
        // Windows refuses to replace a file that is open: another program made the clip first.
        if self.is_intact() { Ok(()) } else { renamed }
    }
}

#[cfg(test)]
mod tests;
