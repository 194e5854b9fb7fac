//! What stands in the output directory already.

use std::fs;
use std::path::Path;

use crate::support::{few, ffmpeg};
use crate::tools::{Ended, Place, WAYS, entries, error, tree};

#[test]
fn a_rerun_replaces_what_an_earlier_one_left() {
    let place = Place::new();
    let videos = [place.clip("v.mp4")];
    for way in WAYS {
        place.run(way, &[], &videos).success();
        let first = tree(&place.out(way));
        place
            .run(way, &["--frames", "2", "--format", "jpeg"], &videos)
            .success();
        let v = place.out(way).join("v");
        assert_eq!(entries(&v), ["0", "1"], "{way}");
        assert_eq!(
            entries(&v.join("0")),
            ["16.jpg", "32.jpg", "original.jpg"],
            "{way}"
        );
        place.run(way, &[], &videos).success();
        assert!(tree(&place.out(way)) == first, "{way}");
        assert_eq!(entries(&place.out(way)), ["v"], "{way}");
    }
}

#[test]
fn a_failed_rerun_leaves_what_was_there() {
    let place = Place::new();
    let video = place.clip("v.mp4");
    for way in WAYS {
        place.run(way, &[], &[&video]).success();
    }
    fs::write(&video, "no video any more").unwrap();
    for way in WAYS {
        assert_eq!(place.run(way, &[], &[&video]).code, Some(1), "{way}");
        assert_eq!(entries(&place.out(way).join("v")), ["0", "1", "2"], "{way}");
    }
}

#[test]
fn a_report_or_a_trace_takes_the_place_of_an_earlier_one_and_of_nothing_else() {
    let place = Place::new();
    let video = place.clip("v.mp4");
    for way in WAYS {
        for flag in ["--json", "--trace"] {
            let file = place.path(format!("{way}{flag}"));
            let run = |file: &Path| {
                let options = [flag, file.to_str().unwrap()];
                Ended::of(&mut place.command(way, &options, &[&video]))
            };
            for _ in 0..2 {
                assert_eq!(run(&file).code, Some(0), "{way} {flag}");
            }
            // The last two are what other programs write.
            let of_a_user = [
                "Dear Ada,",
                "{\"my\": \"settings\"}",
                r#"{"schema": 1, "model": "gpt", "videos": []}"#,
                r#"{"traceEvents": [{"name": "my page", "ph": "X", "ts": 0, "pid": 1}]}"#,
            ];
            for mine in of_a_user {
                fs::write(&file, mine).unwrap();
                let ended = run(&file);
                assert_eq!(ended.code, Some(1), "{way} {flag}");
                assert!(
                    ended.stderr.contains("of an earlier run; move it"),
                    "{}",
                    ended.stderr
                );
                assert_eq!(fs::read_to_string(&file).unwrap(), mine, "{way} {flag}");
            }
        }
    }
}

/// An empty file may be replaced, as one that `mktemp` has made; but a video that has not arrived yet may not.
#[test]
fn a_report_never_takes_the_place_of_a_video() {
    let place = Place::new();
    let file = place.path("arriving.mp4");
    fs::write(&file, "").unwrap();
    for way in WAYS {
        for flag in ["--json", "--trace"] {
            let options = [flag, file.to_str().unwrap()];
            let ended = Ended::of(&mut place.command(way, &options, &[&file]));
            assert_eq!(ended.code, Some(1), "{way} {flag}");
            assert!(
                ended.stderr.contains("it is one of the videos"),
                "{}",
                ended.stderr
            );
            assert_eq!(fs::metadata(&file).unwrap().len(), 0, "{way} {flag}");
        }
    }
}

#[test]
fn a_report_and_a_trace_never_take_each_others_place() {
    let place = Place::new();
    let video = place.clip("v.mp4");
    fs::create_dir(place.path("sub")).unwrap();
    for way in WAYS {
        let run = |json: &str, trace: &str| {
            let options = ["--json", json, "--trace", trace];
            Ended::of(&mut place.command(way, &options, &[&video]))
        };
        for other in ["one.json", "./one.json", "sub/../one.json"] {
            let ended = run("one.json", other);
            assert_eq!(ended.code, Some(2), "{way} {other}: {}", ended.stderr);
            assert!(!place.path("one.json").exists());
        }
        assert_eq!(run("report.json", "trace.json").code, Some(0));
        let ended = run("trace.json", "report.json");
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        assert_eq!(run("report.json", "trace.json").code, Some(0), "both stay");
    }
}

/// An animated picture under the name of a frame cannot be told from one that a run has made.
#[test]
fn a_video_of_the_run_is_never_replaced_by_what_is_made_of_another() {
    let place = Place::new();
    let video = place.clip("v.mp4");
    let moving = place.path("moving.png");
    let encode = "-f lavfi -i testsrc=s=64x36:r=5:d=1 -f apng";
    ffmpeg(encode, &moving);
    for way in WAYS {
        let input = place.file(
            &format!("out of {way}/v/0/original.png"),
            fs::read(&moving).unwrap(),
        );
        let link = place.path(format!("{way}.png"));
        std::fs::hard_link(&input, &link).unwrap();
        let ended = place.run(way, &["--format", "jpeg"], &[&video, &input]);
        let report = ended.report();
        let error = error(&report.videos[0]);
        assert!(
            error.contains("a video of this run is in it"),
            "{way}: {error}"
        );
        assert!(report.videos[1].error.is_none(), "{way}");
        assert!(
            fs::read(&input).unwrap() == fs::read(&moving).unwrap(),
            "{way}"
        );
    }
}

