//! What ffmpeg tells of a frame comes late, or never, while its pictures fill the pipe: neither side may wait for
//! the other for ever.

use thumbnail_core::measure::report::Status;

use crate::fake;
use crate::processes::{Mark, script};
use crate::support::{self, few};
use crate::tools::{Ended, Place, WAYS, error};

/// Its messages, changed by a command, come through a pipe of their own, as those of a script in front of ffmpeg do.
fn with_messages_through(place: &Place, name: &str, command: &str) -> std::path::PathBuf {
    let ffmpeg = place.path(name);
    let body = format!("{{ ffmpeg \"$@\" 2>&1 >&3 | {{ {command}; }} >&2; }} 3>&1; exit 0");
    script(&ffmpeg, &body);
    ffmpeg
}

/// Its pictures are larger than what a pipe holds: ffmpeg waits with the next until this one is read.
fn clip(place: &Place) -> [std::path::PathBuf; 1] {
    let path = place.path("large.mp4");
    let picture = "-f lavfi -i testsrc=s=640x360:r=10:d=2";
    support::ffmpeg(&format!("{picture} -c:v mpeg4 -g 5"), &path);
    [path]
}

#[test]
fn what_is_told_of_a_frame_three_seconds_late_is_waited_for() {
    let place = Place::new();
    let videos = clip(&place);
    let ffmpeg = with_messages_through(&place, "late", "sleep 3; cat");
    std::thread::scope(|scope| {
        for way in WAYS {
            let (place, videos, ffmpeg) = (&place, &videos, &ffmpeg);
            scope.spawn(move || {
                let mut run = fake::with(ffmpeg, place.command(way, &["--json", "-"], videos));
                let report = Ended::of(&mut run).report();
                let video = &report.videos[0];
                assert_eq!(video.status(), Status::Success, "{way}: {:?}", video.error);
                assert_eq!(video.frames.len(), 3, "{way}");
            });
        }
    });
}

#[test]
fn what_is_never_told_of_a_frame_is_the_same_error_in_all_models_before_the_timeout() {
    let place = Place::new();
    let videos = clip(&place);
    // Nothing of frames; or all but what is told when one leaves.
    let through = [("half-mute", "grep -v '=0$'"), ("mute", "grep -v showinfo")];
    for (name, command) in through.into_iter().take(few(1)) {
        let ffmpeg = with_messages_through(&place, name, command);
        std::thread::scope(|scope| {
            for way in WAYS {
                let (place, videos, ffmpeg) = (&place, &videos, &ffmpeg);
                scope.spawn(move || {
                    let mut run = fake::with(ffmpeg, place.command(way, &["--json", "-"], videos));
                    let mark = Mark::on(&mut run);
                    let report = Ended::of(&mut run).report();
                    let expected = "ffmpeg's output could not be parsed (it sent a frame without saying when \
                                    it is shown): try another ffmpeg through the FFMPEG variable";
                    assert_eq!(error(&report.videos[0]), expected, "{way} {name}");
                    mark.wait_for_the_last();
                });
            }
        });
    }
}
