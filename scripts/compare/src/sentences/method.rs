//! How each figure was measured, for the reader of a report.

use crate::comparison::Comparison;
use crate::sentences::words::{count, seconds};

/// One or two sentences for each figure, and which figures this system does not provide.
#[must_use]
pub fn method(comparison: &Comparison) -> Vec<String> {
    let options = &comparison.options;
    let mut method = vec![
        "Every run is the real program, started and measured from outside. Wall time is from its start to its end."
            .to_owned(),
        format!(
            "{} of each program, after {} without a delay; the programs take turns, and every other \
             round has the reverse order. Wall times are shown as the median, the shortest and the longest run.",
            count(options.runs, "measured run"),
            count(options.warmups, "warm-up"),
        ),
        "After every run all files were compared byte by byte with those of a first run of single: all \
         programs made the same."
            .to_owned(),
        "The predictions come from a simulation of the run. The costs of its stages are measured in single's \
         runs, so single's own prediction is no test of the simulation; the other predictions are. What it \
         costs to start a program and a worker process is measured in runs that take one frame without a delay."
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
             largest sample is shown. Shorter peaks are missed, and memory that processes share counts \
             in each.",
            seconds(options.sampling_seconds)
        )
    } else {
        "Memory, threads and processes of a whole tree are sampled from /proc, which this system does not \
         have; they are left out."
            .to_owned()
    });
    method
}