#[test]
fn a_foreign_directory_of_the_videos_name_is_left_alone() {
    let place = Place::new();
    let videos = [place.clip("v.mp4"), place.clip("w.mp4")];
    for way in WAYS {
        let foreign = place.out(way).join("v");
        fs::create_dir_all(&foreign).unwrap();
        fs::write(foreign.join("diary.txt"), "mine").unwrap();
        let ended = place.run(way, &[], &videos);
        assert_eq!(ended.code, Some(1), "{way}");
        let report = ended.report();
        let error = error(&report.videos[0]);
        assert!(
            error.contains("it exists and holds other files"),
            "{way}: {error}"
        );
        assert_eq!(entries(&foreign), ["diary.txt"], "{way}");
        assert_eq!(entries(&place.out(way)), ["v", "w"], "{way}");
    }
}

/// What a user may have in the place of a video's directory, in addition to what a run has made
/// there or instead of it: a path, and what is in the file (a directory if it ends in a slash).
const OF_A_USER: [(bool, &str, &str); 16] = [
    (false, "2019/IMG.jpg", "a photo"),
    (true, "7/", ""),
    (true, "03/letter.txt", "a letter"),
    (true, "0/notes.txt", "a note"),
    (true, "0/original.jpg", "a photo"),
    (true, "1/16/", ""),
    (false, "1", "a file"),
    (false, "0/320.png", "a file"),
    (false, "+49123/", ""),
    (true, "notes.txt", "a note"),
    (true, "7", "a file"),
    (true, "+3/letter.txt", "a letter"),
    (true, "18446744073709551616/letter.txt", "a letter"),
    (true, "0/320.png", "a file"),
    (true, "0/original.png.bak", "a copy"),
    (true, "0/deep/er/thesis.tex", "a thesis"),
];

#[test]
fn whatever_a_user_has_put_into_the_way_stays_and_is_named() {
    let place = Place::new();
    let videos = [place.clip("v.mp4")];
    for way in WAYS {
        for (earlier, path, content) in OF_A_USER.into_iter().take(few(6)) {
            let v = place.out(way).join("v");
            if earlier {
                place.run(way, &[], &videos).success();
            }
            let file = v.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            if path.ends_with('/') {
                fs::create_dir(&file).unwrap();
            } else {
                fs::write(&file, content).unwrap();
            }
            let before = tree(&v);
            let ended = place.run(way, &[], &videos);
            assert_eq!(ended.code, Some(1), "{way}: {path}");
            let report = ended.report();
            let error = error(&report.videos[0]);
            // The directory is named where it is not one of a run's, and else what is in it.
            let first = path.split('/').next().unwrap();
            assert!(error.contains(&format!(": {first}")), "{path}: {error}");
            assert!(file.exists() && tree(&v) == before, "{way}: {path}");
            assert_eq!(entries(&place.out(way)), ["v"], "{way}: {path}");
            fs::remove_dir_all(&v).unwrap();
        }
    }
}

#[test]
#[cfg(unix)]
fn links_in_an_earlier_result_are_neither_followed_nor_removed() {
    let place = Place::new();
    let videos = [place.clip("v.mp4")];
    let photo = place.file("mine/16.png", "");
    for way in WAYS {
        for link in ["3", "0/640.png"] {
            place.run(way, &[], &videos).success();
            let target = match link {
                "3" => photo.parent().unwrap(),
                _ => &photo,
            };
            let link = place.out(way).join("v").join(link);
            std::os::unix::fs::symlink(target, &link).unwrap();
            assert_eq!(place.run(way, &[], &videos).code, Some(1), "{way}");
            assert!(link.is_symlink() && photo.exists(), "{way}");
            fs::remove_file(link).unwrap();
        }
    }
}

#[test]
fn a_directory_that_only_looks_unfinished_stays() {
    let place = Place::new();
    let videos = [place.clip("v.mp4")];
    for way in WAYS {
        let drafts = ["2024/draft.txt", "secret/0/notes.txt", "abcdef/1/diary.txt"];
        for draft in drafts {
            let draft = place.out(way).join(format!(".unfinished-{draft}"));
            fs::create_dir_all(draft.parent().unwrap()).unwrap();
            fs::write(draft, "mine").unwrap();
        }
        place.run(way, &[], &videos).success();
        for draft in drafts {
            let draft = place.out(way).join(format!(".unfinished-{draft}"));
            assert!(draft.exists(), "{way}: {}", draft.display());
        }
    }
}

#[test]
fn an_output_path_that_is_a_file_is_an_error_that_names_it() {
    let place = Place::new();
    let videos = place.clips(2);
    for way in WAYS {
        let out = place.out(way);
        fs::write(&out, "a file").unwrap();
        let ended = place.run(way, &[], &videos);
        assert_eq!(ended.code, Some(1), "{way}");
        for video in &ended.report().videos {
            let error = error(video);
            assert!(
                error.contains(&format!("cannot write {}", out.display())),
                "{error}"
            );
            assert!(error.contains("--out names a directory"), "{error}");
        }
        assert_eq!(fs::read_to_string(&out).unwrap(), "a file", "{way}");
    }
}
