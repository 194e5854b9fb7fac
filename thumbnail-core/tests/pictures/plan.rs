//! What the report tells of the way to the frames, which is the cheapest one with every version of ffmpeg.

use serde_json::Value;

use thumbnail_core::measure::report::{PlanReport, Way};

use crate::check::run;
use crate::clip::{Clip, source};
use crate::version;

/// The report's `plan` of a clip of 20 GOPs in `file`, with B-frames.
fn plan(file: &str, seek: &str) -> Option<PlanReport> {
    let encoder = "-c:v libx264 -preset ultrafast -bf 2 -g 60 -pix_fmt yuv420p";
    let picture = source("128x72", "30", "40");
    let clip = Clip::make(file, &format!("{picture} {encoder}"))?;
    let out = tempfile::tempdir().unwrap();
    let saved = run(&clip.path, out.path(), &["--sizes", "16", "--seek", seek]);
    let json = serde_json::to_value(&saved).unwrap();
    assert_eq!(json["plan"]["way"], "planned", "{file} {seek}");
    assert_eq!(json["plan"]["cut_off"], Value::Null, "{file} {seek}");
    saved.plan
}

#[test]
fn in_keyframe_mode_keyframes_are_decoded_and_nothing_else() {
    for (file, starts) in [("a.mp4", 1), ("a.mov", 1), ("a.mkv", 2), ("a.ts", 2)] {
        let Some(plan) = plan(file, "keyframe") else {
            return;
        };
        // Where that is cheaper than seeking, all of them are.
        let decoded = plan.frames_decoded.unwrap();
        assert!((5..=20).contains(&decoded), "{file}: {decoded}");
        assert_eq!((plan.way, plan.ffmpeg_starts), (Way::Planned, starts));
        assert_eq!(plan.ffmpeg, Some(version::of_decoder_in_full()), "{file}");
    }
}

#[test]
fn exactly_it_is_at_most_the_gops_that_hold_a_wanted_frame() {
    for (file, starts) in [("a.mp4", 1), ("a.mkv", 2)] {
        let Some(plan) = plan(file, "exact") else {
            return;
        };
        assert_eq!(plan.ffmpeg_starts, starts, "{file}");
        let decoded = plan.frames_decoded.unwrap();
        assert!((5..=5 * 60).contains(&decoded), "{file}: {decoded}");
    }
}

#[test]
fn high_definition_without_colour_tags_is_decoded_once() {
    for encoder in [
        "libx264 -preset ultrafast",
        "libx265 -preset ultrafast -x265-params log-level=none",
    ] {
        let picture = source("1280x72", "30", "4");
        let arguments = format!("{picture} -c:v {encoder} -pix_fmt yuv420p");
        let Some(clip) = Clip::make("a.mkv", &arguments) else {
            continue;
        };
        let out = tempfile::tempdir().unwrap();
        let plan = run(&clip.path, out.path(), &["--sizes", "16"])
            .plan
            .unwrap();
        assert_eq!(
            (plan.way, plan.ffmpeg_starts),
            (Way::Planned, 2),
            "{encoder}"
        );
    }
}
