#!/usr/bin/env bash
# Runs the comparison and puts its picture, its findings and its tables into README.md, between the two
# marks there. Options are passed on to compare.sh. On a machine that was not quiet nothing is changed.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/../.."

made=target/readme
report=$made/report
mkdir -p "$made"
scripts/compare.sh --out "$report" "$@"
if jq -e '.findings[0] | startswith("The machine was not quiet")' "$report/report.json" >/dev/null; then
    echo "update-readme.sh: the machine was not quiet, so README.md stays as it is" >&2
    exit 1
fi
cp "$report/waiting.svg" scripts/compare/timeline.svg

# The medians, by model and kind of delay. Python's figures are published ones, of work.
jq -r '
    def hundredths: (. * 100 | round) as $n | "\($n / 100 | floor).\($n % 100 | if . < 10 then "0\(.)" else . end)";
    def row($kind; $row): .scenarios[] | select(.delay.kind == $kind).rows[] | select(.id == $row);
    def faster($kind; $row): row($kind; $row) | 1 / .ratio | hundredths;
    def wall($kind; $row): row($kind; $row) | "\(.wall.median | hundredths) s | \(1 / .ratio | hundredths) ×";
    def own($row): row("wait"; $row).runs | "\(map(.own_threads) | max) | \(map(.own_memory_bytes) | max / 1048576 | round) MiB";
    def waits($row; $name): "| \($name) | \(wall("wait"; $row)) | \(own($row)) |";
    def works($row; $name; $python): "| \($name) | \(wall("cpu"; $row)) | \($python) |";
    (.options.videos | length) as $videos |
    "**Waiting needs many workers. Threads and tasks both do it.** With a thread for each of \($videos) videos, waiting is",
    "\(faster("wait"; "threads-many")) times faster than one after another, with async tasks on one thread \(faster("wait"; "async")) times. With only as many",
    "threads as cores it is \(faster("wait"; "threads")) times.",
    "",
    "| 1 s of waiting before each of \($videos) videos | time | faster | threads¹ | memory¹ |",
    "|---|---:|---:|---:|---:|",
    waits("single"; "single"), waits("threads"; "threads, as many as cores"), waits("threads-many"; "threads, one per video"),
    waits("process"; "process, as many as cores"), waits("async"; "async"), waits("async-blocking"; "async --blocking, the mistake"),
    "",
    "¹ of the program itself, at most; each ffmpeg comes on top.",
    "",
    "**Work needs cores.** On \(.machine.cores) cores it can gain a factor of \(.machine.cores). In Rust threads do; in the Python original only processes",
    "did, because its interpreter lock lets one thread run at a time.",
    "",
    "| 1 s of CPU work before each of \($videos) videos | time | faster | Python²: faster |",
    "|---|---:|---:|---:|",
    works("single"; "single"; "1.00 ×"), works("threads"; "threads, as many as cores"; "1.02 ×"), works("process"; "process, as many as cores"; "1.61 ×"),
    works("async"; "async, work on a pool"; "0.87 ×"), works("async-blocking"; "async --blocking, the mistake"; "0.87 ×"),
    "",
    "² The published figures of [the original](thumbnail-core/docs/from-python.md), whose asyncio blocks.",
    "",
    "Medians of \(.options.runs) runs; *faster* is than single; all made the same files, byte for byte. \(.machine.cpu),",
    "\(.machine.cores) cores, ffmpeg \(.machine.ffmpeg)."
' "$report/report.json" >"$made/block.md"

awk -v block="$made/block.md" '
    /<!-- end of what was measured -->/ { skip = 0 }
    !skip { print }
    /<!-- measured by/ { print ""; while ((getline line < block) > 0) print line; print ""; skip = 1 }
' README.md >"$made/README.md"
cp "$made/README.md" README.md
