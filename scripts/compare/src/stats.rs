//! Statistics of a few values.

use crate::comparison::Summary;

/// The middle value, or the mean of the two in the middle; `None` if there are no values.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(sorted[middle - 1], upper))
}

/// Median, standard deviation, minimum and maximum; `None` if there are no values.
#[must_use]
pub fn summary(values: &[f64]) -> Option<Summary> {
    Some(Summary {
        median: median(values)?,
        standard_deviation: standard_deviation(values),
        min: values.iter().copied().fold(f64::INFINITY, f64::min),
        max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    })
}

/// The sample standard deviation, which divides by n - 1: the runs are a sample of all possible runs.
fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let count = as_f64(values.len());
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (squares / (count - 1.0)).sqrt()
}

/// A count as a number to calculate with. Exact up to 2^53, which no count of videos or runs reaches.
#[allow(clippy::cast_precision_loss)]
#[must_use]
pub const fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{median, summary};

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[3.0, 1.0, 9.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let of = summary(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).expect("there are values");
        assert!((of.standard_deviation - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!((of.median, of.min, of.max), (4.5, 2.0, 9.0));
    }

    #[test]
    fn one_run_has_no_deviation() {
        let of = summary(&[2.0]).expect("there is a value");
        assert_eq!((of.median, of.standard_deviation), (2.0, 0.0));
    }
}
