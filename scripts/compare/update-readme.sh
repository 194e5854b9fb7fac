#!/usr/bin/env bash
# Runs the comparison and puts its picture, its sentences and its tables into README.md, between the
# two marks there. Options are passed on to compare.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

report=target/readme
scripts/compare.sh --samples 4 --out "$report" "$@"
cp "$report/timeline.svg" scripts/compare/timeline.svg

block=$(mktemp)
trap 'rm -f "$block"' EXIT
awk '
    /^## / { section = substr($0, 4); table = 0 }
    section == "Findings" && /^- / { print }
    section ~ / before each video$/ && /^\|/ && table == 0 { print "\n**" section "**\n"; table = 1 }
    section ~ / before each video$/ && /^\|/ && table == 1 { print }
    /^What the runs used/ { table = 2 }
' "$report/report.md" >"$block"

awk -v block="$block" '
    /<!-- end of what was measured -->/ { skip = 0 }
    !skip { print }
    /<!-- measured by/ { print ""; while ((getline line < block) > 0) print line; print ""; skip = 1 }
' README.md >"$report/README.md"
cp "$report/README.md" README.md
