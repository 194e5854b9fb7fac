//! `scripts/cluster.sh` on this machine: what it makes is what `demo-single` makes. On hosts it is
//! tested by `.ci/cluster.sh`.
#![cfg(unix)]

#[path = "demos/tools.rs"]
#[allow(dead_code)]
mod tools;

#[allow(dead_code)]
mod server;
mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::Command;

use server::{Answer, serve};
use tools::{Ended, Place, entries, tree};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/cluster.sh");

/// Why the script cannot be tested here, if it cannot: it would install GNU parallel.
fn impossible() -> Option<&'static str> {
    let says = |command: &str, words: &str| {
        let output = Command::new("bash").args(["-c", command]).output();
        output.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains(words))
    };
    if !says("parallel --version", "GNU parallel") {
        return Some("there is no GNU parallel");
    }
    (!says("((BASH_VERSINFO[0] >= 5)) && echo yes", "yes")).then_some("bash is older than 5")
}

/// Runs the script with the programs that this test was built with.
fn cluster(place: &Place, out: &str, options: &[&str], videos: &[impl AsRef<OsStr>]) -> Ended {
    Ended::of(&mut cluster_command(place, out, options, videos))
}

fn cluster_command(
    place: &Place,
    out: &str,
    options: &[&str],
    videos: &[impl AsRef<OsStr>],
) -> Command {
    let demo = tools::program("single");
    let programs = Path::new(demo.get_program()).parent().unwrap();
    let mut command = Command::new("bash");
    command.arg(SCRIPT).arg("--programs").arg(programs);
    command.current_dir(place.path("")).args(["--out", out]);
    command.args(["--frames", "3", "--sizes", "32,16"]);
    command.args(options).arg("--").args(videos);
    command
}

#[test]
fn a_cluster_of_this_machine_makes_what_demo_single_makes_and_goes_on_where_it_ended() {
    if let Some(reason) = impossible() {
        eprintln!("left out: {reason}");
        return;
    }
    let place = Place::new();
    let clip = place.clip("twin.mp4");
    fs::create_dir(place.path("sub")).unwrap();
    let odd = ["sub/twin.mkv", "-it's \"odd\": 50%d\n.mp4"].map(|name| {
        fs::copy(&clip, place.path(name)).unwrap();
        name
    });
    place.file("broken.mp4", "not a video");
    let videos: Vec<_> = ["twin.mp4", "broken.mp4", odd[0], odd[1], "twin.mp4"]
        .map(OsString::from)
        .into();
    place.run("single", &[], &videos);

    let ended = cluster(&place, "all", &[], &videos);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("broken.mp4: failed: not a video"));
    assert!(ended.stderr.contains("4 of 5 videos are done"));
    assert_eq!(tree(&place.path("all")), tree(&place.out("single")));
    assert_eq!(entries(&place.path("all")).len(), 4);

    fs::copy(&clip, place.path("broken.mp4")).unwrap();
    let ended = cluster(&place, "all", &[], &videos);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("4 of 5 videos are done already"));
    place.run("single", &[], &videos).success();
    assert_eq!(tree(&place.path("all")), tree(&place.out("single")));
}

/// `cd` prints where it goes, and goes elsewhere, for a directory that it finds by `CDPATH`.
#[test]
fn any_output_directory_will_do_and_cdpath_changes_nothing() {
    if let Some(reason) = impossible() {
        eprintln!("left out: {reason}");
        return;
    }
    let place = Place::new();
    place.clip("a.mp4");
    fs::create_dir_all(place.path("elsewhere/b")).unwrap();
    for out in [".", "-", "b//", "sub/../c", "./d e"] {
        fs::create_dir_all(place.path("sub")).unwrap();
        let mut command = cluster_command(&place, out, &["--no-resume"], &["a.mp4"]);
        let ended = Ended::of(command.env("CDPATH", place.path("elsewhere")));
        assert_eq!(ended.code, Some(0), "{out}: {}", ended.stderr);
        let made = place.path("").join(out).join("a");
        assert_eq!(entries(&made).len(), 3, "{out}");
        fs::remove_dir_all(made).unwrap();
    }
    assert!(entries(&place.path("elsewhere/b")).is_empty());
}

