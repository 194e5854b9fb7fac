//! Numbers and lists as text, for sentences and tables.

use thumbnail_core::settings::DelayKind;

/// The kind of delay, as on the command line.
#[must_use]
pub const fn kind_name(kind: DelayKind) -> &'static str {
    match kind {
        DelayKind::Cpu => "cpu",
        DelayKind::Wait => "wait",
    }
}

/// `2.46 s`, or below a tenth of a second `46 ms`.
#[must_use]
pub fn seconds(seconds: f64) -> String {
    if seconds.abs() < 0.0995 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

/// `8 s`, `1 min 40 s`: in whole seconds.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let whole = format!("{:.0}", seconds.max(0.0))
        .parse::<u64>()
        .unwrap_or(u64::MAX);
    match (whole / 60, whole % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// `1.91 ×`: how many times faster something is that takes `ratio` of the time.
#[must_use]
pub fn times_faster(ratio: f64) -> String {
    format!("{:.2} ×", 1.0 / ratio)
}

/// A fraction as a percentage: `18 %`.
#[must_use]
pub fn percent(fraction: f64) -> String {
    format!("{:.0} %", fraction * 100.0)
}

/// `101 MiB`.
#[must_use]
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// `1 video`, `2 videos`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{count, duration, list, percent, seconds};

    #[test]
    fn numbers_read_well() {
        assert_eq!(seconds(2.456), "2.46 s");
        assert_eq!(seconds(0.0456), "46 ms");
        assert_eq!(duration(8.4), "8 s");
        assert_eq!(duration(59.7), "1 min");
        assert_eq!(duration(100.0), "1 min 40 s");
        assert_eq!(percent(0.184), "18 %");
        assert_eq!(count(1, "video"), "1 video");
        assert_eq!(count(2, "video"), "2 videos");
    }

    #[test]
    fn lists_end_in_and() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
