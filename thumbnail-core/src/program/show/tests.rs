use proptest::collection::vec;
use proptest::prelude::*;

use super::fake::{failure, many, run, video};
use super::{Style, print};
use crate::measure::report::{Model, RunReport, VideoReport};
use crate::measure::span::{Span, Stage};

fn printed(run: &RunReport, colour: bool, width: usize) -> String {
    let mut text = Vec::new();
    print(run, &mut text, Style { colour, width }).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn without_colour_there_is_no_escape_and_with_it_nothing_else_changes() {
    let mut videos = many(5, 2);
    videos.push(failure("bad.mp4", 1, 5.4, "cut short"));
    let run = run(Model::Threads, videos);
    let (plain, coloured) = (printed(&run, false, 80), printed(&run, true, 80));
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(console::strip_ansi_codes(&coloured), plain);
}

#[test]
fn hostile_names_and_messages_do_no_harm() {
    let hostile = "\u{1b}[2J\u{1b}]0;x\u{7}\n\r\u{9b}31m\u{202e}.mp4";
    let mut videos = vec![video(hostile, 0, 0.0), failure(hostile, 1, 0.0, hostile)];
    for file in videos[0].frames[0].files.values_mut() {
        *file = format!("{hostile}/{hostile}/0/original.png");
    }
    let text = printed(&run(Model::Process, videos), false, 80);
    let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!text.contains(harmful), "{text:?}");
}

/// Spans one after the other, from random durations; the first is the wait in the queue.
fn any_video() -> impl Strategy<Value = VideoReport> {
    let spans = vec((0..5_usize, 0.0..50.0_f64, 0.0..1.0_f64), 0..12);
    (
        ".{0,60}",
        proptest::option::of("(.|\n){0,200}"),
        0..30_usize,
        spans,
    )
        .prop_map(|(source, error, lane, parts)| {
            let mut video = video(&source, lane, 0.0);
            video.error = error;
            video.spans.clear();
            let mut now = 0.0;
            for (index, (stage, seconds, pause)) in parts.into_iter().enumerate() {
                let stage = if index == 0 {
                    Stage::Queued
                } else {
                    Stage::ALL[stage.max(1)]
                };
                let end = now + seconds;
                video.spans.push(Span {
                    stage,
                    lane,
                    start: now,
                    end,
                    cpu_seconds: seconds,
                });
                now = end + if index == 0 { 0.0 } else { pause };
            }
            video
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_line_is_wider_than_the_page(
        videos in vec(any_video(), 0..40),
        width in 40..=200_usize,
    ) {
        let mut run = run(Model::Async, videos);
        // Where the thumbnails are is never shortened: it is there to be copied.
        let frames = run.videos.iter_mut().flat_map(|video| &mut video.frames);
        frames.for_each(|frame| frame.files.clear());
        let text = printed(&run, false, width);
        for line in text.lines() {
            prop_assert!(console::measure_text_width(line) <= width, "{line:?} in {width}");
        }
        let coloured = printed(&run, true, width);
        prop_assert_eq!(console::strip_ansi_codes(&coloured), text);
    }
}
