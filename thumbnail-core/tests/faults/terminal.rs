//! No stdin, no stdout, no terminal, and terminals of every size. (Readers that leave early are in
//! `demos/show.rs`.)

use std::process::{Command, Stdio};

use crate::tools::{Ended, Place, WAYS, entries, limited};

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn closed_streams_do_no_harm() {
    let place = Place::new();
    let videos = place.clips(2);
    for way in WAYS {
        for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
            let run = place.command(way, &[], &videos);
            let ended = Ended::of(&mut limited(&format!("exec {closed}"), &run));
            assert_eq!(ended.code, Some(0), "{way} {closed}: {ended:?}");
            assert_eq!(entries(&place.out(way)), ["v0", "v1"], "{way} {closed}");
        }
    }
}

#[test]
fn terminals_of_every_size_and_one_that_shrinks_are_drawn_on() {
    let place = Place::new();
    let videos = place.clips(3);
    if !Command::new("script")
        .arg("--version")
        .output()
        .is_ok_and(|o| o.status.success())
    {
        eprintln!("not tried: there is no script(1) to make a terminal with");
        return;
    }
    for way in WAYS {
        for size in ["rows 24 cols 80", "rows 1 cols 1"] {
            let run = place.command(way, &[], &videos);
            // It shrinks while the program runs.
            let shell = format!(
                "stty {size}; tty=$(tty); (sleep 0.2; stty rows 3 cols 9 <\"$tty\") & exec \"$RUN\" {}",
                run.get_args()
                    .map(|a| format!("'{}'", a.to_string_lossy()))
                    .collect::<Vec<_>>()
                    .join(" ")
            );
            let mut script = Command::new("script");
            script.args(["--quiet", "--return", "--command", &shell, "/dev/null"]);
            script
                .env("RUN", run.get_program())
                .env("TERM", "xterm")
                .env("SHELL", "/bin/sh");
            script.current_dir(place.path("")).stdin(Stdio::null());
            let ended = Ended::of(&mut script);
            assert_eq!(ended.code, Some(0), "{way} {size}: {ended:?}");
            assert_eq!(entries(&place.out(way)), ["v0", "v1", "v2"], "{way} {size}");
        }
    }
}
