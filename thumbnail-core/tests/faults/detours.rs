//! Seeking that leads astray: the frames are reached all the same, and the report and stderr tell at what cost.

use std::path::PathBuf;

use thumbnail_core::measure::report::{VideoReport, Way};

use crate::fake;
use crate::processes::script;
use crate::support;
use crate::tools::{Ended, Place, WAYS};

/// A hundred GOPs of ten frames.
fn clip(place: &Place) -> [PathBuf; 1] {
    let path = place.path("gops.mp4");
    let picture = "-f lavfi -i testsrc=s=64x36:r=10:d=100";
    support::ffmpeg(
        &format!("{picture} -c:v mpeg4 -g 10 -sc_threshold 1000000000"),
        &path,
    );
    [path]
}

/// An ffmpeg that goes to a place a thousand seconds later than it is told, `first` having been done.
fn that_goes_astray(place: &Place, first: &str) -> PathBuf {
    let ffmpeg = place.path("astray");
    let body = format!(
        "{first}\nfor word; do\n\
         shift\n\
         [ \"$before\" != -ss ] || word=1000\n\
         set -- \"$@\" \"$word\"\n\
         before=$word\n\
         done\n\
         exec ffmpeg \"$@\""
    );
    script(&ffmpeg, &body);
    ffmpeg
}

fn times(video: &VideoReport) -> Vec<f64> {
    video.frames.iter().map(|f| f.timestamp_seconds).collect()
}

#[test]
fn in_keyframe_mode_all_keyframes_are_decoded_and_nothing_else() {
    let place = Place::new();
    let videos = clip(&place);
    // With an excerpt of the index (protocol `concat`) no seek would be needed.
    let ffmpeg = that_goes_astray(&place, "case \"$*\" in *concat:file:*) exit 1;; esac");
    for way in WAYS {
        let options = ["--json", "-", "--seek", "keyframe"];
        let mut run = fake::with(&ffmpeg, place.command(way, &options, &videos));
        let report = Ended::of(&mut run).success();
        let plan = report.videos[0].plan.clone().unwrap();
        assert_eq!(plan.way, Way::Keyframes, "{way}: {plan:?}");
        assert!(plan.ffmpeg_starts > 1, "{way}: {plan:?}");
        // The keyframes, and those GOPs that were tried on the way.
        let decoded = plan.frames_decoded.unwrap();
        assert!((100..500).contains(&decoded), "{way}: {plan:?}");
        // The first, middle and last of a hundred keyframes.
        assert_eq!(times(&report.videos[0]), [0.0, 50.0, 99.0], "{way}");
    }
}

#[test]
fn a_stream_that_has_to_be_decoded_whole_is_told_on_stderr_if_it_takes_more_than_a_second() {
    let place = Place::new();
    let videos = clip(&place);
    let ffmpeg = that_goes_astray(&place, "sleep 1");
    let run = |way: &str, quiet: bool| {
        let mut options = vec!["--json", "-"];
        options.extend(quiet.then_some("--quiet"));
        let mut run = fake::with(&ffmpeg, place.command(way, &options, &videos));
        let ended = Ended::of(&mut run);
        let report = ended.success();
        let plan = report.videos[0].plan.clone().unwrap();
        assert_eq!(plan.way, Way::OnePass, "{way}: {plan:?}");
        assert!(plan.frames_decoded.unwrap() >= 1000, "{way}: {plan:?}");
        assert_eq!(times(&report.videos[0]), [0.0, 50.0, 99.9], "{way}");
        let words =
            "gops.mp4: seeking did not lead to its frames, so the whole stream was decoded (";
        let said = ended.stderr.matches(words).count();
        assert_eq!(said, usize::from(!quiet), "{way}: {}", ended.stderr);
    };
    std::thread::scope(|scope| {
        for way in WAYS {
            let run = &run;
            scope.spawn(move || run(way, false));
        }
    });
    run("single", true);
}
