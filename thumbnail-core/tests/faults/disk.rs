//! Disks that are full, read-only, or gone.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use thumbnail_core::measure::report::Status;

use crate::processes::script;
use crate::tools::{Ended, Place, WAYS, entries, error, limited, started_by, tree};

/// `command` in a name space of its own in which `mount` was run before. `None`, and a word about it, where
/// this user may not do that.
fn with_mount(mount: &str, at: &Path, command: &Command) -> Option<Command> {
    let prefix = |shell: &str| {
        let mut unshare = Command::new("unshare");
        unshare.args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            shell,
            "sh",
        ]);
        unshare.arg(at);
        unshare
    };
    let text = format!("mount {mount} \"$1\" && shift && exec \"$@\"");
    if !prefix(&text)
        .arg("true")
        .status()
        .is_ok_and(|s| s.success())
    {
        eprintln!("not tried: this user may mount nothing");
        return None;
    }
    let mut mounted = prefix(&text);
    mounted.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => mounted.env(name, value),
            None => mounted.env_remove(name),
        };
    }
    mounted.current_dir(command.get_current_dir().unwrap());
    Some(mounted)
}

#[test]
fn a_full_disk_fails_what_does_not_fit() {
    let place = Place::new();
    let videos = place.clips(2);
    for way in WAYS {
        let out = place.out(way);
        fs::create_dir(&out).unwrap();
        // Each frame takes some 10 KB.
        let options = ["--json", "-", "--frames", "9"];
        let command = place.command(way, &options, &videos);
        let Some(mut run) = with_mount("-t tmpfs -o size=64k none", &out, &command) else {
            return;
        };
        let ended = Ended::of(&mut run);
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        let report = ended.report();
        let failed = report
            .videos
            .iter()
            .filter(|v| v.status() == Status::Failed);
        let failed: Vec<_> = failed.map(error).collect();
        assert!(!failed.is_empty(), "{way}");
        for error in failed {
            assert!(error.contains("No space left on device"), "{way}: {error}");
            assert!(error.contains("choose another --out"), "{way}: {error}");
        }
    }
}

#[test]
fn a_read_only_disk_is_an_error_that_names_it() {
    let place = Place::new();
    let videos = place.clips(2);
    for way in WAYS {
        let out = place.out(way);
        fs::create_dir(&out).unwrap();
        let command = place.command(way, &["--json", "-"], &videos);
        let Some(mut run) = with_mount("-t tmpfs -o ro none", &out, &command) else {
            return;
        };
        let ended = Ended::of(&mut run);
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        for video in &ended.report().videos {
            let error = error(video);
            assert!(error.contains("Read-only file system"), "{way}: {error}");
            assert!(error.contains(&*out.to_string_lossy()), "{way}: {error}");
        }
    }
}

/// `command` without root's right to read and write where permissions forbid it; `None`, and a word about it, where that
/// cannot be given up.
fn under_permissions(command: Command) -> Option<Command> {
    const SETPRIV: [&str; 3] = [
        "setpriv",
        "--bounding-set=-dac_override,-dac_read_search",
        "--inh-caps=-dac_override,-dac_read_search",
    ];
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Some(command);
    }
    let may = started_by(&SETPRIV, &Command::new("true")).status();
    if !may.is_ok_and(|s| s.success()) {
        eprintln!("not tried: this root cannot give up its rights");
        return None;
    }
    Some(started_by(&SETPRIV, &command))
}

#[test]
fn an_earlier_result_that_may_not_be_removed_stays_and_nothing_is_left_beside_it() {
    let place = Place::new();
    let videos = place.clips(2);
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for way in WAYS {
        place.run(way, &[], &videos).success();
        let out = place.out(way);
        for read_only in ["v0", "v0/1"] {
            let before = tree(&out.join("v0"));
            set(&out.join(read_only), 0o555);
            let command = place.command(way, &["--json", "-", "--frames", "2"], &videos);
            let Some(mut run) = under_permissions(command) else {
                return;
            };
            let ended = Ended::of(&mut run);
            set(&out.join(read_only), 0o755);
            assert_eq!(entries(&out), ["v0", "v1"], "{way} {read_only}");
            assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
            let report = ended.report();
            let error = error(&report.videos[0]);
            let named = format!("may not change {}", out.join(read_only).display());
            assert!(error.contains(&named), "{way}: {error}");
            assert!(error.contains("choose another --out"), "{way}: {error}");
            assert!(tree(&out.join("v0")) == before, "{way}");
            assert_eq!(entries(&out.join("v1")), ["0", "1"], "{way}");
        }
    }
}

/// With this umask nobody may enter a directory that the run makes, not even the run itself.
#[test]
fn an_umask_that_takes_all_rights_leaves_nothing_behind() {
    let place = Place::new();
    let videos = place.clips(2);
    for way in WAYS {
        let out = place.out(way);
        fs::create_dir(&out).unwrap();
        let command = place.command(way, &["--json", "-"], &videos);
        let Some(mut run) = under_permissions(limited("umask 777", &command)) else {
            return;
        };
        let ended = Ended::of(&mut run);
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        assert!(entries(&out).is_empty(), "{way}: {:?}", entries(&out));
        for video in &ended.report().videos {
            let error = error(video);
            assert!(error.contains("Permission denied"), "{way}: {error}");
        }
    }
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn a_directory_removed_midway_fails_the_video_that_was_in_it() {
    let place = Place::new();
    let videos = place.clips(3);
    let ffmpeg = place.path("ffmpeg");
    for way in WAYS {
        let out = place.out(way);
        // With the second video's first frame, everything goes, in one step: once
        // something is gone, this ffmpeg is killed.
        let text = "case \"$*\" in *v1.mp4*) ffmpeg \"$@\" | { head -c 8000; until ls -d \"$OUT\"/.unf*; do sleep 0.05; done >/dev/null 2>&1; mv \"$OUT\" \"$OUT.gone\"; cat; }; exit;; esac; exec ffmpeg \"$@\"";
        script(&ffmpeg, text);
        let mut options = vec!["--json", "-"];
        if way != "single" {
            options.extend(["-j", "1"]);
        }
        let mut run = place.command(way, &options, &videos);
        let ended = Ended::of(run.env("FFMPEG", &ffmpeg).env("OUT", &out));
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        let report = ended.report();
        let error = error(&report.videos[1]);
        assert!(error.contains("cannot write"), "{way}: {error}");
        for video in [&report.videos[0], &report.videos[2]] {
            assert_eq!(video.status(), Status::Success, "{way}");
        }
        assert_eq!(entries(&out), ["v2"], "{way}");
    }
}

#[test]
fn a_quota_on_file_size_is_an_error_of_that_file() {
    let place = Place::new();
    let videos = [place.clip("small.mp4"), place.path("large.mp4")];
    let large = "-f lavfi -i nullsrc=s=640x360:r=10:d=1,noise=alls=99 -c:v mpeg4 -q:v 2";
    crate::support::ffmpeg(large, &videos[1]);
    for way in WAYS {
        let run = place.command(way, &["--json", "-"], &videos);
        // 64 blocks of 512 bytes or 1024, by the shell.
        let ended = Ended::of(&mut crate::tools::limited("ulimit -f 64", &run));
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        let report = ended.report();
        assert_eq!(report.videos[0].status(), Status::Success, "{way}");
        let error = error(&report.videos[1]);
        assert!(error.contains("File too large"), "{way}: {error}");
        assert_eq!(entries(&place.out(way)), ["small"], "{way}");
    }
}
