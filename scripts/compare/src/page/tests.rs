use std::fs;
use std::path::Path;

use super::render;
use crate::comparison::Comparison;
use crate::example;

const HOSTILE: &str = r#"</script><script>alert("1")</script>.mp4"#;

fn page(comparison: &Comparison) -> String {
    render(comparison, Path::new("/nowhere"), Path::new("/nowhere")).expect("can be made")
}

fn hostile() -> Comparison {
    let mut comparison = example::comparison();
    comparison.options.videos[0] = HOSTILE.into();
    comparison.options.command = format!("scripts/compare.sh '{HOSTILE}'");
    comparison.findings[0] = HOSTILE.into();
    comparison.thumbnails[0].video = HOSTILE.into();
    for row in comparison.scenarios.iter_mut().flat_map(|s| &mut s.rows) {
        row.kept.videos[0].source = HOSTILE.into();
    }
    comparison
}

/// The content of the element with the data.
fn data(page: &str) -> &str {
    let (_, rest) = page.split_once(r#"id="data">"#).expect("has data");
    rest.split_once("</script>").expect("ends").0
}

#[test]
fn hostile_names_show_as_text_and_stay_in_their_data() {
    let (page, harmless) = (page(&hostile()), page(&example::comparison()));
    assert!(!page.contains("<script>alert"));
    let scripts = |page: &str| page.matches("<script").count();
    assert_eq!(scripts(&page), scripts(&harmless));
    let data: serde_json::Value = serde_json::from_str(data(&page)).expect("is JSON");
    assert_eq!(data["videos"][0], HOSTILE);
}

#[test]
fn data_has_every_span_and_every_curve() {
    let comparison = example::comparison();
    let page = page(&comparison);
    let data: serde_json::Value = serde_json::from_str(data(&page)).expect("is JSON");
    for (scenario, drawn) in comparison
        .scenarios
        .iter()
        .zip(data["scenarios"].as_array().expect("a list"))
    {
        for (row, drawn) in scenario
            .rows
            .iter()
            .zip(drawn["rows"].as_array().expect("a list"))
        {
            for (video, drawn) in row
                .kept
                .videos
                .iter()
                .zip(drawn["videos"].as_array().expect("a list"))
            {
                assert_eq!(
                    drawn["spans"].as_array().map(Vec::len),
                    Some(video.spans.len())
                );
            }
        }
        assert_eq!(
            drawn["seconds"].as_object().map(serde_json::Map::len),
            Some(scenario.rows.len())
        );
    }
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let page = page(&example::comparison());
    for loading in [
        "src=\"http",
        "src=\"//",
        "<link rel=\"stylesheet",
        "@import",
        "url(",
        "fetch(",
        "<iframe",
        "<script src",
    ] {
        assert!(!page.contains(loading), "{loading}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn thumbnails_are_part_of_the_page_and_lead_to_the_largest_file() {
    let report = tempfile::tempdir().expect("temp");
    let comparison = example::comparison();
    let files = &comparison.thumbnails[0].frames[0].files;
    let small = report.path().join(&files["160"]);
    fs::create_dir_all(small.parent().expect("is below")).expect("can make");
    fs::write(small, "png").expect("can write");
    let page = render(&comparison, report.path(), Path::new("/nowhere")).expect("can be made");
    assert!(page.contains("data:image/png;base64,cG5n"));
    assert!(page.contains(&format!("href=\"{}\"", files["640"])));
}

#[test]
fn inside_the_project_models_link_to_their_lessons_and_elsewhere_nothing_is_told() {
    let project = tempfile::tempdir().expect("temp");
    fs::create_dir(project.path().join("demo-single")).expect("can make");
    fs::write(project.path().join("demo-single/README.md"), "").expect("can write");
    let place = project.path().join("target/compare");
    let comparison = example::comparison();
    let inside = render(&comparison, Path::new("/nowhere"), &place).expect("can be made");
    assert!(inside.contains("href=\"lessons/demo-async.html\""));
    assert!(inside.contains("href=\"../../demo-async/src/main.rs\""));
    assert!(!page(&comparison).contains("src/main.rs\""));
}
