//! Why a video failed, for those who read a report.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// An error that can be shared. Two are equal if they say the same.
#[derive(Debug, Clone)]
pub struct Cause(Arc<Error>);

impl From<Error> for Cause {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl Deref for Cause {
    type Target = Error;

    fn deref(&self) -> &Error {
        &self.0
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

/// What made a video fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Something of this video: the file, its server, or the place for its thumbnails.
    Video,
    /// This machine's ffmpeg, which fails every video in the same way.
    Ffmpeg,
    /// An interrupt of the run.
    Interrupted,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        match error {
            Error::Interrupted => Self::Interrupted,
            Error::OldFfmpeg(_) | Error::Start { .. } => Self::Ffmpeg,
            _ => Self::Video,
        }
    }
}
