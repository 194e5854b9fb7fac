use crate::program::show::Style;
use crate::program::show::fake::{failure, left_over, many, video};
use crate::program::show::timeline::{Scale, timeline};

const STYLE: Style = Style {
    colour: false,
    width: 80,
};

#[test]
fn two_videos_on_two_lanes_lie_one_above_the_other() {
    let videos = [video("sample-1.mp4", 0, 0.0), video("sample-2.mp4", 1, 0.0)];
    let expected = "\
lane 0  sample-1.mp4  DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDEESEESEESEESEES
lane 1  sample-2.mp4  DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDEESEESEESEESEES
                      └──────────┴─────────┴──────────┴─────────┴──────────┴───┘
                      0 s       0.5       1.0        1.5       2.0        2.70 s

· queued   D delay   E extract   R resize   S save
A character is 47 ms and shows what took most of it.
";
    assert_eq!(timeline(&videos, 2.7, STYLE), expected);
}

#[test]
fn waiting_is_seen_in_the_queue_and_between_stages() {
    let mut videos = many(3, 2);
    videos.push(failure("bad.mp4", 1, 2.7, "cut short"));
    videos.push(left_over("late.mp4"));
    // The first video waits for a core before its first frame.
    for span in videos[0].spans.iter_mut().skip(2) {
        span.start += 0.4;
        span.end += 0.4;
    }
    let expected = "\
lane 0  clip-00.mp4  DDDDDDDDDDDDDDDDDDDDD-----EESEESE
        clip-02.mp4  ·····························DDDDDDDDDDDDDDDDDDDDDESEESEES
lane 1  clip-01.mp4  DDDDDDDDDDDDDDDDDDDDDESEESEES
        bad.mp4      ·····························DDDDDDDDDDDDDDDDDDDDD!
-       late.mp4     no times recorded
                     └──────────┴─────────┴──────────┴──────────┴──────────┴───┘
                     0 s        1         2          3          4         5.40 s

· queued   D delay   E extract   R resize   S save
- waiting for a core, 0.4 s in all   ! failed
A character is 93 ms and shows what took most of it.
";
    assert_eq!(timeline(&videos, 5.4, STYLE), expected);
}

#[test]
fn many_videos_have_one_row_a_lane() {
    let expected = "\
lane 0  6 videos     DDDDDDDEESdddddddeeDDDDDDDDEEdddddddeesDDDDDDDEEddddddddee
lane 1  6 videos     DDDDDDDEESdddddddeeDDDDDDDDEEdddddddeesDDDDDDDEEddddddddee
lane 2  6 videos     DDDDDDDEESdddddddeeDDDDDDDDEEdddddddeesDDDDDDDEEddddddddee
in flight, max 3     ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
queued, max 15       ▇▇▇▇▇▇▇▇▇▇▆▆▆▆▆▆▆▆▆▅▅▅▅▅▅▅▅▅▅▃▃▃▃▃▃▃▃▃▃▂▂▂▂▂▂▂▂▂▁
                     └─────────────────┴─────────────────┴─────────────────┴───┘
                     0 s               5                10               16.20 s

D delay   E extract   R resize   S save
A character is 279 ms and shows what took most of it.
Capital and small letters take turns from video to video.
";
    assert_eq!(timeline(&many(18, 3), 16.2, STYLE), expected);
}

#[test]
fn runs_drawn_with_one_scale_line_up() {
    let (one, other) = (
        [video("a.mp4", 0, 0.0)],
        [video("a-longer-name.mp4", 10, 2.7)],
    );
    let scale = Scale::new(&[&one, &other], 5.4, STYLE);
    let column = |row: &str| row.chars().position(|c| c == 'D').unwrap();
    let ruler = scale.axis().chars().position(|c| c == '└').unwrap();
    assert_eq!(column(&scale.rows(&one)), ruler);
    let cells = STYLE.width - ruler - 1;
    assert_eq!(column(&scale.rows(&other)), ruler + cells.div_ceil(2));
}

#[test]
fn what_follows_in_time_never_overlaps_and_nothing_vanishes() {
    // Ends and starts in the middle of a cell, and a video far shorter than a cell.
    let mut brief = failure("brief.mp4", 0, 2.7, "empty");
    brief.spans.truncate(1);
    let videos = [video("a.mp4", 0, 0.0), brief, video("b.mp4", 0, 2.7)];
    for width in 40..200 {
        let drawn = timeline(
            &videos,
            5.431,
            Style {
                colour: false,
                width,
            },
        );
        let rows: Vec<Vec<char>> = drawn
            .lines()
            .take(3)
            .map(|row| row.chars().collect())
            .collect();
        let start = rows[2].iter().position(|c| *c == 'D').unwrap();
        assert_eq!(rows[0].len(), start, "at width {width}:\n{drawn}");
        assert!(rows[1].contains(&'!'), "at width {width}:\n{drawn}");
    }
}
