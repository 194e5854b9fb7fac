//! Few descriptors, few processes, little memory.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use thumbnail_core::measure::report::Status;

use crate::tools::{Ended, Place, WAYS, entries, error, limited};

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn sixty_four_descriptors_do_for_two_hundred_videos() {
    let place = Place::new();
    let videos = vec![place.clip("v.mp4"); 200];
    for way in WAYS {
        let run = place.command(
            way,
            &["--json", "-", "--frames", "1", "--sizes", "16"],
            &videos,
        );
        Ended::of(&mut limited("ulimit -n 64", &run)).success();
        assert_eq!(entries(&place.out(way)).len(), 200, "{way}");
    }
}

/// A shell's limit is raised as far as it may be; where that is not far enough, the error names it.
#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn too_few_descriptors_are_an_error_that_names_the_limit() {
    let place = Place::new();
    let videos = vec![place.clip("v.mp4"); 12];
    for way in WAYS {
        let mut options = vec!["--json", "-", "--frames", "1", "--sizes", "16"];
        if way != "single" {
            options.extend(["-j", "12"]);
        }
        let run = place.command(way, &options, &videos);
        Ended::of(&mut limited("ulimit -Sn 10", &run)).success();

        let ended = Ended::of(&mut limited("ulimit -n 10", &run));
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        assert!(
            ended
                .stderr
                .contains("only 10 open files are allowed: raise"),
            "{way}: {}",
            ended.stderr
        );

        let ended = Ended::of(&mut limited("ulimit -n 32", &run));
        for video in ended.report().videos {
            if video.status() == Status::Failed {
                let error = error(&video);
                assert!(
                    error.contains("raise the limit on open files"),
                    "{way}: {error}"
                );
            }
        }
    }
}

/// The number of a user who runs nothing but what this test starts.
fn user() -> String {
    (10_000 + std::process::id() % 50_000).to_string()
}

/// The processes of a user, zombies too.
fn processes_of(user: &str) -> Vec<String> {
    fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.metadata().is_ok_and(|m| m.uid().to_string() == user))
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
        .collect()
}

/// `command` as a user who runs nothing else, with a limit on processes; `None` where this user
/// may not become another (root itself has no limit).
fn few_processes(limit: u32, command: &Command) -> Option<Command> {
    let user = user();
    let user = ["--reuid", &user, "--regid", &user, "--clear-groups"];
    let may = Command::new("setpriv").args(user).arg("true").status();
    if !may.is_ok_and(|s| s.success()) {
        eprintln!("not tried: this user cannot become another");
        return None;
    }
    let mut few = Command::new("prlimit");
    few.arg(format!("--nproc={limit}"))
        .arg("setpriv")
        .args(user);
    few.arg(command.get_program()).args(command.get_args());
    few.env("HOME", "/nonexistent");
    Some(few)
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn few_processes_are_an_error_that_names_the_limit() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let videos = place.clips(4);
    let everyone = fs::Permissions::from_mode(0o777);
    fs::set_permissions(place.path(""), everyone).unwrap();
    // A program in a directory that others may enter.
    for way in WAYS {
        let mut words = way.split(' ');
        let program = place.path(format!("demo-{}", words.next().unwrap()));
        fs::copy(crate::tools::program(way).get_program(), &program).unwrap();
        for limit in [1, 3, 6, 10, 14, 20, 50] {
            let mut run = Command::new(&program);
            run.args(words.clone()).arg("--out").arg(place.out(way));
            run.args([
                "--no-download",
                "--delay",
                "0s",
                "--frames",
                "2",
                "--json",
                "-",
                "--",
            ]);
            run.args(&videos);
            let Some(mut run) = few_processes(limit, &run) else {
                return;
            };
            let ended = Ended::of(&mut run);
            assert!(
                matches!(ended.code, Some(0 | 1)),
                "{way} {limit}: {ended:?}"
            );
            let left = processes_of(&user());
            assert!(left.is_empty(), "{way} {limit}: {left:?}");
            // Without a thread for signals there is no run, and no report.
            if ended.stdout.is_empty() {
                assert!(
                    ended.stderr.starts_with("error: "),
                    "{way} {limit}: {ended:?}"
                );
                continue;
            }
            for video in &ended.report().videos {
                if video.status() == Status::Failed {
                    assert!(
                        !error(video).contains("please report"),
                        "{way} {limit}: {video:?}"
                    );
                }
            }
            if limit == 50 {
                ended.success();
            }
        }
    }
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn little_memory_fails_the_videos_that_need_more() {
    let place = Place::new();
    // 8192x4096: 100 MB as RGB.
    let large = place.path("large.mov");
    let picture =
        "-f lavfi -i color=red:s=8192x4096:r=5:d=1 -c:v mjpeg -pix_fmt yuvj420p -threads 1";
    crate::support::ffmpeg(picture, &large);
    let videos = [place.clip("a.mp4"), large, place.clip("b.mp4")];
    for way in WAYS {
        // From too little for ffmpeg itself to enough for all but two large pictures at once.
        for kilobytes in [200_000, 400_000, 550_000, 700_000] {
            let run = place.command(way, &["--json", "-", "--frames", "1"], &videos);
            let ended = Ended::of(&mut limited(&format!("ulimit -v {kilobytes}"), &run));
            assert!(
                matches!(ended.code, Some(0 | 1)),
                "{way} {kilobytes}: {ended:?}"
            );
            for video in &ended.report().videos {
                if let Some(error) = &video.error {
                    let of_memory = [
                        "memory",
                        "no further thread",
                        "exit status: 127",
                        "allocate",
                    ];
                    let names_it = of_memory.iter().any(|word| error.contains(word));
                    assert!(names_it, "{way} {kilobytes} {}: {error}", video.source);
                }
            }
        }
        let run = place.command(way, &["--json", "-", "--frames", "1"], &videos);
        Ended::of(&mut limited("ulimit -v 4000000", &run)).success();
    }
}
