//! The reports of finished videos, until the run is over: the first ones in memory, the others in a
//! file, so that ten thousand videos take no more memory than a hundred.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use serde::{Serialize, Serializer};

use crate::measure::report::{Reports, VideoReport};
use crate::video::Video;

/// So many reports stay in memory.
const IN_MEMORY: usize = 100;

/// Reports of finished videos, by the video's index.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    places: Vec<Option<Place>>,
    in_memory: usize,
    /// Has no name, so that nothing is left of it however the program ends.
    file: Option<File>,
    /// Where the file's last report ends, in bytes.
    end: u64,
}

#[derive(Debug)]
enum Place {
    Memory(Box<VideoReport>),
    File { start: u64, length: u64 },
}

impl Kept {
    pub(crate) fn new(videos: usize) -> Self {
        let mut kept = Self::default();
        kept.places.resize_with(videos, || None);
        kept
    }

    /// Keeps a report. One that the file does not take stays in memory: a full disk loses nothing.
    pub(crate) fn put(&mut self, index: usize, report: VideoReport) {
        let in_file = match self.in_memory < IN_MEMORY {
            true => None,
            false => self.write(&report).ok(),
        };
        self.in_memory += usize::from(in_file.is_none());
        if let Some(place) = self.places.get_mut(index) {
            *place = Some(in_file.unwrap_or_else(|| Place::Memory(Box::new(report))));
        }
    }

    fn write(&mut self, report: &VideoReport) -> io::Result<Place> {
        let text = serde_json::to_vec(report)?;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let (start, length) = (self.end, text.len() as u64);
        file.seek(SeekFrom::Start(start))?;
        file.write_all(&text)?;
        self.end += length;
        Ok(Place::File { start, length })
    }

    pub(crate) fn has(&self, index: usize) -> bool {
        self.places.get(index).is_some_and(Option::is_some)
    }

    /// The report of a video; `None` if it has not been finished.
    pub(crate) fn get(&self, index: usize) -> Option<io::Result<Cow<'_, VideoReport>>> {
        let place = self.places.get(index)?.as_ref()?;
        Some(match place {
            Place::Memory(report) => Ok(Cow::Borrowed(report)),
            Place::File { start, length } => self.read(*start, *length).map(Cow::Owned),
        })
    }

    fn read(&self, start: u64, length: u64) -> io::Result<VideoReport> {
        let mut file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(start))?;
        let mut text = Vec::new();
        file.take(length).read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }
}

/// The reports of all `videos`, those included that never got one.
pub(crate) struct All<'a> {
    pub kept: &'a Kept,
    pub videos: &'a [Video],
    /// The report of a video that was not finished, or cannot be read back for the reason given.
    pub lost: fn(&Video, Option<io::Error>) -> VideoReport,
}

impl Reports for All<'_> {
    fn count(&self) -> usize {
        self.videos.len()
    }

    fn report(&self, index: usize) -> Cow<'_, VideoReport> {
        let lost = |error| Cow::Owned((self.lost)(&self.videos[index], error));
        match self.kept.get(index) {
            Some(report) => report.unwrap_or_else(|error| lost(Some(error))),
            None => lost(None),
        }
    }
}

impl Serialize for All<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.reports())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::show::fake::video;

    #[test]
    fn reports_come_back_from_the_file_as_they_were() {
        let count = IN_MEMORY + 20;
        let report = |n: usize| video(&format!("clip-{n}.mp4"), n, 0.1);
        let mut kept = Kept::new(count + 1);
        for n in (0..count).rev() {
            kept.put(n, report(n));
        }
        assert!(kept.end > 0);
        for n in 0..count {
            assert_eq!(*kept.get(n).unwrap().unwrap(), report(n));
        }
        assert!(kept.get(count).is_none());
    }

    #[test]
    fn what_the_file_does_not_take_stays_in_memory() {
        let mut kept = Kept::new(IN_MEMORY + 1);
        let file = tempfile::NamedTempFile::new().unwrap();
        // For reading only.
        kept.file = Some(File::open(file.path()).unwrap());
        for n in 0..=IN_MEMORY {
            kept.put(n, video("a.mp4", 0, 0.0));
        }
        assert_eq!(
            *kept.get(IN_MEMORY).unwrap().unwrap(),
            video("a.mp4", 0, 0.0)
        );
    }
}
