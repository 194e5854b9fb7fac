//! The smallest thumbnails, embedded in the page.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::comparison::{Comparison, FrameThumbnails, VideoThumbnails};

/// The first videos are enough to see that it worked, and keep the page small.
const MAX_VIDEOS: usize = 4;
const FRAMES_SHOWN: usize = 5;
/// A larger file would make the page too large, and is left out.
const MAX_BYTES: u64 = 200_000;

/// One video's frames.
pub(super) struct Strip {
    pub video: String,
    pub frames: Vec<FramePictures>,
}

/// One frame.
pub(super) struct FramePictures {
    /// The smallest thumbnail, as a `data:` URI.
    pub data: String,
    /// The path of the largest one, relative to the page. The template encodes it for a URL.
    pub largest: String,
    pub timestamp_seconds: f64,
}

/// The first frames of the first videos. Files that cannot be read are left out.
pub(super) fn strips(comparison: &Comparison, report: &Path) -> Vec<Strip> {
    let videos = comparison.thumbnails.iter().take(MAX_VIDEOS);
    let strips = videos.map(|video| strip(video, report));
    strips.filter(|strip| !strip.frames.is_empty()).collect()
}

fn strip(video: &VideoThumbnails, report: &Path) -> Strip {
    let frames = video.frames.iter().take(FRAMES_SHOWN);
    Strip {
        video: video.video.clone(),
        frames: frames.filter_map(|f| frame(f, report)).collect(),
    }
}

fn frame(frame: &FrameThumbnails, report: &Path) -> Option<FramePictures> {
    let by_width: BTreeMap<u32, &String> = frame
        .files
        .iter()
        .filter_map(|(width, file)| Some((width.parse().ok()?, file)))
        .collect();
    let smallest = by_width.values().next()?;
    let largest = by_width.values().next_back()?;
    Some(FramePictures {
        data: data_uri(&report.join(smallest))?,
        largest: (*largest).clone(),
        timestamp_seconds: frame.timestamp_seconds,
    })
}

fn data_uri(file: &Path) -> Option<String> {
    let kind = match file.extension()?.to_str()? {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        _ => return None,
    };
    if fs::metadata(file).ok()?.len() > MAX_BYTES {
        return None;
    }
    let bytes = fs::read(file).ok()?;
    Some(format!("data:{kind};base64,{}", STANDARD.encode(bytes)))
}
