//! Paths in JSON. JSON text is UTF-8, and a path need not be: one that is not is written as its raw bytes.
//! This is for the jobs that are sent to the worker processes of `demo-process`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wire {
    Text(String),
    Raw(OsString),
}

/// For `#[serde(with = "path_json")]`.
pub(crate) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    match path.to_str() {
        Some(text) => Wire::Text(text.into()),
        None => Wire::Raw(path.into()),
    }
    .serialize(to)
}

/// For `#[serde(with = "path_json")]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    Ok(match Wire::deserialize(from)? {
        Wire::Text(text) => text.into(),
        Wire::Raw(raw) => raw.into(),
    })
}
