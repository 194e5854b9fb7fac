//! What stands in the output directory already.

use std::fs;

use crate::tools::{Place, WAYS, entries, error, tree};

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
            assert!(error.contains("--out"), "{error}");
        }
        assert_eq!(fs::read_to_string(&out).unwrap(), "a file", "{way}");
    }
}
