//! A recording that crashed, or a download that broke off, gives the frames that are there.

use std::fs;

use crate::check::run;
use crate::clip::Clip;
use crate::numbered::{numbered, numbers};
use crate::support::few;

/// 300 frames, a keyframe every 25.
const FRAMES: usize = 300;

#[test]
fn a_file_that_is_cut_anywhere_gives_the_frames_that_it_has() {
    let h264 = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p";
    for (file, encoder) in [
        ("a.mkv", h264.to_owned()),
        // As a program writes it that is stopped before its end.
        ("b.mkv", format!("{h264} -live 1")),
        (
            "a.webm",
            "-c:v libvpx -deadline realtime -cpu-used 8 -g 25 -b:v 500k".into(),
        ),
        ("a.ts", h264.to_owned()),
        ("a.flv", h264.to_owned()),
        (
            "a.mp4",
            format!("{h264} -movflags +frag_keyframe+empty_moov"),
        ),
    ] {
        let picture = numbered(320, 240, FRAMES / 25, 0);
        let Some(clip) = Clip::make(file, &format!("{picture} {encoder}")) else {
            continue;
        };
        let whole = fs::read(&clip.path).unwrap();
        for percent in [62, 35, 90].into_iter().take(few(1)) {
            let cut = clip.directory.path().join(format!("cut-{file}"));
            fs::write(&cut, &whole[..=whole.len() * percent / 100]).unwrap();
            for seek in ["exact", "keyframe"] {
                let name = format!("{file} {percent} {seek}");
                let out = tempfile::tempdir().unwrap();
                let saved = run(&cut, out.path(), &["--sizes", "16", "--seek", seek]);
                let found: Vec<_> = numbers(&saved).into_iter().map(|(n, _)| n).collect();
                assert_eq!((found.len(), found[0]), (5, 0), "{name}: {found:?}");
                assert!(found.is_sorted(), "{name}: {found:?}");
                // As far as the file goes, give or take what one GOP weighs.
                let there = FRAMES * percent / 100;
                assert!(found[4].abs_diff(there) <= 50, "{name}: {found:?}");
                if seek == "exact" {
                    let quarter = found[4] / 4;
                    assert!(found[1].abs_diff(quarter) <= 1, "{name}: {found:?}");
                }
                let told = saved.plan.and_then(|plan| plan.cut_off);
                // A live recording does not say how long it is; ffmpeg's newer versions notice.
                assert!(told.is_some() || file == "b.mkv", "{name}");
            }
        }
    }
}
