//! Saves a video's pictures. They are written to a temporary directory, which is renamed to its final path
//! at the end, so that a video's directory appears complete or not at all.

mod lock;
mod made;
mod place;
mod replaced;
mod unfinished;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::error::{Error, Result};
use crate::ffmpeg::frame_stream::Picture;
use crate::settings::Format;
pub use made::may_change;
use unfinished::Unfinished;
pub use unfinished::remove_left_over;

/// JPEG quality, from 1 to 100. Above 90 no difference can be seen at thumbnail sizes.
const JPEG_QUALITY: u8 = 90;

/// A video's directory while it is being filled. Dropping it before [`Output::publish`] removes all
/// files.
#[derive(Debug)]
pub struct Output {
    unfinished: Unfinished,
    place: PathBuf,
    format: Format,
}

impl Output {
    /// Creates a temporary directory in `out_dir`, which [`Output::publish`] renames to `out_dir/name`.
    ///
    /// # Errors
    /// [`Error::Save`] if `out_dir` cannot be created or written to, or if `out_dir/name` holds something
    /// that no run has made.
    pub fn create(out_dir: &Path, name: &str, format: Format) -> Result<Self> {
        fs::create_dir_all(out_dir).map_err(|e| cannot_write(out_dir, e))?;
        let place = out_dir.join(name);
        // `publish` checks this again; failing here saves the work.
        place::refuse_foreign(&place).map_err(|e| cannot_write(&place, e))?;
        let unfinished = Unfinished::create(out_dir).map_err(|e| cannot_write(out_dir, e))?;
        Ok(Self {
            unfinished,
            place,
            format,
        })
    }

    /// Writes one frame and its thumbnails. Returns each file's label (`original`, or the width) with
    /// the path that it will have after [`Output::publish`]. The files of an earlier call for `position`
    /// are replaced.
    ///
    /// # Errors
    /// [`Error::Save`] if a file cannot be written, [`Error::Picture`] if the encoder refuses the
    /// picture, [`Error::NoMemory`].
    pub fn save(
        &self,
        position: usize,
        original: &Picture,
        thumbnails: &[Picture],
    ) -> Result<BTreeMap<String, String>> {
        let directory = self.unfinished.path().join(position.to_string());
        match fs::create_dir(&directory) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                // `create_dir`, not `create_dir_all`: if someone has removed the temporary directory, the
                // earlier frames are lost. Creating it again would publish a result without them.
                return Err(cannot_write(&directory, e));
            }
            _ => {}
        }
        let labelled = thumbnails.iter().map(|t| (t.width.to_string(), t));
        let all = std::iter::once((made::ORIGINAL.to_owned(), original)).chain(labelled);
        all.map(|(label, picture)| {
            let file_name = made::file_name(&label, self.format);
            write(&directory.join(&file_name), picture, self.format)?;
            let published = self.place.join(position.to_string()).join(file_name);
            Ok((label, published.to_string_lossy().into_owned()))
        })
        .collect()
    }

    /// Writes the contact sheet. Returns the path that it will have after [`Output::publish`].
    ///
    /// # Errors
    /// The same as of [`Output::save`].
    pub fn save_contact_sheet(&self, sheet: &Picture) -> Result<String> {
        let file_name = made::file_name(made::CONTACT_SHEET, self.format);
        write(&self.unfinished.path().join(&file_name), sheet, self.format)?;
        Ok(self.place.join(file_name).to_string_lossy().into_owned())
    }

    /// Moves the directory to its final path and replaces the result of an earlier run there. Only the
    /// first `positions` frames are kept.
    ///
    /// # Errors
    /// [`Error::Save`] if the directory cannot be moved; an earlier result then stays.
    pub fn publish(self, positions: usize) -> Result<PathBuf> {
        let failed = |e| cannot_write(&self.place, e);
        let surplus = (positions..).map(|p| self.unfinished.path().join(p.to_string()));
        for directory in surplus.take_while(|d| d.exists()) {
            made::remove_position(&directory).map_err(failed)?;
        }
        place::move_into_place(&self.place, self.unfinished).map_err(failed)?;
        Ok(self.place)
    }
}

/// Moves the result of another run, the directory `made` on the same file system, to `out_dir/name`, with
/// the checks of `Output::publish`. `scripts/cluster.sh` does so with results from other hosts.
///
/// # Errors
/// [`Error::Save`] if `made` cannot be moved or is not a result, or if `out_dir/name` holds something that
/// no run has made.
pub fn publish(made: &Path, out_dir: &Path, name: &str) -> Result<()> {
    let adopt = || {
        place::refuse_foreign(made)?;
        let unfinished = Unfinished::create(out_dir)?;
        for entry in fs::read_dir(made)? {
            let entry = entry?;
            fs::rename(entry.path(), unfinished.path().join(entry.file_name()))?;
        }
        Ok(unfinished)
    };
    let unfinished = adopt().map_err(|e| cannot_write(made, e))?;
    let place = out_dir.join(name);
    place::move_into_place(&place, unfinished).map_err(|e| cannot_write(&place, e))
}

