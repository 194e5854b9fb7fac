//! What the characters of the rows mean.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::cells::{Cell, draw};
use super::{Scale, one_row_a_video};
use crate::measure::report::{Status, VideoReport};
use crate::measure::span::Stage;
use crate::program::show::Style;

impl Scale {
    /// What the characters mean: only those that can stand in the rows of `runs`.
    #[must_use]
    pub fn legend(&self, runs: &[&[VideoReport]]) -> String {
        let by_video = runs.iter().any(|run| one_row_a_video(run));
        let by_lane = runs.iter().any(|run| !one_row_a_video(run));
        let (mut ran, mut failed) = (BTreeSet::new(), false);
        let (mut without_core, mut shows) = (0.0, false);
        for video in runs.iter().flat_map(|run| run.iter()) {
            ran.extend(video.spans.iter().map(|s| (s.stage, s.is_waiting_delay())));
            for pause in pauses(video) {
                without_core += pause;
                shows |= pause > self.axis.cell / 2.0;
            }
            failed |= video.status() == Status::Failed;
        }
        let mut entries = Vec::new();
        for stage in ran {
            match stage {
                (Stage::Queued, _) if by_video => entries.push((Cell::Queued, "queued".to_owned())),
                (Stage::Queued, _) => {}
                (_, true) => {
                    entries.push((Cell::Asleep { other: false }, "delay that waits".to_owned()));
                }
                (stage, false) => entries.push((
                    Cell::Running {
                        stage,
                        other: false,
                    },
                    stage.name().to_owned(),
                )),
            }
        }
        if shows {
            let words = format!("waiting for a core, {without_core:.1} s in all");
            entries.push((Cell::Between, words));
        }
        if failed {
            entries.push((Cell::Failed, "failed".to_owned()));
        }
        let mut text = flow(&entries, self.style);
        text += &self.faint(&format!(
            "A character is {} and shows what took most of it.",
            self.cell_length()
        ));
        if by_lane {
            text += &self.faint("Capital and small letters take turns from video to video.");
        }
        text
    }

    fn cell_length(&self) -> String {
        match self.axis.cell {
            cell if cell < 0.0095 => format!("{:.2} ms", cell * 1e3),
            cell if cell < 0.9995 => format!("{:.0} ms", cell * 1e3),
            cell => format!("{cell:.1} s"),
        }
    }
}

/// The legend's entries, as many on a line as fit.
fn flow(entries: &[(Cell, String)], style: Style) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for (cell, name) in entries {
        let width = 2 + name.len();
        if column > 0 && column + 3 + width > style.width {
            text.push('\n');
            column = 0;
        }
        let gap = if column == 0 { "" } else { "   " };
        let _ = write!(text, "{gap}{} {name}", draw(&[*cell], style.colour));
        column += gap.len() + width;
    }
    text + "\n"
}

/// The seconds between the stages of `video`, in which it waited for a core.
fn pauses(video: &VideoReport) -> impl Iterator<Item = f64> {
    let ends = video.spans.iter().map(|span| span.end);
    let starts = video.spans.iter().skip(1).map(|span| span.start);
    ends.zip(starts).map(|(end, start)| (start - end).max(0.0))
}
