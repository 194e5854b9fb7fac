//! The published figures of the Python program that this project is modelled on.

use crate::comparison::{Python, PythonFigure, RowId};

const SOURCE: &str = "the README of the Python original: Python 3.7, two videos, wall time in seconds. \
    Its wait is a countdown from 10^9, pure CPU work that holds the interpreter lock and never \
    yields to the event loop; so it stands beside the CPU delay, and its asyncio beside both \
    async rows";

/// All published figures, with their source.
#[must_use]
pub fn published() -> Python {
    Python {
        source: SOURCE.into(),
        figures: [RowId::Single, RowId::Threads, RowId::Process, RowId::Async]
            .map(figure)
            .into(),
    }
}

/// The published figure that a row is compared with.
#[must_use]
pub fn figure(row: RowId) -> PythonFigure {
    const SINGLE: f64 = 157.986;
    let (name, seconds) = match row {
        RowId::Single => ("single", SINGLE),
        RowId::Threads | RowId::ThreadsMany => ("threads", 154.466),
        RowId::Process => ("processes", 98.175),
        RowId::Async | RowId::AsyncBlocking => ("asyncio", 181.025),
    };
    PythonFigure {
        name: name.into(),
        seconds,
        ratio: seconds / SINGLE,
    }
}