#[test]
fn a_cluster_replaces_nothing_that_a_user_has_put_there() {
    if let Some(reason) = impossible() {
        eprintln!("left out: {reason}");
        return;
    }
    let place = Place::new();
    let clip = place.clip("a.mp4");
    let names = ["b.mp4", "c.mp4", "link.mp4", "good.mp4"];
    for name in names {
        fs::copy(&clip, place.path(name)).unwrap();
    }
    let mine = ["all/a/2019/IMG.jpg", "all/b/1", "elsewhere/0/16.png"];
    for file in mine {
        place.file(file, "mine");
    }
    std::os::unix::fs::symlink(place.path("elsewhere"), place.path("all/link")).unwrap();
    let videos = ["a.mp4", "b.mp4", "c.mp4", "link.mp4", "good.mp4"];
    let ended = cluster(&place, "all", &[], &videos);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("a run makes: 2019"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("2 of 5 videos are done"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("it is a link"), "{}", ended.stderr);
    for file in mine {
        assert_eq!(fs::read_to_string(place.path(file)).unwrap(), "mine");
    }
    assert!(place.path("all/link").is_symlink());

    // A video of the run where the thumbnails of another would be.
    let video = place.file("all/good/0/v.mp4", fs::read(&clip).unwrap());
    let ended = cluster(
        &place,
        "all",
        &["--no-resume"],
        &["all/good/0/v.mp4", "good.mp4"],
    );
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("a video of this run is in it"),
        "{}",
        ended.stderr
    );
    let as_it_was = fs::read(&video).unwrap() == fs::read(&clip).unwrap();
    assert!(as_it_was);

    // A note in an earlier result; and files called like the script's own.
    place.file("all/c/0/note.txt", "mine");
    let ended = cluster(&place, "all", &["--no-resume"], &["c.mp4"]);
    assert!(ended.stderr.contains("0/note.txt"), "{}", ended.stderr);
    assert!(place.path("all/c/0/note.txt").exists());
    // The second ends in a NUL, as the list of what is done; so does an archive of tar.
    for (file, mine) in [("done", "mine"), ("done", "mine\0"), ("joblog", "mine")] {
        let file = place.file(&format!("{file}.cluster/{file}"), mine);
        let out = file.file_name().unwrap().to_str().unwrap();
        let ended = cluster(&place, out, &["--no-resume"], &["c.mp4"]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(&*file.to_string_lossy()),
            "{}",
            ended.stderr
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), mine);
    }
}

#[test]
fn what_lets_one_in_is_never_shown_and_addresses_are_done_once() {
    if let Some(reason) = impossible() {
        eprintln!("left out: {reason}");
        return;
    }
    let place = Place::new();
    let clip = place.clip("a.mkv");
    let served = serve(Answer::Whole(fs::read(&clip).unwrap()));
    let missing = serve(Answer::NotFound);
    let secret = |url: &str, name: &str| {
        let url = url.replace("http://", "http://me:s3cret@");
        url.replace("archive.tar.xz", &format!("{name}?token=s3cret"))
    };
    let videos = [
        secret(&served, "a.mkv"),
        secret(&served, "b.mkv"),
        secret(&missing, "c.mkv"),
    ];
    for done_already in [false, true] {
        let ended = cluster(&place, "all", &[], &videos);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let (stderr, already) = (&ended.stderr, "2 of 3 videos are done already");
        assert_eq!(stderr.contains(already), done_already, "{stderr}");
        assert!(stderr.contains("c.mkv?…: failed: "), "{stderr}");
        let mut written = stderr.clone();
        for name in ["done", "joblog"] {
            let text = fs::read_to_string(place.path("all.cluster").join(name)).unwrap();
            assert!(!text.is_empty());
            written.push_str(&text);
        }
        assert!(!written.contains("s3cret"), "{written}");
    }
    // Another address of the same name is another video.
    let other = cluster(&place, "all", &[], &[videos[0].replace("token=", "v=")]);
    assert!(
        other.stderr.contains("1 of 1 videos are done;"),
        "{}",
        other.stderr
    );
    assert!(!other.stderr.contains("already"), "{}", other.stderr);
}

#[test]
fn an_address_that_cannot_be_opened_leaves_no_secret_in_the_job_log() {
    if let Some(reason) = impossible() {
        eprintln!("left out: {reason}");
        return;
    }
    let place = Place::new();
    let videos = [
        "http://user:s3cret@host:99999/a.mp4?token=s3cret",
        "http://user:s3cret@[::1",
        "rtmp://h/d.mp4?token=s3cret",
        "/none/http://user:s3cret@h/e.mp4",
    ];
    let ended = cluster(&place, "all", &[], &videos);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let reason = "failed: no such file; as addresses only http:// and https:// are supported";
    for shown in ["http://host:99999/a.mp4?…", "rtmp://h/d.mp4?…"] {
        let line = format!("{shown}: {reason}");
        assert!(ended.stderr.contains(&line), "{}", ended.stderr);
    }
    let log = fs::read_to_string(place.path("all.cluster/joblog")).unwrap();
    assert!(log.contains("a.mp4"), "{log}");
    for text in [&ended.stdout, &ended.stderr, &log] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}
