//! A whole comparison of two tiny clips, by the real programs.

mod common;
#[path = "../../../thumbnail-core/tests/server/mod.rs"]
#[allow(dead_code)]
mod server;

use std::fs;

use common::{ODD, compare, compare_at, left_over, two_clips};
use compare::comparison::{Comparison, RowId};
use serde_json::Value;
use server::{Answer, serve};

#[test]
fn a_comparison_writes_the_whole_report() {
    let home = two_clips();
    let output = compare(home.path())
        .args(["--", "a b.mp4", ODD])
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(left_over(home.path()), ["my report"]);

    let report = home.path().join("my report");
    let read = |name: &str| fs::read_to_string(report.join(name)).expect(name);
    let json: Value = serde_json::from_str(&read("report.json")).expect("is JSON");
    let schema = serde_json::from_str(include_str!("../report.schema.json")).expect("is JSON");
    let validator = jsonschema::validator_for(&schema).expect("is a schema");
    let errors = validator
        .iter_errors(&json)
        .map(|e| format!("{}: {e}", e.instance_path()));
    assert_eq!(errors.collect::<Vec<_>>(), Vec::<String>::new());

    let comparison: Comparison = serde_json::from_value(json).expect("is a comparison");
    assert_eq!(comparison.scenarios.len(), 2);
    assert_eq!(comparison.options.videos, ["a b.mp4", ODD]);
    for row in comparison
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.rows)
    {
        assert_eq!(
            (row.runs.len(), row.kept.videos.len()),
            (1, 2),
            "{:?}",
            row.id
        );
        assert!(said.contains(row.id.label()));
    }
    for video in &comparison.thumbnails {
        for file in video.frames.iter().flat_map(|frame| frame.files.values()) {
            assert!(report.join(file).is_file(), "{file}");
        }
    }
    let own_path = home.path().to_string_lossy().into_owned();
    assert!(
        !read("report.json").contains(&own_path),
        "the report tells of this machine's paths"
    );

    let trace: Value = serde_json::from_str(&read("trace.json")).expect("is JSON");
    let events = trace["traceEvents"].as_array().expect("events");
    assert_eq!(
        events
            .iter()
            .filter(|event| event["name"] == "process_name")
            .count(),
        11
    );
    let escape = |text: String, c: char| text.replace(c, &format!("\\{c}"));
    let escaped = ['<', '>', '|', '#'].into_iter().fold(ODD.into(), escape);
    assert!(read("report.md").contains(&format!("a b.mp4, {escaped}")));
}

#[cfg(unix)]
#[test]
fn names_that_steer_terminals_do_no_harm_in_any_part_of_the_report() {
    let home = two_clips();
    let name = "\u{1b}[2J\u{202e}4pm'\u{9b}\n.mp4";
    fs::rename(home.path().join("a b.mp4"), home.path().join(name)).expect("can be called that");
    let output = compare(home.path())
        .args(["--delay-kind=wait", name])
        .output()
        .expect("runs");
    assert!(output.status.success());

    let report = home.path().join("my report");
    let files = fs::read_dir(&report).expect("is there");
    let files = files.map(|entry| entry.expect("is there").path());
    let mut texts: Vec<_> = files
        .filter(|path| path.is_file())
        .map(|path| fs::read(path).expect("can be read"))
        .collect();
    let json = fs::read(report.join("report.json")).expect("is there");
    texts.extend([output.stdout, output.stderr]);
    for text in texts {
        let text = String::from_utf8(text).expect("is text");
        let steers =
            |c: char| c != '\n' && c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.contains(steers), "{}", text.escape_debug());
    }

    // A shell that is given the command has the name again.
    let comparison: Comparison = serde_json::from_slice(&json).expect("is a comparison");
    let mut shell = std::process::Command::new("bash");
    shell.env("LC_ALL", "C.UTF-8").arg("-c").arg(format!(
        "set -- {}; printf %s \"${{@: -1}}\"",
        comparison.options.command
    ));
    assert_eq!(shell.output().expect("runs").stdout, name.as_bytes());
}

#[test]
fn no_secret_of_an_address_is_in_any_part_of_the_report() {
    let home = two_clips();
    let clip = fs::read(home.path().join("a b.mp4")).expect("is there");
    let served = serve(Answer::Whole(clip)).replace("http://", "http://me:s3cret@");
    let url = served.replace("archive.tar.xz", "a.mp4?token=s3cret");
    let output = compare(home.path()).arg(&url).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let files = fs::read_dir(home.path().join("my report")).expect("is there");
    let files = files.map(|entry| entry.expect("is there").path());
    let mut texts: Vec<_> = files
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(path).expect("can be read")))
        .collect();
    let json = fs::read(home.path().join("my report/report.json")).expect("is there");
    let comparison: Comparison = serde_json::from_slice(&json).expect("is a comparison");
    let command = comparison.options.command;
    assert!(command.ends_with("/a.mp4?…'"), "{command}");
    texts.extend([
        ("stdout".into(), output.stdout),
        ("stderr".into(), output.stderr),
    ]);
    for (name, text) in texts {
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains("s3cret"), "{}", name.display());
    }
}

#[test]
fn the_example_fits_the_schema() {
    let schema = serde_json::from_str(include_str!("../report.schema.json")).expect("is JSON");
    let validator = jsonschema::validator_for(&schema).expect("is a schema");
    let example = serde_json::to_value(compare::example::comparison()).expect("is JSON");
    let errors = validator
        .iter_errors(&example)
        .map(|e| format!("{}: {e}", e.instance_path()));
    assert_eq!(errors.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn one_kind_of_delay_and_more_workers_are_passed_on() {
    let home = two_clips();
    let mut command = compare_at(home.path());
    command.args([
        "--delay-kind=wait",
        "--workers=2",
        "--at=50%",
        "a b.mp4",
        "a b.mp4",
        "a b.mp4",
    ]);
    let output = command.output().expect("runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let json = fs::read_to_string(home.path().join("my report/report.json")).expect("is there");
    let comparison: Comparison = serde_json::from_str(&json).expect("is a comparison");
    assert_eq!(comparison.scenarios.len(), 1);
    let workers = |row| comparison.scenarios[0].row(row).map(|row| row.workers);
    assert_eq!(workers(RowId::Single), Some(1));
    assert_eq!(workers(RowId::Process), Some(2));
    assert_eq!(comparison.scenarios[0].rows[1].kept.videos.len(), 3);
}
