//! What holds of every plan, whatever a file or ffmpeg claimed.

use std::cell::RefCell;
use std::fs::File;
use std::hint::black_box;
use std::io::{Seek as _, Write};

use thumbnail_core::internal::{Crop, Index, Pick, Plan, Probe, decode, plan, plan_in_one_go};
use thumbnail_core::settings::{Seek, Settings};
use thumbnail_core::video::Source;
use thumbnail_core::wanted::Wanted;

thread_local! {
    static FILE: RefCell<File> = RefCell::new(tempfile::tempfile().unwrap());
}

/// Gives a file that holds `bytes` to a parser that reads one.
pub fn with_file(bytes: &[u8], parse: impl FnOnce(&mut File)) {
    FILE.with_borrow_mut(|file| {
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        file.write_all(bytes).unwrap();
        parse(file);
    });
}

/// Plans from `index` as the pipeline would.
pub fn check_index(index: &Index) {
    let settings = Settings::new("ffmpeg", "out");
    for wanted in [1, 2, 5, 9] {
        for seek in [Seek::Exact, Seek::Keyframe] {
            check_plan(
                &plan(index, &Wanted::Spread(wanted), seek),
                &settings,
                wanted,
            );
            check_plan(
                &plan_in_one_go(index, &Wanted::Spread(wanted), seek),
                &settings,
                wanted,
            );
        }
    }
}

/// A plan asks ffmpeg for no more than was wanted, at times that are numbers.
fn check_plan(plan: &Plan, settings: &Settings, wanted: usize) {
    assert!(plan.targets().count() <= wanted);
    assert!(!plan.segments.is_empty());
    assert!(plan.start.is_finite(), "{plan:?}");
    for segment in &plan.segments {
        assert!(segment.seek.is_none_or(f64::is_finite), "{plan:?}");
        for target in &segment.targets {
            let times = match target.pick {
                Pick::From(from) => vec![from],
                Pick::Within(from, to) | Pick::KeyWithin(from, to) => vec![from, to],
                Pick::Number(_) => vec![],
            };
            assert!(times.iter().all(|t| t.is_finite()), "{plan:?}");
            assert!(target.positions.iter().all(|p| *p < wanted), "{plan:?}");
        }
    }
    let source = Source::parse("a.mp4".into());
    black_box(decode(
        settings,
        &source,
        None,
        plan,
        Probe::Usual,
        Crop::of(Some("8.1")),
    ));
}
