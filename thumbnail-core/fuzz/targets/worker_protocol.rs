//! What demo-process and its workers send each other, and the reports that compare reads back.

#![no_main]

use std::hint::black_box;

use libfuzzer_sys::fuzz_target;
use thumbnail_core::Job;
use thumbnail_core::measure::report::{RunReport, VideoReport};
use thumbnail_core::program::show::{self, Style};

fuzz_target!(|line: &[u8]| {
    if let Ok(job) = serde_json::from_slice::<Job>(line) {
        black_box(job.clock.seconds());
    }
    if let Ok(report) = serde_json::from_slice::<VideoReport>(line) {
        black_box(report.in_flight());
    }
    if let Ok(report) = serde_json::from_slice::<RunReport>(line) {
        black_box(report.stage_seconds());
        // Whatever its times are, it can be drawn.
        let style = Style {
            colour: false,
            width: 80,
        };
        show::print(&report, &mut Vec::new(), style).unwrap();
    }
});
