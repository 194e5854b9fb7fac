//! `--contact-sheet`: one picture of all frames of a video with their times.

use std::fs;
use std::path::Path;

use image::RgbImage;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use crate::support::ffmpeg;
use crate::tools::{Place, WAYS, entries, error, tree};

const SHEET: [&str; 1] = ["--contact-sheet"];

/// What stands between the frames, in pixels, and how high the text below each is.
const GAP: u32 = 8;
const TEXT_HEIGHT: u32 = 20;

fn read(file: impl AsRef<Path>) -> RgbImage {
    image::open(file).unwrap().to_rgb8()
}

/// The text of so many characters that is written from here on, read as a person would: each character
/// is the one whose shape it has.
fn text(sheet: &RgbImage, characters: u32, left: u32, top: u32) -> String {
    let width = u32::try_from(get_raster_width(FontWeight::Regular, RasterHeight::Size20)).unwrap();
    let difference = |candidate: char, left: u32| {
        let glyph = get_raster(candidate, FontWeight::Regular, RasterHeight::Size20).unwrap();
        let points = glyph
            .rows()
            .zip(top..)
            .flat_map(|(row, y)| row.iter().zip(left..).map(move |(light, x)| (*light, x, y)));
        let points = points.map(|(light, x, y)| light.abs_diff(sheet.get_pixel(x, y)[0]));
        points.map(u64::from).sum::<u64>()
    };
    let place = |n| left + n * width;
    let alike = |n| {
        "0123456789:. "
            .chars()
            .min_by_key(|c| difference(*c, place(n)))
    };
    (0..characters).map(|n| alike(n).unwrap()).collect()
}

#[test]
fn a_contact_sheet_shows_every_frame_with_its_time() {
    let place = Place::new();
    let video = place.path("v.mkv");
    // Frames wider than a time, so that they stand side by side without a margin.
    ffmpeg("-f lavfi -i testsrc2=s=200x100:r=10:d=70 -c:v ffv1", &video);
    let report = place
        .run(
            "single",
            &["--contact-sheet", "--at", "0,1.5,0:42,1:09.9,1"],
            &[&video],
        )
        .success();
    let video = &report.videos[0];
    let sheet = video.contact_sheet.as_deref().unwrap();
    assert_eq!(
        Path::new(sheet),
        place.out("single").join("v/contact-sheet.png")
    );
    let sheet = read(sheet);
    assert_eq!(
        sheet.dimensions(),
        (3 * 208 + GAP, 2 * (100 + TEXT_HEIGHT + GAP) + GAP)
    );
    let times = ["0:00.000", "0:01.500", "0:42.000", "1:09.900", "0:01.000"];
    for ((n, frame), time) in (0..).zip(&video.frames).zip(times) {
        let (left, top) = (GAP + n % 3 * 208, GAP + n / 3 * 128);
        let found = image::imageops::crop_imm(&sheet, left, top, 200, 100).to_image();
        assert!(found == read(&frame.files["original"]), "{time}");
        let (characters, width) = (8, 9);
        let middle = left + (200 - characters * width) / 2;
        assert_eq!(text(&sheet, characters, middle, top + 100), time);
    }
}

#[test]
fn frames_on_a_contact_sheet_keep_their_shape() {
    let place = Place::new();
    // Shown 640x360 and 180x320.
    let wide = "-f lavfi -i color=red:s=480x360:r=10:d=1 -vf setsar=4/3 -c:v ffv1";
    let high = "-f lavfi -i color=red:s=180x320:r=10:d=1 -c:v ffv1";
    for (name, arguments, size) in [
        ("wide.mkv", wide, (320, 240 * 3 / 4)),
        ("high.mkv", high, (180, 320)),
    ] {
        let video = place.path(name);
        ffmpeg(arguments, &video);
        let report = place.run("single", &["--contact-sheet", "--frames", "1"], &[video]);
        let report = report.success();
        let sheet = read(report.videos[0].contact_sheet.as_deref().unwrap());
        let (width, height) = sheet.dimensions();
        assert_eq!(
            (width - 2 * GAP, height - 2 * GAP - TEXT_HEIGHT),
            size,
            "{name}"
        );
        let red = sheet.pixels().filter(|p| p[0] > 200 && p[1] < 20).count();
        assert_eq!(red, (size.0 * size.1) as usize, "{name}");
    }
}

#[test]
fn every_model_makes_the_same_contact_sheet() {
    let place = Place::new();
    let videos = place.clips(2);
    for (format, extension) in [("png", "png"), ("jpeg", "jpg"), ("webp", "webp")] {
        let mut first = None;
        for way in WAYS {
            let report = place.run(way, &["--contact-sheet", "--format", format], &videos);
            for video in report.success().videos {
                let expected =
                    Path::new(video.out_dir().unwrap()).join(format!("contact-sheet.{extension}"));
                assert_eq!(video.contact_sheet.as_deref(), expected.to_str(), "{way}");
                assert!(expected.is_file(), "{way} {format}");
            }
            let files = tree(&place.out(way));
            let expected = first.get_or_insert_with(|| files.clone());
            assert!(files == *expected, "{way} {format} differs");
        }
    }
}

#[test]
fn a_rerun_with_or_without_a_contact_sheet_replaces_what_was_there() {
    let place = Place::new();
    let videos = [place.clip("v.mp4")];
    for way in WAYS {
        let v = place.out(way).join("v");
        for (options, found) in [
            (&SHEET[..], "contact-sheet.png"),
            (
                &["--contact-sheet", "--format", "jpeg"],
                "contact-sheet.jpg",
            ),
            (&[], ""),
            (&SHEET, "contact-sheet.png"),
        ] {
            let report = place.run(way, options, &videos).success();
            let mut expected = vec!["0", "1", "2"];
            expected.extend(Some(found).filter(|name| !name.is_empty()));
            assert_eq!(entries(&v), expected, "{way} {options:?}");
            assert_eq!(report.videos[0].contact_sheet.is_some(), !found.is_empty());
            assert_eq!(entries(&place.out(way)), ["v"], "{way}");
        }
    }
}

#[test]
fn what_a_user_has_called_a_contact_sheet_stays_and_is_named() {
    let place = Place::new();
    let videos = [place.clip("v.mp4")];
    for (name, earlier) in [
        ("contact-sheet.png", false),
        ("contact-sheet.png", true),
        ("contact-sheet.txt", true),
    ] {
        let v = place.out("threads").join("v");
        if earlier {
            place.run("threads", &[], &videos).success();
        }
        let file = v.join(name);
        fs::create_dir_all(&v).unwrap();
        fs::write(&file, "a list of people").unwrap();
        let ended = place.run("threads", &SHEET, &videos);
        assert_eq!(ended.code, Some(1), "{name}");
        let report = ended.report();
        assert!(error(&report.videos[0]).contains(name), "{report:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "a list of people");
        fs::remove_dir_all(&v).unwrap();
    }
}
