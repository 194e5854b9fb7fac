//! How each figure was taken, for the reader of a report.

use crate::comparison::Comparison;
use crate::measure::SAMPLING;
use crate::sentences::words::{count, seconds};

/// One sentence or two for each figure, and which could not be had here.
#[must_use]
pub fn method(comparison: &Comparison) -> Vec<String> {
    let options = &comparison.options;
    let mut method = vec![
        "Every run is the real program, started and measured from outside. Wall time is from its start to its end."
            .to_owned(),
        format!(
            "{} of each program after {} that did not count; the programs take turns, and every other \
             round goes backwards. Medians are shown with the standard deviation, the shortest and the longest run.",
            count(options.runs, "measured run"),
            count(options.warmups, "warm-up"),
        ),
        "After every run all files were compared byte by byte with those of a first run of single: all \
         programs made the same."
            .to_owned(),
        "The predictions come from a simulation of the run whose stage costs are those of single's runs, so \
         single's own prediction says little; the others do. A program's start, and a worker \
         process's, are measured in runs that make one thumbnail without a delay."
            .to_owned(),
        "ffmpeg is a process of its own in every model."
            .to_owned(),
    ];
    let runs = || {
        comparison
            .scenarios
            .iter()
            .flat_map(|s| &s.rows)
            .flat_map(|row| &row.runs)
    };
    method.push(if runs().all(|run| run.user_seconds.is_some()) {
        "CPU time is that of the whole process tree, from wait4.".to_owned()
    } else {
        "CPU time of a whole process tree cannot be had on this system, and is left out; the \
         predictions assume that ffmpeg keeps one core busy."
            .to_owned()
    });
    method.push(if runs().any(|run| run.peak_memory_bytes.is_some()) {
        format!(
            "Memory, threads and processes are sampled every {} over the whole tree, ffmpeg included; the \
             largest sample is shown. Shorter peaks are not seen, and memory that processes share counts \
             in each.",
            seconds(SAMPLING.as_secs_f64())
        )
    } else {
        "Memory, threads and processes of a whole tree are sampled from /proc, which this system does not \
         have; they are left out."
            .to_owned()
    });
    method
}