fn cannot_write(path: &Path, source: io::Error) -> Error {
    Error::Save {
        path: path.into(),
        source,
    }
}

/// The encoders abort the whole program if an allocation fails. So this checks first, by a trial
/// allocation, that there is as much memory as they take: up to twice the size of the picture.
fn room_to_encode(picture: &Picture) -> Result<()> {
    let mut room: Vec<u8> = Vec::new();
    let reserved = room.try_reserve_exact(picture.pixels.len().saturating_mul(2));
    let (width, height) = (picture.width, picture.height);
    reserved.map_err(|_| Error::NoMemory { width, height })
}

fn write(path: &Path, picture: &Picture, format: Format) -> Result<()> {
    room_to_encode(picture)?;
    let file = File::create(path).map_err(|e| cannot_write(path, e))?;
    let mut file = BufWriter::new(file);
    encode(picture, format, &mut file).map_err(|error| match error {
        image::ImageError::IoError(e) => cannot_write(path, e),
        other => Error::Picture(other.to_string()),
    })?;
    file.flush().map_err(|e| cannot_write(path, e))
}

/// Writes a picture in `format`.
///
/// # Errors
/// What the encoder or the writer reports.
pub fn encode(picture: &Picture, format: Format, to: &mut impl Write) -> image::ImageResult<()> {
    let colour = match picture.channels {
        4 => ExtendedColorType::Rgba8,
        _ => ExtendedColorType::Rgb8,
    };
    let (pixels, width, height) = (&picture.pixels, picture.width, picture.height);
    match format {
        // Frames of video compress badly: the default level takes thirty times as long as the fast one
        // and saves a few per cent. The adaptive filter is slower than Paeth, and the files get no
        // smaller.
        Format::Png => PngEncoder::new_with_quality(to, CompressionType::Fast, FilterType::Paeth)
            .write_image(pixels, width, height, colour),
        Format::Webp => WebPEncoder::new_lossless(to).write_image(pixels, width, height, colour),
        Format::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(to, JPEG_QUALITY);
            encoder.write_image(&picture.on_white(), width, height, ExtendedColorType::Rgb8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32) -> Picture {
        Picture {
            width,
            height,
            channels: 3,
            pixels: vec![99; (width * height * 3) as usize],
        }
    }

    fn entries(directory: &Path) -> Vec<String> {
        let names = fs::read_dir(directory)
            .unwrap()
            .map(|e| e.unwrap().file_name());
        let mut names: Vec<_> = names.map(|n| n.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_output_that_is_not_published_leaves_nothing() {
        let out = tempfile::tempdir().unwrap();
        let output = Output::create(out.path(), "clip", Format::Png).unwrap();
        output.save(0, &grey(8, 8), &[]).unwrap();
        drop(output);
        assert!(entries(out.path()).is_empty());
    }

    #[test]
    fn a_rerun_replaces_the_whole_directory() {
        let out = tempfile::tempdir().unwrap();
        for frames in [3, 1] {
            let output = Output::create(out.path(), "clip", Format::Png).unwrap();
            for position in 0..frames {
                output.save(position, &grey(8, 8), &[grey(4, 4)]).unwrap();
            }
            output.publish(frames).unwrap();
        }
        assert_eq!(entries(out.path()), ["clip"]);
        assert_eq!(entries(&out.path().join("clip")), ["0"]);
        assert_eq!(
            entries(&out.path().join("clip/0")),
            ["4.png", "original.png"]
        );
    }

    #[test]
    fn files_that_no_run_has_made_are_never_replaced() {
        let out = tempfile::tempdir().unwrap();
        let foreign = out.path().join("clip/holiday");
        let create = || Output::create(out.path(), "clip", Format::Png);
        // The foreign directory appears while the video is being processed; then before it.
        let output = create().unwrap();
        output.save(0, &grey(8, 8), &[]).unwrap();
        fs::create_dir_all(&foreign).unwrap();
        assert!(output.publish(1).is_err());
        assert!(create().unwrap_err().to_string().contains("holiday"));
        assert_eq!(entries(out.path()), ["clip"]);
        assert_eq!(entries(&out.path().join("clip")), ["holiday"]);
    }

    #[test]
    fn frames_past_the_last_position_are_dropped() {
        let out = tempfile::tempdir().unwrap();
        let output = Output::create(out.path(), "clip", Format::Jpeg).unwrap();
        for position in 0..3 {
            output.save(position, &grey(8, 8), &[]).unwrap();
        }
        assert_eq!(entries(&output.publish(2).unwrap()), ["0", "1"]);
    }

    #[test]
    fn a_file_in_the_place_of_the_output_directory_is_named() {
        let out = tempfile::NamedTempFile::new().unwrap();
        let error = Output::create(out.path(), "clip", Format::Png).unwrap_err();
        let path = out.path().to_string_lossy().into_owned();
        assert!(error.to_string().contains(&path), "{error}");
    }
}
