//! Moves a video's thumbnails to their place, as a run does: `publish DIRECTORY OUT NAME` moves what
//! is in DIRECTORY to OUT/NAME. `scripts/cluster.sh` brings DIRECTORY from a host; what stands in the
//! place already is replaced only if a run has made it.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [made, out_dir, name] = &arguments[..] else {
        eprintln!("usage: publish DIRECTORY OUT NAME");
        return ExitCode::from(2);
    };
    let name = name.to_string_lossy();
    match thumbnail_core::program::publish(Path::new(made), Path::new(out_dir), &name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
