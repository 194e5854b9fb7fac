//! Cases whose answers are known without a simulation, and bounds that hold for all.

use proptest::prelude::*;

use super::{Batch, Phase, Setup, makespan};
use crate::stats::as_f64;

const WORK: f64 = 1.0;
const WAIT: f64 = 0.0;

fn setup(cores: usize, workers: usize) -> Setup {
    Setup {
        cores,
        workers,
        worker_start: None,
        permits: [usize::MAX; 2],
    }
}

fn batch(count: usize, steps: &[(f64, f64)]) -> Batch {
    let step = |&(seconds, cores): &(f64, f64)| Phase::new(seconds, cores);
    Batch {
        count,
        steps: steps.iter().map(step).collect(),
    }
}

#[track_caller]
fn takes(setup: &Setup, batches: &[Batch], seconds: f64) {
    let got = makespan(setup, batches);
    assert!((got - seconds).abs() < 1e-6, "{got} instead of {seconds}");
}

#[test]
fn nothing_to_do_takes_no_time() {
    takes(&setup(2, 2), &[], 0.0);
    takes(&setup(2, 2), &[batch(0, &[(1.0, WORK)])], 0.0);
}

#[test]
fn equal_work_takes_as_many_rounds_as_the_workers_need() {
    let jobs = |count| [batch(count, &[(1.0, WORK)])];
    takes(&setup(2, 1), &jobs(4), 4.0);
    takes(&setup(2, 2), &jobs(4), 2.0);
    takes(&setup(4, 4), &jobs(4), 1.0);
    // The third video runs alone, and cannot use both cores.
    takes(&setup(2, 2), &jobs(3), 2.0);
}

#[test]
fn more_workers_than_cores_share_the_cores() {
    takes(&setup(2, 4), &[batch(4, &[(1.0, WORK)])], 2.0);
    takes(&setup(2, 3), &[batch(3, &[(1.0, WORK)])], 1.5);
    takes(&setup(1, 8), &[batch(8, &[(1.0, WORK)])], 8.0);
}

#[test]
fn more_cores_than_workers_stay_idle() {
    takes(&setup(64, 2), &[batch(4, &[(1.0, WORK)])], 2.0);
}

#[test]
fn waiting_needs_no_core() {
    takes(&setup(1, 10), &[batch(10, &[(1.0, WAIT)])], 1.0);
    takes(&setup(1, 3), &[batch(10, &[(1.0, WAIT)])], 4.0);
}

#[test]
fn waits_overlap_and_the_work_behind_them_shares_the_cores() {
    takes(
        &setup(2, 50),
        &[batch(50, &[(1.0, WAIT), (0.1, WORK)])],
        1.0 + 50.0 * 0.1 / 2.0,
    );
}

#[test]
fn one_waits_while_the_other_works() {
    // One core, two workers: the second video waits while the first one works.
    let first = batch(1, &[(1.0, WORK)]);
    let second = batch(1, &[(1.0, WAIT), (1.0, WORK)]);
    takes(&setup(1, 2), &[first, second], 2.0);
}

#[test]
fn one_long_job_is_best_taken_first() {
    let (long, short) = (batch(1, &[(4.0, WORK)]), batch(3, &[(1.0, WORK)]));
    takes(&setup(2, 2), &[long.clone(), short.clone()], 4.0);
    takes(&setup(2, 2), &[short, long], 5.0);
}

#[test]
fn half_a_core_asked_for_is_half_a_core_used() {
    takes(&setup(1, 2), &[batch(2, &[(1.0, 0.5)])], 1.0);
    takes(&setup(1, 3), &[batch(3, &[(1.0, 0.5)])], 1.5);
}

#[test]
fn every_worker_starts_once() {
    let start = Setup {
        worker_start: Some(Phase::new(0.5, WORK)),
        ..setup(2, 2)
    };
    takes(&start, &[batch(1, &[(1.0, WORK)])], 1.5);
    takes(&start, &[batch(4, &[(1.0, WORK)])], 2.5);
}

#[test]
fn permits_bound_a_stage_and_not_the_others() {
    // The first step of all ten overlaps. Then two permits let two at a time go on, in spite of ten workers.
    let gated = Phase {
        holds: [true, false],
        ..Phase::new(1.0, WAIT)
    };
    let jobs = Batch {
        count: 10,
        steps: vec![Phase::new(1.0, WAIT), gated],
    };
    let two = Setup {
        permits: [2, 1],
        ..setup(1, 10)
    };
    takes(&two, &[jobs], 1.0 + 5.0);
}

#[test]
fn a_permit_is_kept_over_stages_that_both_need_it() {
    let holding = |seconds, kinds| Phase {
        holds: kinds,
        ..Phase::new(seconds, WAIT)
    };
    let jobs = Batch {
        count: 2,
        steps: vec![holding(1.0, [false, true]), holding(1.0, [true, true])],
    };
    let one_of_each = Setup {
        permits: [1, 1],
        ..setup(1, 2)
    };
    takes(&one_of_each, &[jobs], 4.0);
}

#[test]
fn a_thousand_videos_on_64_cores_take_their_rounds() {
    let jobs = [batch(1000, &[(1.0, WORK), (0.5, 0.5)])];
    takes(&setup(64, 64), &jobs, 16.0 * 1.5);
    takes(&setup(64, 1), &jobs, 1500.0);
}

proptest! {
    #[test]
    fn no_run_beats_its_work_or_its_longest_video(
        cores in 1_usize..9,
        workers in 1_usize..9,
        videos in prop::collection::vec(prop::collection::vec((0.0_f64..2.0, 0.0_f64..1.0), 1..4), 1..9),
    ) {
        let batches: Vec<Batch> = videos.iter().map(|steps| batch(1, steps)).collect();
        let seconds = |steps: &Vec<(f64, f64)>| steps.iter().map(|s| s.0).sum::<f64>();
        let work: f64 = videos.iter().flatten().map(|s| s.0 * s.1).sum();
        let longest = videos.iter().map(seconds).fold(0.0, f64::max);
        let all: f64 = videos.iter().map(seconds).sum();
        let got = makespan(&setup(cores, workers), &batches);
        prop_assert!(got >= work / as_f64(cores) - 1e-6);
        prop_assert!(got >= longest - 1e-6);
        prop_assert!(got <= all + 1e-6);
    }
}
