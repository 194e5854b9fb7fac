//! The model decides when the work is done, and never what comes out.

use crate::support::{few, ffmpeg};
use crate::tools::{Place, WAYS, tree};

#[test]
fn every_model_delay_and_format_gives_the_same_bytes() {
    let place = Place::new();
    let turned = place.path("turned.mkv");
    let mixed = "-f lavfi -i testsrc2=s=97x55:r=25:d=1 -f lavfi -i sine=d=1 -c:v mjpeg -c:a flac";
    ffmpeg(mixed, &turned);
    let videos = [place.clip("plain.mp4"), turned];
    for (format, kinds) in [
        ("png", &["cpu", "wait"][..]),
        ("jpeg", &["wait"]),
        ("webp", &["cpu"]),
    ] {
        let mut first = None;
        for kind in kinds.iter().take(few(1)) {
            let delay = ["--delay", "30ms", "--delay-kind", kind, "--format", format];
            for way in WAYS {
                let report = place.run(way, &delay, &videos).success();
                let files = tree(&place.out(way));
                let named = report.videos.iter().flat_map(|v| &v.frames);
                let named = named.map(|f| f.files.len()).sum::<usize>();
                // Two videos, three frames, the original and two sizes.
                assert_eq!((files.len(), named), (18, 18), "{way} {format} {kind}");
                let expected = first.get_or_insert_with(|| files.clone());
                assert!(files == *expected, "{way} {format} {kind} differs");
            }
        }
    }
}

#[test]
fn the_report_names_each_file_where_it_is() {
    let place = Place::new();
    let videos = [place.clip("a.mp4")];
    for way in WAYS {
        let report = place.run(way, &[], &videos).success();
        let video = &report.videos[0];
        assert_eq!(video.source, videos[0].to_string_lossy());
        assert_eq!(video.out_dir(), place.out(way).join("a").to_str(), "{way}");
        for (position, frame) in video.frames.iter().enumerate() {
            assert_eq!(frame.position, position);
            let labels: Vec<_> = frame.files.keys().map(String::as_str).collect();
            assert_eq!(labels, ["16", "32", "original"], "{way}");
            for (label, file) in &frame.files {
                let (width, _) = image::image_dimensions(file).unwrap();
                assert_eq!(width, label.parse().unwrap_or(64), "{file}");
            }
        }
        // Ten frames at ten a second: 0, round(9 / 2) half to even, 9.
        let times: Vec<_> = video.frames.iter().map(|f| f.timestamp_seconds).collect();
        assert_eq!(times, [0.0, 0.4, 0.9], "{way}");
    }
}
