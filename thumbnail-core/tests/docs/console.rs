//! Every console block is run, and gives what the page prints.
//!
//! The pages show real runs. No other run has the same figures, so what is compared is the form: any
//! number (with its unit) fits a number, and any row of the timeline fits a row. A line of three dots
//! stands for any lines, and a command without output may give any.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use crate::pages::{pages, root};
use crate::support::demo;

/// What a command on a page becomes here, in turn.
///
/// - The demos are built already, so cargo does not have to look.
/// - What runs for minutes, installs or measures is asked for its help, or only has to be there.
const INSTEAD: [(&str, &str); 9] = [
    (
        r"cargo run -qr -p demo-(\w+) --example (\w+)",
        r#""$$CARGO" run -q --manifest-path "$$ROOT/Cargo.toml" -p demo-$1 --example $2"#,
    ),
    (
        r"cargo run -qr -p demo-(\w+)( --)?",
        "demo-$1 --no-download",
    ),
    (r"target/release/demo-(\w+)", "demo-$1"),
    (
        r"python3 scripts/(\S+)( -.*)?$",
        r#"python3 "$$ROOT/scripts/$1" --delay 0.02 --runs 1"#,
    ),
    (r"scripts/compare\.sh.*$", "compare --help"),
    (
        r"scripts/(test|ensure-ffmpeg)\.sh.*$",
        r#"test -x "$$ROOT/scripts/$1.sh""#,
    ),
    (r"cargo (test|doc) .*$", r#""$$CARGO" $1 --help"#),
    (r"wc -l (.*)$", r#"cd "$$ROOT" && wc -l $1"#),
    (r"diff (\S+) (\S+)$", r#"diff "$$ROOT/$1" "$$ROOT/$2""#),
];

/// Little work for every video: the form of what is printed is the same.
const LESS: [(&str, &str); 2] = [
    (r"--delay 1s", "--delay 100ms"),
    (
        r"demo-(\w+) --no-download",
        "demo-$1 --no-download --frames 2 --sizes 160",
    ),
];

fn instead(command: &str) -> String {
    // Whoever looks at the clock counts on the work.
    let by_the_clock = ["sleep ", "timeout "].iter().any(|c| command.contains(c));
    let less: &[_] = if by_the_clock { &[] } else { &LESS };
    let all = INSTEAD.iter().chain(less);
    let command = all.fold(command.to_owned(), |command, (from, to)| {
        let from = Regex::new(from).unwrap();
        from.replace_all(&command, *to).into_owned()
    });
    // Where other programs had the cores, a run says so; the pages were made where none did.
    if command.starts_with("demo-") && !command.contains('&') {
        format!("set -o pipefail; {command} 2>&1 | sed '/ x its CPU time: /d'")
    } else {
        command
    }
}

/// A line of output as trycmd wants it, where `[..]` stands for anything.
fn any_figures(line: &str) -> String {
    static ROW: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^(lane +\d+|-)? +(\S+\.mp4)  [DWERSdwers·!-]+$").unwrap());
    static RULER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^ +(└[─┴]+┘|0 s .*)$").unwrap());
    static LEGEND: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^· queued .*$").unwrap());
    // The widths of columns depend on the figures.
    static SPACES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"  +").unwrap());
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r" ?\d+(\.\d+)?( ms\b| s\b)?").unwrap());
    // On one core there is one worker.
    static COUNT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+ (worker|core)s?\b").unwrap());
    static TWICE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\[\.\.\])+").unwrap());
    if RULER.is_match(line) {
        return "[..]".into();
    }
    let line = ROW.replace(line, "[..]$2  [..]");
    let line = LEGEND.replace(&line, "[..] delay[..]");
    let line = SPACES.replace_all(&line, "[..]");
    let line = COUNT.replace_all(&line, "[..] $1[..]");
    let line = NUMBER.replace_all(&line, "[..]");
    TWICE.replace_all(&line, "[..]").into_owned()
}

/// A block as a case for trycmd.
fn case(block: &str) -> String {
    let mut case = vec!["```console".to_owned()];
    let mut lines = block.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("$ ") {
            let command = shlex::try_quote(&instead(command)).unwrap().into_owned();
            case.push(format!("$ bash -c {command}"));
            case.extend(lines.next_if(|l| l.starts_with("? ")).map(str::to_owned));
        } else {
            case.push(any_figures(line));
        }
        if lines.peek().is_none_or(|next| next.starts_with("$ ")) {
            let end = match line {
                line if line.starts_with("$ ") => "...",
                "..." => continue,
                // To trycmd, the last line's end belongs to the block and not to the output.
                _ => "",
            };
            case.push(end.to_owned());
        }
    }
    case.push("```\n".to_owned());
    case.join("\n")
}

#[test]
#[ignore = "slow: .ci/run runs it"]
fn every_console_block_gives_what_it_shows() {
    let dir = tempfile::tempdir().unwrap();
    for page in pages() {
        for (number, block) in page.blocks_in("console").iter().enumerate() {
            let name = page
                .path
                .with_extension("")
                .to_string_lossy()
                .replace('/', "-");
            let path = dir.path().join(format!("{name}-{number}.md"));
            fs::write(&path, case(block)).unwrap();
            // Its working directory.
            fs::create_dir(path.with_extension("in")).unwrap();
        }
    }
    let demo = demo("single");
    let programs = Path::new(demo.get_program()).parent().unwrap();
    let mut path = vec![programs.to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let path = std::env::join_paths(path).unwrap();
    trycmd::TestCases::new()
        .case(dir.path().join("*.md"))
        .timeout(Duration::from_secs(300))
        // Programs that nobody registers would be left out without a word.
        .register_bin("bash", which::which("bash").unwrap())
        .env("PATH", path.to_str().unwrap())
        .env("ROOT", root().to_str().unwrap())
        .env("CARGO", env!("CARGO"))
        .env("PROGRAMS", programs.to_str().unwrap())
        .run();
}

#[test]
fn a_number_fits_a_number_and_a_row_fits_a_row() {
    let same = |one, other| assert_eq!(any_figures(one), any_figures(other));
    same(
        "2 videos in 2.75 s: 2.7 s of stages",
        "2 videos in 12.05 s: 9.1 s of stages",
    );
    same("delay        2    2.001", "delay        2   12.001");
    same(
        "lane 0  sample-1.mp4  DDDEEE",
        "        sample-1.mp4  ···DDD-ESR!",
    );
    assert_ne!(any_figures("2 videos"), any_figures("2 files"));
}
