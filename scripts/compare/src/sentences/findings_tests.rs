//! The findings for several sets of figures.

use super::findings;
use crate::comparison::{Comparison, RowId};
use crate::example;

/// The example with other wall times for each delay, in the order of the CPU delay's rows.
fn with(cpu: [f64; 5], wait: [f64; 5]) -> Comparison {
    let mut comparison = example::comparison();
    for (scenario, walls) in comparison.scenarios.iter_mut().zip([cpu, wait]) {
        for row in &mut scenario.rows {
            // The row with a thread for each video takes as long as `threads`.
            let at = match row.id {
                RowId::Single => 0,
                RowId::Threads | RowId::ThreadsMany => 1,
                RowId::Process => 2,
                RowId::Async => 3,
                RowId::AsyncBlocking => 4,
            };
            row.wall.median = walls[at];
            row.ratio = walls[at] / walls[0];
        }
    }
    comparison
}

const OVERLAPPED: [f64; 5] = [4.0, 2.0, 2.5, 2.0, 4.0];

#[test]
fn two_cores_two_videos() {
    let said = findings(&with(OVERLAPPED, OVERLAPPED));
    assert_eq!(
        said,
        [
            "With the CPU delay, single took 4.00 s for 2 videos: threads was 2.00 times faster, \
             process was 1.60 times faster and async was 2.00 times faster; async --blocking was not.",
            "With the waiting delay, single took 4.00 s for 2 videos: threads was 2.00 times faster, \
             one thread per video was 2.00 times faster, process was 1.60 times faster and async was 2.00 times faster; async --blocking was not.",
            "A blocking call inside the tasks cost async 2.00 s: with the waiting delay it took 4.00 s \
             instead of 2.00 s, although its tasks were all started at once.",
        ]
    );
}

#[test]
fn one_core_gains_with_waits_only() {
    let mut comparison = with([4.0, 4.0, 4.1, 4.0, 4.0], OVERLAPPED);
    comparison.machine.cores = 1;
    let said = findings(&comparison);
    assert!(said[0].ends_with(
        "no model was more than 10 % faster: one core has no second one to share the work with."
    ));
    assert_eq!(said.len(), 3, "{said:?}");
}

#[test]
fn all_equal() {
    let said = findings(&with([4.0; 5], [4.0; 5]));
    assert!(said[0].ends_with("and no model was more than 10 % faster."));
    assert!(said[2].contains("made no difference of more than 10 %"));
}

#[test]
fn one_video_has_nothing_to_overlap_with() {
    let mut comparison = with([4.0; 5], [4.0; 5]);
    for row in comparison.scenarios.iter_mut().flat_map(|s| &mut s.rows) {
        row.kept.videos.truncate(1);
    }
    let said = findings(&comparison);
    assert!(
        said[0].ends_with("one video has nothing to overlap with."),
        "{}",
        said[0]
    );
}

#[test]
fn one_kind_of_delay_alone() {
    let mut comparison = with(OVERLAPPED, OVERLAPPED);
    comparison.scenarios.pop();
    let said = findings(&comparison);
    assert_eq!(said.len(), 2);
    assert!(said[1].contains("with the CPU delay it took 4.00 s instead of 2.00 s"));
    comparison.scenarios.clear();
    assert!(findings(&comparison).is_empty());
}

#[test]
fn slower_than_single_is_said_as_it_is() {
    let said = findings(&with([4.0, 1.8, 5.0, 4.0, 2.0], [4.0; 5]));
    assert!(
        said[0].contains("process and async were not"),
        "{}",
        said[0]
    );
    let said = findings(&with([4.0; 5], [4.0, 2.0, 2.0, 4.0, 2.0]));
    assert!(
        said.iter().any(|s| s.contains("made async faster here")),
        "{said:?}"
    );
}

#[test]
fn every_row_has_its_name() {
    let said = findings(&with(OVERLAPPED, OVERLAPPED))
        .join(" ")
        .to_lowercase();
    assert!(RowId::ALL.iter().all(|id| said.contains(id.in_sentence())));
}

#[test]
fn a_busy_machine_comes_first() {
    let mut comparison = with(OVERLAPPED, OVERLAPPED);
    comparison.machine.load_before = Some(1.7);
    let said = findings(&comparison);
    assert!(
        said[0].starts_with("The machine was not quiet"),
        "{}",
        said[0]
    );
    assert!(
        said[1].contains("could not be seen; predicted on a quiet machine: threads 1.99 ×"),
        "{}",
        said[1]
    );
    assert_eq!(said.len(), 3, "nothing that would be said of all machines");
}
