//! Draws `report.html`, the lessons and `timeline.svg` of a report anew, or those of the invented
//! example: for work on the page, which needs no new measurement.
//!
//! `cargo run -p compare --example redraw -- target/compare`

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};
use compare::comparison::Comparison;
use compare::{example, lessons, page, picture};

fn main() -> Result<()> {
    let directory = std::env::args_os()
        .nth(1)
        .context("name the report's directory")?;
    let directory = std::path::absolute(PathBuf::from(directory))?;
    fs::create_dir_all(&directory)?;
    let comparison: Comparison = match fs::read(directory.join("report.json")) {
        Ok(json) => serde_json::from_slice(&json)?,
        Err(error) if error.kind() == ErrorKind::NotFound => hostile_example(),
        Err(error) => return Err(error).context("cannot read the report"),
    };
    let page = page::render(&comparison, &directory, &directory)?;
    fs::write(directory.join("report.html"), page)?;
    fs::write(
        directory.join("timeline.svg"),
        picture::timeline(&comparison),
    )?;
    let to_project = page::to_project(&directory);
    fs::create_dir_all(directory.join("lessons"))?;
    for (name, lesson) in lessons::files(to_project.as_deref()) {
        fs::write(directory.join(name), lesson)?;
    }
    Ok(())
}

/// The example with a name that would run a script if the page took it for markup: the browser's
/// test would see it.
fn hostile_example() -> Comparison {
    let mut comparison = example::comparison();
    comparison.options.videos[0] = "<img src=x onerror=alert(1)></script>.mp4".into();
    comparison
}
