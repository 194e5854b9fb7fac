//! The stand-alone SVG pictures, to paste into slides. Each has its own background and legend.
//!
//! The `svg` crate escapes text nodes, but not quotes in attributes. So names of videos go into text nodes
//! only.

#[cfg(test)]
mod tests;
mod timeline;

use svg::node::element::{Group, Line, Rectangle, Text};

pub use timeline::{timeline, waiting};

const FONT: &str = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

/// Text that begins at `x`.
fn label(x: f64, y: f64, text: &str) -> Text {
    Text::new(text).set("x", px(x)).set("y", px(y))
}

/// Text centred on `x`.
fn centred(x: f64, y: f64, text: &str) -> Text {
    label(x, y, text).set("text-anchor", "middle")
}

/// Text that ends at `x`.
fn right_aligned(x: f64, y: f64, text: &str) -> Text {
    label(x, y, text).set("text-anchor", "end")
}

/// A rectangle of `[x, y, width, height]`.
fn rectangle([x, y, width, height]: [f64; 4], fill: &str) -> Rectangle {
    Rectangle::new()
        .set("x", px(x))
        .set("y", px(y))
        .set("width", px(width))
        .set("height", px(height))
        .set("fill", fill)
}

/// A line from `[x1, y1]` to `[x2, y2]`.
fn line([x1, y1]: [f64; 2], [x2, y2]: [f64; 2], stroke: &str) -> Line {
    Line::new()
        .set("x1", px(x1))
        .set("y1", px(y1))
        .set("x2", px(x2))
        .set("y2", px(y2))
        .set("stroke", stroke)
}

/// A group with a class.
fn group(class: &str) -> Group {
    Group::new().set("class", class)
}

/// A length in pixels, rounded to hundredths to keep the file small.
fn px(length: f64) -> f64 {
    (length * 100.0).round() / 100.0
}

/// The ticks of an axis from 0 to `end` seconds: at most `most` steps of 1, 2 or 5 times a power of ten.
fn ticks(end: f64, most: f64) -> Vec<f64> {
    if end <= 0.0 {
        return vec![0.0];
    }
    let power = 10_f64.powf((end / most).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|n| n * power);
    let step = steps.into_iter().find(|step| end / step <= most);
    let step = step.unwrap_or(end);
    let mut ticks = Vec::new();
    let mut count = 0_u32;
    while f64::from(count) * step <= end * 1.000_001 {
        ticks.push(f64::from(count) * step);
        count += 1;
    }
    ticks
}
