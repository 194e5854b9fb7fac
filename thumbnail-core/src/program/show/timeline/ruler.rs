//! The time axis below the rows.

use super::Scale;
use super::cells::to_f64;
use crate::program::show::paint::{Tone, paint};

/// Tick labels on the axis stand at least this many columns apart.
const TICK_COLUMNS: f64 = 9.0;

impl Scale {
    /// The axis: a ruler and, below it, seconds.
    #[must_use]
    pub fn axis(&self) -> String {
        let axis = self.axis;
        let (step, decimals) = step(axis.cell * TICK_COLUMNS);
        let end = format!("{:.*} s", decimals.max(2), self.seconds.max(0.0));
        let mut ruler = vec!['─'; axis.cells + 1];
        let mut labels = "0 s".to_owned();
        let last = (axis.cells + 1).saturating_sub(end.len());
        for number in 1..=axis.cells {
            let time = step * to_f64(number);
            let label = format!("{time:.decimals$}");
            let column = axis.border(time);
            let start = column.saturating_sub(label.len() / 2);
            if time > self.seconds {
                break;
            }
            ruler[column] = '┴';
            if start + label.len() < last {
                labels = format!("{labels:start$}{label}");
            }
        }
        ruler[0] = '└';
        ruler[axis.cells] = '┘';
        let ruler: String = ruler.into_iter().collect();
        self.row("", &paint(&ruler, Tone::Faint, self.style.colour))
            + &self.row("", &format!("{labels:last$}{end}"))
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `least`, and the decimals it
/// takes to write it.
fn step(least: f64) -> (f64, usize) {
    for exponent in -6..=9 {
        for digit in [1.0, 2.0, 5.0] {
            let step = digit * 10_f64.powi(exponent);
            if step >= least {
                return (step, usize::try_from(-exponent).unwrap_or(0));
            }
        }
    }
    (least, 0)
}
