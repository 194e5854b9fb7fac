//! These need the ffmpeg of this machine; `scripts/ensure-ffmpeg.sh` brings one.

use super::*;
use crate::program::setup::find::Places;
use std::collections::HashSet;
use std::process::Command;

/// Small and short, so that making a clip takes an instant.
const TINY: Spec = Spec {
    width: 160,
    height: 96,
    seconds: 1,
    rate: 10,
};

fn ffmpeg() -> PathBuf {
    Places::of_this_process()
        .search()
        .unwrap()
        .expect("these tests need ffmpeg")
}

/// The clips, and whether the user was told that some are made.
fn tiny(dir: &Path, count: usize) -> (Vec<PathBuf>, bool) {
    let mut told = false;
    let clips = ensure_in(dir, &ffmpeg(), count, TINY, |_| told = true).unwrap();
    (clips, told)
}

/// A checksum of the decoded picture of every frame.
fn frames(clip: &Path) -> Vec<String> {
    let output = Command::new(ffmpeg())
        .args(["-loglevel", "error", "-nostdin", "-i"])
        .arg(clip)
        .args(["-f", "framemd5", "-"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let checksum = |line: &str| line.rsplit(' ').next().unwrap().to_owned();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(checksum)
        .collect()
}

#[test]
fn fifty_clips_differ_from_each_other() {
    let graphs: HashSet<String> = (0..50)
        .map(|index| picture::TestPicture::new(index, SPEC).graph)
        .collect();
    assert_eq!(graphs.len(), 50);
}

#[test]
fn every_kind_of_clip_moves_and_differs_from_the_others() {
    let dir = tempfile::tempdir().unwrap();
    // Two rounds: every kind, and every kind in a second hue.
    let (clips, _) = tiny(dir.path(), 12);
    let mut firsts = HashSet::new();
    for clip in clips {
        let frames = frames(&clip);
        assert_eq!(frames.len(), 10, "{}", clip.display());
        assert_ne!(frames[0], frames[9], "{} does not move", clip.display());
        assert!(
            firsts.insert(frames[0].clone()),
            "{} is like another",
            clip.display()
        );
    }
}

#[test]
fn clips_are_made_once_and_only_the_damaged_one_again() {
    let dir = tempfile::tempdir().unwrap();
    let (clips, told) = tiny(dir.path(), 3);
    assert!(told);
    assert_eq!(clips[2], dir.path().join("sample-3.mp4"));
    let when_made = |clip: &PathBuf| fs::metadata(clip).unwrap().modified().unwrap();
    let before: Vec<_> = clips.iter().map(when_made).collect();

    let (_, told) = tiny(dir.path(), 3);
    assert!(!told, "all of them are there");

    let mut bytes = fs::read(&clips[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&clips[0], bytes).unwrap();
    fs::remove_file(&clips[1]).unwrap();
    let (_, told) = tiny(dir.path(), 3);
    assert!(told);
    assert_eq!(frames(&clips[0]).len(), 10);
    assert!(clips[1].exists());
    assert_eq!(when_made(&clips[2]), before[2], "it was whole");
}

#[test]
fn a_clip_of_another_recipe_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path(), 1);
    let mut told = false;
    let longer = Spec { seconds: 2, ..TINY };
    let clips = ensure_in(dir.path(), &ffmpeg(), 1, longer, |_| told = true).unwrap();
    assert!(told);
    assert_eq!(frames(&clips[0]).len(), 20);
}

#[test]
fn what_a_user_has_under_the_names_of_clips_stays_and_is_named() {
    for mine in ["sample-1.mp4", "sample-1.mp4.crc32"] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(mine);
        fs::write(&file, "mine").unwrap();
        let error = ensure_in(dir.path(), &ffmpeg(), 1, TINY, |_| ()).unwrap_err();
        assert!(error.to_string().contains(mine), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    }
    // In the place of a clip that was made there.
    let dir = tempfile::tempdir().unwrap();
    let (clips, _) = tiny(dir.path(), 1);
    fs::write(&clips[0], "mine").unwrap();
    let error = ensure_in(dir.path(), &ffmpeg(), 1, TINY, |_| ()).unwrap_err();
    assert!(
        error.to_string().contains("sample-1.mp4 is in the way"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&clips[0]).unwrap(), "mine");
}

#[test]
fn a_checksum_without_a_size_is_that_of_a_clip() {
    let dir = tempfile::tempdir().unwrap();
    let (clips, _) = tiny(dir.path(), 1);
    let list = clips[0].with_extension("mp4.crc32");
    let recorded = fs::read_to_string(&list).unwrap();
    fs::write(&list, recorded.trim().split(' ').next().unwrap()).unwrap();
    assert!(!tiny(dir.path(), 1).1, "it is taken for whole");
}

#[test]
fn nothing_else_is_left_in_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path(), 1);
    let mut names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["sample-1.mp4", "sample-1.mp4.crc32"]);
}

#[test]
fn an_encoder_that_fails_gives_way_to_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let clip = dir.path().join("clip.mp4");
    let picture = picture::TestPicture::new(0, TINY);
    let encoders: [encode::Encoder; 2] = [("no_such_encoder", &[]), ("mpeg4", &[])];
    encode::make(&ffmpeg(), &encoders, &picture, 1, &clip).unwrap();
    assert_eq!(frames(&clip).len(), 10);

    let error = encode::make(&ffmpeg(), &encoders[..1], &picture, 1, &clip).unwrap_err();
    assert!(error.contains("no_such_encoder: "), "{error}");
    assert!(
        error.to_lowercase().contains("unknown encoder"),
        "ffmpeg's own words: {error}"
    );
}

#[test]
fn a_program_that_is_not_ffmpeg_is_named_in_the_error() {
    let dir = tempfile::tempdir().unwrap();
    let error = ensure_in(dir.path(), Path::new("/no/ffmpeg"), 1, TINY, |_| ()).unwrap_err();
    assert!(error.to_string().contains("/no/ffmpeg"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_real_clip_has_all_its_frames() {
    let dir = tempfile::tempdir().unwrap();
    let clips = ensure_in(dir.path(), &ffmpeg(), 1, SPEC, |_| ()).unwrap();
    assert_eq!(frames(&clips[0]).len(), 300);
}
