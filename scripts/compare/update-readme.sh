#!/usr/bin/env bash
# Runs the comparison and puts its picture, its findings and its table into README.md, between the two
# marks there. Options are passed on to compare.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

made=target/readme
report=$made/report
mkdir -p "$made"
scripts/compare.sh --samples 4 --out "$report" "$@"
cp "$report/timeline.svg" scripts/compare/timeline.svg

# The medians, by model and kind of delay. Python's ratios to its own single run are published ones.
jq -r '
    def times: (. * 100 | round) as $n | "\($n / 100 | floor).\($n % 100 | if . < 10 then "0\(.)" else . end)";
    def row($kind; $row): .scenarios[] | select(.delay.kind == $kind).rows[] | select(.id == $row);
    def faster($kind; $row): row($kind; $row) | 1 / .ratio | times;
    def cells($kind; $row): row($kind; $row)
        | "\(.wall.median | times) s | \(1 / .ratio | times) × | \(.prediction.measured_over_predicted | times)";
    def line($row; $name; $python): "| \($name) | \(cells("cpu"; $row)) | \(cells("wait"; $row)) | \($python) |";
    "- **threads** ran \(faster("cpu"; "threads")) times faster than single with work, \(faster("wait"; "threads")) times with waiting. The Python original gained",
    "  nothing by threads: 1.02 times, because its interpreter lock lets one thread run at a time.",
    "- **process**: \(faster("cpu"; "process")) times with work, \(faster("wait"; "process")) times with waiting. In Python only processes gained: 1.61 times.",
    "- **async**: \(faster("cpu"; "async")) times with work, which goes to a pool of threads, and \(faster("wait"; "async")) times with waiting, which needs none.",
    "- **async --blocking**, the mistake: \(faster("cpu"; "async-blocking")) and \(faster("wait"; "async-blocking")) times, though all its tasks are started at once. The original\u0027s",
    "  asyncio made it, too: 0.87 times.",
    "- All made the same files, byte for byte. On \(.machine.cores) cores work can gain a factor of \(.machine.cores); waits can all overlap.",
    "",
    "| model | 1 s of CPU work | to single | to predicted | 1 s of waiting | to single | to predicted | Python: to single |",
    "|---|---:|---:|---:|---:|---:|---:|---:|",
    line("single"; "single"; "1.00 ×"), line("threads"; "threads"; "1.02 ×"), line("process"; "process"; "1.61 ×"),
    line("async"; "async"; "0.87 ×"), line("async-blocking"; "async --blocking"; "0.87 ×"),
    "",
    "Medians of \(.options.runs) runs on four clips; × is times faster than single; *to predicted* is measured to what a simulation of the",
    "run said before. \(.machine.cpu), \(.machine.cores) cores, ffmpeg \(.machine.ffmpeg). All of it, the picture too, comes from",
    "`scripts/compare/update-readme.sh`."
' "$report/report.json" >"$made/block.md"

awk -v block="$made/block.md" '
    /<!-- end of what was measured -->/ { skip = 0 }
    !skip { print }
    /<!-- measured by/ { print ""; while ((getline line < block) > 0) print line; print ""; skip = 1 }
' README.md >"$made/README.md"
cp "$made/README.md" README.md
