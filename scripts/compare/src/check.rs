//! `--check-prediction`: fails if a measured time is far from its prediction.

use std::ops::RangeInclusive;
use std::process::ExitCode;

use crate::comparison::Comparison;
use crate::sentences::words::kind_name;

/// The accepted range of measured ÷ predicted, on a quiet machine.
const HOLDS: RangeInclusive<f64> = 0.85..=1.15;

/// Prints every prediction that is outside the range; exit code 1 if there is one, else 0.
#[must_use]
pub fn predictions(comparison: &Comparison) -> ExitCode {
    let off = off(comparison);
    for line in &off {
        eprintln!("{line}");
    }
    ExitCode::from(u8::from(!off.is_empty()))
}

fn off(comparison: &Comparison) -> Vec<String> {
    let mut off = Vec::new();
    for scenario in &comparison.scenarios {
        let kind = kind_name(scenario.delay.kind);
        for row in &scenario.rows {
            let ratio = row.prediction.measured_over_predicted;
            if !HOLDS.contains(&ratio) {
                let (least, most) = HOLDS.into_inner();
                off.push(format!(
                    "{} with the {kind} delay took {ratio:.2} times its prediction, not {least} to {most}",
                    row.id.label()
                ));
            }
        }
    }
    off
}

#[cfg(test)]
mod tests {
    use super::off;
    use crate::example;

    #[test]
    fn only_predictions_that_are_off_are_named() {
        let mut comparison = example::comparison();
        assert!(off(&comparison).is_empty());
        comparison.scenarios[1].rows[4]
            .prediction
            .measured_over_predicted = 1.2;
        assert_eq!(off(&comparison).len(), 1);
        assert!(off(&comparison)[0].starts_with("async with the wait delay took 1.20 times"));
    }
}
