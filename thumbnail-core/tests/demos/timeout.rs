//! Videos that take too long.

use std::thread;

use crate::processes::{HANGS, Mark, script};
use crate::tools::{Ended, Place, WAYS, entries, error};

#[test]
fn a_video_that_takes_too_long_is_given_up_with_its_process() {
    let place = Place::new();
    let videos = [place.clip("a.mp4"), place.clip("b.mkv")];
    let fake = place.path("ffmpeg");
    // Once as ffmpeg itself, once as a script around it, which is two processes.
    let with_a_child = HANGS.replace("exec sleep 600", "sleep 600; exit 1");
    for (way, text) in WAYS
        .iter()
        .flat_map(|way| [(way, HANGS), (way, &with_a_child)])
    {
        script(&fake, text);
        let mut run = place.command(way, &["--json", "-", "--timeout", "500ms"], &videos);
        let mark = Mark::on(&mut run);
        let ended = Ended::of(run.env("FFMPEG", &fake));
        mark.wait_for_the_last();
        assert_eq!(ended.code, Some(1), "{way}");
        for video in &ended.report().videos {
            let error = error(video);
            assert!(error.contains("--timeout allows (500ms)"), "{way}: {error}");
        }
        assert_eq!(entries(&place.out(way)), [""; 0], "{way}");
    }
}

#[test]
fn the_delay_is_not_counted() {
    let place = Place::new();
    let videos = place.clips(1);
    // The work takes a tenth of a second, or a few on a crowded machine.
    let options = "--delay 4s --delay-kind wait --timeout 3500ms";
    let options: Vec<_> = options.split(' ').collect();
    // All at once, because they only wait.
    thread::scope(|scope| {
        for way in WAYS {
            scope.spawn(|| place.run(way, &options, &videos).success());
        }
    });
}

#[test]
fn waiting_for_a_core_is_not_counted() {
    let place = Place::new();
    let count = 5 * thumbnail_core::program::options::cores();
    let videos = place.clips(count);
    let slow = place.path("ffmpeg");
    script(&slow, "sleep 1; exec ffmpeg \"$@\"");
    // Five rounds of at least one second: longer than the limit for each.
    let mut run = place.command("async", &["--json", "-", "--timeout", "4s"], &videos);
    let ended = Ended::of(run.env("FFMPEG", &slow));
    ended.success();
}
