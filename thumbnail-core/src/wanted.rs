//! Which frames of a video are asked for.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which frames of each video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// This many frames, spread evenly from the first to the last.
    Spread(usize),
    /// For each moment the frame on show then, in this order.
    At(Vec<Moment>),
}

impl Wanted {
    /// How many frames are asked for. A clip that has fewer gives fewer.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Spread(count) => *count,
            Self::At(moments) => moments.len(),
        }
    }
}

/// A point in a video's time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// In seconds from when the first frame is shown. Past the last frame, the last one stays on show.
    Seconds(f64),
    /// A part, from 0 to 1, of the time from the first frame to the last.
    Fraction(f64),
}

impl Moment {
    /// Seconds from the first frame, in a video whose last frame is shown `length` seconds after it.
    #[must_use]
    pub fn seconds(self, length: f64) -> f64 {
        match self {
            Self::Seconds(seconds) => seconds.min(length),
            Self::Fraction(fraction) => fraction * length,
        }
    }
}

/// Why a text is no [`Moment`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoMoment {
    /// It is none of the forms.
    #[error("write it as seconds (12.5), 1:23, 1:02:03.5 or 50%")]
    Form,
    /// It begins with a minus.
    #[error("there is no frame before the first; {}", Self::Form)]
    BeforeTheFirst,
    /// More than 100 %.
    #[error("the last frame is at 100%")]
    PastTheLast,
}

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let text = text.trim();
        if text.starts_with('-') {
            return Err(NoMoment::BeforeTheFirst);
        }
        if let Some(percent) = text.strip_suffix('%') {
            return match number(percent.trim_end()) {
                Some(percent) if percent <= 100.0 => Ok(Self::Fraction(percent / 100.0)),
                Some(_) => Err(NoMoment::PastTheLast),
                None => Err(NoMoment::Form),
            };
        }
        let parts: Vec<_> = text.split(':').collect();
        let (seconds, hours_and_minutes) = parts.split_last().ok_or(NoMoment::Form)?;
        let mut total = 0.0;
        for part in hours_and_minutes {
            let whole = number(part)
                .filter(|_| !part.contains('.'))
                .ok_or(NoMoment::Form)?;
            total = total * 60.0 + whole;
        }
        let seconds = number(seconds).ok_or(NoMoment::Form)?;
        // What stands after a colon is less than 60: 1:75 is a typing error, 75 alone is not.
        let after_colon = [parts.get(1), parts.get(2)].into_iter().flatten();
        let mut after_colon = after_colon.filter_map(|part| number(part));
        if parts.len() > 3 || after_colon.any(|part| part >= 60.0) {
            return Err(NoMoment::Form);
        }
        Ok(Self::Seconds(total * 60.0 + seconds))
    }
}

/// Parses digits with at most one point. (`f64` alone would also take `inf` and `1e3`.)
fn number(text: &str) -> Option<f64> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse()
        .ok()
        .filter(|number: &f64| plain && number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        for (text, moment) in [
            ("0", Moment::Seconds(0.0)),
            ("12.5", Moment::Seconds(12.5)),
            (".5", Moment::Seconds(0.5)),
            ("90", Moment::Seconds(90.0)),
            ("1:23", Moment::Seconds(83.0)),
            ("1:02:03.5", Moment::Seconds(3723.5)),
            ("90:00", Moment::Seconds(5400.0)),
            ("50%", Moment::Fraction(0.5)),
            ("100%", Moment::Fraction(1.0)),
        ] {
            assert_eq!(text.parse(), Ok(moment), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "", "-1", "-0:01", "x", "1:", ":1", "1:75", "1:99:00", "1:2:3:4", "1.5:00", "101%",
            "%", "inf", "NaN", "1e3", "+1", "1..2", "5s", "-5%",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn past_the_end_the_last_frame_stays_on_show() {
        assert!((Moment::Seconds(99.0).seconds(4.0) - 4.0).abs() < 1e-9);
        assert!((Moment::Fraction(0.5).seconds(4.0) - 2.0).abs() < 1e-9);
    }
}
