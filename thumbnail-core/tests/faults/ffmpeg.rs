//! An ffmpeg that does not do what it should. (That there is none, or none that can be run, is in
//! `demos/no_ffmpeg.rs`; that it never says anything, in `demos/timeout.rs`.)

use std::fs;
use std::thread;

use thumbnail_core::measure::report::Status;

use crate::fake::{self, Fault};
use crate::processes::{Mark, script};
use crate::tools::{Ended, Place, WAYS, entries, error};

const HUGE: &str = r"printf 'P7\nWIDTH 60000\nHEIGHT 60000\nDEPTH 3\nMAXVAL 255\nENDHDR\n'; exit";

/// Each says something, and ends.
const FAULTS: [Fault; 12] = [
    Fault {
        video: "floods",
        does: "yes '[error] the same complaint, over and over again, to fill the pipe' | head -c 100000000 >&2; exit 1",
        says: "the same complaint",
    },
    Fault {
        video: "half",
        does: "ffmpeg \"$@\" | head -c 3000; exit 0",
        says: "ended in the middle of a frame",
    },
    Fault {
        video: "more",
        does: "ffmpeg \"$@\"; ffmpeg \"$@\" 2>/dev/null; exit 0",
        says: "more frames than it was asked for",
    },
    Fault {
        video: "garbage",
        does: "head -c 100000 /dev/urandom; exit 0",
        says: "something that is not a picture",
    },
    Fault {
        video: "later-garbage",
        does: "ffmpeg \"$@\" | head -c 6979; head -c 100000 /dev/zero; exit 0",
        says: "something that is not a picture",
    },
    Fault {
        video: "huge",
        does: HUGE,
        says: "too large (60000x60000 pixels)",
    },
    Fault {
        video: "untold",
        does: "{ ffmpeg \"$@\" 2>&1 >&3 | grep -v showinfo >&2; } 3>&1; exit 0",
        says: "without saying when it is shown",
    },
    Fault {
        video: "crashes",
        does: "kill -s SEGV $$",
        says: "SIGSEGV",
    },
    Fault {
        video: "crashes-in-mid-frame",
        does: "ffmpeg \"$@\" | head -c 3000; kill -s SEGV $$",
        says: "SIGSEGV",
    },
    Fault {
        // What Linux does to a process when memory runs out.
        video: "is-killed",
        does: "ffmpeg \"$@\" >/dev/null; kill -s KILL $$",
        says: "SIGKILL)): it gave no reason; perhaps the system had no memory left",
    },
    Fault {
        video: "silent",
        does: "exit 0",
        says: "without a word about the video",
    },
    Fault {
        video: "old",
        does: "echo \"[fatal] Unrecognized option 'filter_complex_threads'.\" >&2; exit 1",
        says: "too old",
    },
];

#[test]
fn an_ffmpeg_that_does_wrong_costs_its_video_only() {
    let place = Place::new();
    let videos = fake::videos(&place, &FAULTS);
    let ffmpeg = place.path("ffmpeg");
    fake::write(&ffmpeg, &FAULTS);
    thread::scope(|scope| {
        for way in WAYS {
            let (place, videos, ffmpeg) = (&place, &videos, &ffmpeg);
            scope.spawn(move || {
                let mut run = fake::with(ffmpeg, place.command(way, &["--json", "-"], videos));
                let mark = Mark::on(&mut run);
                let ended = Ended::of(&mut run);
                assert_eq!(mark.alive(), [], "{way}");
                fake::expect(way, &ended, &FAULTS);
                assert_eq!(entries(&place.out(way)), ["good", "good-too"], "{way}");
            });
        }
    });
}

/// The frames are spread over the whole video, so a part of the list would give others.
#[test]
fn an_ffmpeg_that_dies_while_it_lists_the_frames_fails_the_video() {
    let place = Place::new();
    let video = place.clip("v.mkv");
    let dies = place.path("ffmpeg");
    for signal in ["SEGV", "KILL"] {
        let lists = format!("ffmpeg \"$@\" | head -n 14; kill -s {signal} $$");
        script(
            &dies,
            &format!("case \"$*\" in *framecrc*) {lists};; esac; exec ffmpeg \"$@\""),
        );
        for way in WAYS {
            let run = place.command(way, &["--json", "-"], &[&video]);
            let report = Ended::of(&mut fake::with(&dies, run)).report();
            let error = error(&report.videos[0]);
            assert!(error.contains(&format!("SIG{signal}")), "{way}: {error}");
        }
    }
}

/// Each goes on for ever: with a child, deaf to requests, or by what it leaves behind as it ends, which
/// holds its pipes open.
const HANGS: [Fault; 6] = [
    Fault {
        video: "mid-frame",
        does: "ffmpeg \"$@\" | head -c 3000; exec sleep 600",
        says: "--timeout allows (4s)",
    },
    Fault {
        video: "deaf",
        does: "trap '' TERM INT HUP PIPE; while :; do sleep 1; done",
        says: "--timeout allows (4s)",
    },
    Fault {
        video: "floods",
        does: "exec yes '[error] the same complaint, over and over again, for ever' >&2",
        says: "--timeout allows (4s)",
    },
    Fault {
        video: "leaves-a-child-of-its-own",
        // The child has left the group, which is what is killed.
        does: "setsid sleep 7 & exit 0",
        says: "--timeout allows (4s)",
    },
    Fault {
        video: "leaves-a-child",
        does: "sleep 600 & exit 0",
        says: "--timeout allows (4s)",
    },
    Fault {
        video: "leaves-a-listener",
        does: "ffmpeg \"$@\"; sleep 600 >/dev/null & exit 0",
        says: "--timeout allows (4s)",
    },
];

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn an_ffmpeg_that_hangs_is_given_up_at_the_timeout() {
    let place = Place::new();
    let videos = fake::videos(&place, &HANGS);
    let ffmpeg = place.path("ffmpeg");
    fake::write(&ffmpeg, &HANGS);
    thread::scope(|scope| {
        for way in WAYS {
            let (place, videos, ffmpeg) = (&place, &videos, &ffmpeg);
            scope.spawn(move || {
                let options = ["--json", "-", "--timeout", "4s"];
                let mut run = fake::with(ffmpeg, place.command(way, &options, videos));
                let mark = Mark::on(&mut run);
                let ended = Ended::of(&mut run);
                mark.wait_for_the_last();
                fake::expect(way, &ended, &HANGS);
                assert_eq!(entries(&place.out(way)), ["good", "good-too"], "{way}");
            });
        }
    });
}

#[test]
fn an_ffmpeg_that_vanishes_between_two_videos_is_named() {
    let place = Place::new();
    let videos = place.clips(3);
    for way in WAYS {
        let ffmpeg = place.path("ffmpeg");
        script(&ffmpeg, "rm \"$0\"; exec ffmpeg \"$@\"");
        let mut options = vec!["--json", "-"];
        if way != "single" {
            options.extend(["-j", "1"]);
        }
        let ended = Ended::of(&mut fake::with(
            &ffmpeg,
            place.command(way, &options, &videos),
        ));
        assert_eq!(ended.code, Some(1), "{way}");
        let report = ended.report();
        assert_eq!(report.videos[0].status(), Status::Success, "{way}");
        for video in &report.videos[1..] {
            let error = error(video);
            let name = ffmpeg.to_string_lossy();
            assert!(
                error.contains("could not be started") && error.contains(&*name),
                "{way}: {error}"
            );
        }
        assert!(!ffmpeg.exists());
        assert_eq!(entries(&place.out(way)), ["v0"], "{way}");
        fs::remove_dir_all(place.out(way)).unwrap();
    }
}
