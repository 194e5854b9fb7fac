#!/bin/sh
# Opens a report.html in Chromium and uses it as a reader would.
#
#   run.sh REPORT.html [SCREENSHOTS]
#
# Without Chromium it is installed (Debian, Ubuntu); another one is taken from $CHROMIUM.
set -eu

if [ $# -lt 1 ] || [ ! -f "$1" ]; then
    echo "usage: $0 REPORT.html [directory for screenshots]" >&2
    exit 2
fi
report=$(realpath -- "$1")
screenshots=
if [ $# -gt 1 ]; then
    mkdir -p -- "$2"
    screenshots=$(realpath -- "$2")
fi
CDPATH='' cd -- "$(dirname -- "$0")"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if ! command -v "${CHROMIUM:-chromium}" >/dev/null; then
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
fi
# What is there already is good enough if it is what the lock file says.
if ! cmp -s package-lock.json node_modules/.of-lock; then
    npm ci --silent
    cp package-lock.json node_modules/.of-lock
fi
CHROMIUM=$(command -v "${CHROMIUM:-chromium}")
export CHROMIUM
exec node test.mjs "$report" ${screenshots:+"$screenshots"}
