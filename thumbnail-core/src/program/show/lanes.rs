//! What each lane does right now: the rows below the progress bar.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use console::{Alignment, measure_text_width, pad_str};

use super::text::{count, fit};
use crate::measure::span::Stage;

/// At most this many lanes have a row each: `demo-async` may have thousands.
const MAX_LANES: usize = 8;

/// The videos in flight, by lane.
#[derive(Debug, Default)]
pub(super) struct Lanes(BTreeMap<usize, Now>);

#[derive(Debug)]
struct Now {
    name: String,
    /// `None` between two stages: the video waits for a core, or for its worker process to start.
    stage: Option<Stage>,
    since: Instant,
}

impl Now {
    fn does(&self) -> &'static str {
        self.stage.map_or("waiting for a core", Stage::name)
    }
}

impl Lanes {
    /// The lane has picked up the video of this name.
    pub(super) fn begin(&mut self, lane: usize, name: &str) {
        let now = Now {
            name: name.to_owned(),
            stage: None,
            since: Instant::now(),
        };
        self.0.insert(lane, now);
    }

    /// A stage begins on the lane, or ends.
    pub(super) fn stage(&mut self, lane: usize, stage: Option<Stage>) {
        if let Some(now) = self.0.get_mut(&lane) {
            (now.stage, now.since) = (stage, Instant::now());
        }
    }

    /// The video of this name is done. `lane` is `None` if its report has no spans.
    pub(super) fn end(&mut self, lane: Option<usize>, name: &str) {
        self.0
            .retain(|of, now| Some(*of) != lane && (lane.is_some() || now.name != name));
    }

    /// A row for each lane, each after a newline, for a terminal of this size.
    pub(super) fn text(&self, rows: usize, columns: usize, time: Instant) -> String {
        // One row is the bar's, one counts the others, and one stays free for the cursor.
        let most = rows.saturating_sub(3).min(MAX_LANES);
        let width = self
            .0
            .values()
            .map(|now| measure_text_width(&now.name))
            .max();
        let mut text = String::new();
        for (lane, now) in self.0.iter().take(most) {
            let seconds = time.saturating_duration_since(now.since).as_secs_f64();
            let (name, does) = (&now.name, now.does());
            let name = pad_str(name, width.unwrap_or(0), Alignment::Left, None);
            let row = format!("lane {lane}  {name}  {does}, {seconds:.1} s");
            let _ = write!(text, "\n{}", fit(&row, columns.saturating_sub(1)));
        }
        let mut others = BTreeMap::<_, usize>::new();
        for now in self.0.values().skip(most) {
            *others.entry(now.does()).or_default() += 1;
        }
        if most > 0 && !others.is_empty() {
            let number = count(others.values().sum(), "more lane");
            let does: Vec<_> = (others.iter().map(|(what, n)| format!("{n} {what}"))).collect();
            let row = format!("and {number}: {}", does.join(", "));
            let _ = write!(text, "\n{}", fit(&row, columns.saturating_sub(1)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_lane_says_what_it_does_and_for_how_long() {
        let mut lanes = Lanes::default();
        lanes.begin(0, "c.mp4");
        lanes.begin(1, "holiday.mp4");
        lanes.stage(0, Some(Stage::Delay));
        let time = lanes.0[&1].since.max(lanes.0[&0].since) + Duration::from_millis(1240);
        let text =
            "\nlane 0  c.mp4        delay, 1.2 s\nlane 1  holiday.mp4  waiting for a core, 1.2 s";
        assert_eq!(lanes.text(24, 80, time), text);
        lanes.end(None, "c.mp4");
        lanes.end(Some(1), "holiday.mp4");
        assert_eq!(lanes.text(24, 80, time), "");
    }

    #[test]
    fn many_lanes_are_counted_and_no_row_is_wider_than_the_terminal() {
        let mut lanes = Lanes::default();
        for lane in 0..200 {
            lanes.begin(lane, "clip.mp4");
            lanes.stage(lane, (lane >= 50).then_some(Stage::Delay));
        }
        let text = lanes.text(24, 80, Instant::now());
        assert_eq!(text.lines().count(), 1 + MAX_LANES + 1);
        assert!(text.ends_with("and 192 more lanes: 150 delay, 42 waiting for a core"));
        assert!(
            lanes
                .text(6, 9, Instant::now())
                .lines()
                .all(|l| l.chars().count() < 9)
        );
        assert_eq!(lanes.text(1, 1, Instant::now()), "");
    }
}
