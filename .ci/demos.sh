#!/usr/bin/env bash
# Runs every demo as a user would, on the sample clips and on files of three codecs, and compares the
# thumbnails of all models file by file.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

clip() { # codec options…, file
    ffmpeg -v error -nostdin -f lavfi -i testsrc2=size=640x360:rate=25:duration=4 -c:v "${@:1:$#-1}" "$work/${*: -1}"
}
clip mpeg4 -bf 2 mpeg4.avi
clip libvpx-vp9 -speed 8 vp9.webm
clip mjpeg -q:v 4 mjpeg.mov
videos=("$work"/{mpeg4.avi,vp9.webm,mjpeg.mov})

run() { # name, demo, options…
    echo "-- $*"
    cargo run --quiet --package "$2" -- --delay 100ms --out "$work/$1/samples" "${@:3}"
    cargo run --quiet --package "$2" -- --delay 100ms --out "$work/$1/codecs" --quiet "${@:3}" "${videos[@]}"
}
run single demo-single
run threads demo-threads
run process demo-process
run async demo-async
run blocking demo-async --blocking

for model in threads process async blocking; do
    diff -r "$work/single" "$work/$model"
done
# As a number, because some systems' wc puts blanks before it.
echo "All models wrote the same $(($(find "$work/single" -type f | wc -l))) files."

# compare.sh, called from elsewhere, with spaces wherever there can be some.
mkdir "$work/a place"
cp "$work/vp9.webm" "$work/a place/a clip.webm"
compare=$PWD/scripts/compare.sh
(cd "$work/a place" && "$compare" --runs 1 --delay 10ms --out "a report" "a clip.webm" >/dev/null)
ls "$work/a place/a report"
