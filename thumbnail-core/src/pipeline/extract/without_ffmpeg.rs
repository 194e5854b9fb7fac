//! Lists the packets of the containers that this program reads by itself, which takes a fraction of the time that ffmpeg
//! takes.

use std::fs::File;
use std::time::Duration;

use super::listed::Listed;
use super::mp4::fragments;
use super::{avi, transport_stream};
use crate::error::Result;

/// Lists the packets of a file without ffmpeg. `None` if its kind is not one of those, or if anything about it is unusual.
///
/// # Errors
/// It takes longer than `allowed`, or the run is interrupted. [`crate::error::Error::Unreadable`].
pub fn list(file: &mut File, allowed: Duration) -> Result<Option<Listed>> {
    for list in [transport_stream::list, fragments::list, avi::list] {
        let listed = list(file, allowed)?;
        if listed.is_some() {
            return Ok(listed);
        }
    }
    Ok(None)
}
