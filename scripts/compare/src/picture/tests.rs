use roxmltree::Document;

use super::{ticks, timeline, waiting};
use crate::example;

fn with_class<'a>(
    picture: &'a Document,
    class: &'a str,
) -> impl Iterator<Item = roxmltree::Node<'a, 'a>> {
    picture
        .descendants()
        .filter(move |node| node.attribute("class") == Some(class))
}

#[test]
fn the_timeline_has_one_bar_a_span_and_all_rows() {
    let comparison = example::comparison();
    let text = timeline(&comparison);
    let picture = Document::parse(&text).expect("is well-formed");
    // In the example no video waits for a core; with a gap between two stages, one does.
    assert_eq!(with_class(&picture, "pause").count(), 0);
    let mut waited = comparison.clone();
    let late = waited.scenarios[1].rows[4].kept.videos[0].spans.iter_mut();
    for span in late.skip(2) {
        (span.start, span.end) = (span.start + 0.3, span.end + 0.3);
    }
    let drawn = timeline(&waited);
    let drawn = Document::parse(&drawn).expect("is well-formed");
    assert_eq!(with_class(&drawn, "pause").count(), 1);
    let counted = |text: &str| text.contains("0.3 s waiting for a core");
    assert!(
        drawn
            .descendants()
            .any(|node| node.text().is_some_and(counted))
    );
    let rows = || comparison.scenarios.iter().flat_map(|s| &s.rows);
    let spans: usize = rows()
        .flat_map(|row| &row.kept.videos)
        .map(|video| video.spans.len())
        .sum();
    assert_eq!(with_class(&picture, "span").count(), spans);
    assert_eq!(with_class(&picture, "row").count(), rows().count());
    assert_eq!(with_class(&picture, "legend").count(), 1);
}

#[test]
fn the_delay_that_waits_looks_unlike_the_one_that_works() {
    let comparison = example::comparison();
    let text = timeline(&comparison);
    assert_eq!(text.matches("url(#asleep)").count(), 1 + 6 * 2, "{text}");
    let text = waiting(&comparison);
    let picture = Document::parse(&text).expect("is well-formed");
    assert_eq!(
        with_class(&picture, "row").count(),
        6,
        "the waiting delay alone"
    );
    // A repository's page may show the picture scaled down.
    let sizes = picture
        .descendants()
        .filter_map(|node| node.attribute("font-size")?.parse::<f64>().ok());
    assert!(sizes.fold(f64::INFINITY, f64::min) >= 12.0);
}

#[test]
fn bars_keep_to_one_scale() {
    let comparison = example::comparison();
    let text = timeline(&comparison);
    let picture = Document::parse(&text).expect("is well-formed");
    let number = |node: &roxmltree::Node, name: &str| -> f64 {
        let value = node.attribute(name).expect("has it");
        value.parse().expect("is a number")
    };
    let bars = with_class(&picture, "span").filter_map(|span| span.first_element_child());
    let spans = comparison.scenarios.iter().flat_map(|s| &s.rows);
    let spans = spans
        .flat_map(|row| &row.kept.videos)
        .flat_map(|video| &video.spans);
    let seconds_and_width: Vec<(f64, f64)> = spans
        .zip(bars)
        .map(|(span, bar)| (span.seconds(), number(&bar, "width")))
        .collect();
    let (one_second, width) = *seconds_and_width
        .iter()
        .find(|(s, _)| (s - 1.0).abs() < 1e-9)
        .expect("a delay");
    for (seconds, other) in seconds_and_width {
        assert!(
            (other - seconds / one_second * width).abs() < 0.02,
            "{seconds} s"
        );
    }
}

#[test]
fn hostile_names_stay_names() {
    let mut comparison = example::comparison();
    let name = r#"<script>alert("1")</script>&.mp4"#;
    for row in comparison.scenarios.iter_mut().flat_map(|s| &mut s.rows) {
        row.kept.videos[0].source = name.into();
    }
    let text = timeline(&comparison);
    let picture = Document::parse(&text).expect("is well-formed");
    assert!(
        picture
            .descendants()
            .all(|node| !node.has_tag_name("script"))
    );
    assert!(
        picture
            .descendants()
            .any(|node| node.text().is_some_and(|t| t.contains(name)))
    );
}

#[test]
fn ticks_are_round_and_stay_on_the_axis() {
    assert_eq!(ticks(2.8, 10.0), [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
    assert_eq!(ticks(10.0, 10.0).len(), 11);
    assert_eq!(ticks(0.0, 10.0), [0.0]);
    assert!(ticks(733.0, 10.0).len() <= 11);
}
