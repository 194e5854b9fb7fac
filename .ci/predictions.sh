#!/usr/bin/env bash
# Compares the predictions of scripts/compare with what it measures. A busy machine proves nothing either way, so
# there are three tries, and no verdict if the report itself says that the machine was not quiet.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

report=target/predictions
rm -rf "$report"
for try in 1 2 3; do
    if scripts/compare.sh --check-prediction --out "$report" >"$report.txt"; then
        grep -E "predicted|^ (single|threads|process|async)" "$report.txt"
        exit
    fi
    echo "try $try of 3: the predictions do not hold" >&2
    # No report at all: that is another failure.
    [[ -f $report/report.md ]] || exit 1
done
if grep -q "The machine was not quiet" "$report/report.md"; then
    echo "No verdict on the predictions: this machine was not quiet." >&2
    exit
fi
exit 1
