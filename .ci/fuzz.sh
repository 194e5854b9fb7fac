#!/usr/bin/env bash
# Fuzzes each parser of untrusted bytes with libFuzzer, which mutates real input: `.ci/fuzz.sh SECONDS [TARGET…]`.
#
# The inputs that it found stay in thumbnail-core/fuzz/corpus, and the next run goes on from there.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:?usage: .ci/fuzz.sh SECONDS [TARGET…]}
shift
targets=("$@")
((${#targets[@]})) || targets=(frame_stream listing mp4_tables packets messages worker_protocol)
scripts/ensure-ffmpeg.sh
ffmpeg=${FFMPEG:-ffmpeg}
if ! command -v cargo-fuzz >/dev/null; then
    cargo install cargo-fuzz --locked --root target/tools
    PATH=$PWD/target/tools/bin:$PATH
fi

cd thumbnail-core/fuzz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p corpus/{frame_stream,listing,mp4_tables,packets,messages,worker_protocol}

# ---- the corpus: real input for each parser ----

say() { "$ffmpeg" -loglevel level+info -nostdin -nostats -hide_banner -y "$@"; }
clip() { # file, codec and options
    say -f lavfi -i testsrc=s=32x18:r=10:d=2 -pix_fmt yuv420p -c:v "${@:2}" "$1" 2>/dev/null
}

for pixels in rgb24 rgba gray rgb48be; do
    say -f lavfi -i testsrc=s=16x9:d=1:r=3 -pix_fmt $pixels -c:v pam -f image2pipe - \
        >"corpus/frame_stream/$pixels" 2>/dev/null
done

clip "$work/h264.mkv" libx264 -bf 3
clip "$work/mpeg4.avi" mpeg4
clip "$work/mpeg2.ts" mpeg2video
# NONCE stands for the random word that marks the lines of frame info; the fuzz target puts in that of its process.
told=showinfo@NONCEs0,bench=start,metadata=add:key=NONCE:value=0,metadata=print:key=NONCE
for file in "$work"/*.{mkv,avi,ts}; do
    name=${file##*/}
    say -copyts -i "$file" -map 0:V:0 -c copy -f framecrc - \
        >"corpus/listing/$name" 2>"corpus/messages/$name"
    say -copyts -t 1 -i "$file" -sseof -1 -i "$file" -map 0:V:0 -map 1:V:0 -c copy -f framecrc - \
        >"corpus/listing/ends-of-$name" 2>"corpus/messages/ends-of-$name"
    say -i "$file" -vf "$told" -f null - 2>"corpus/messages/frames-of-$name"
    head -c 2000 "$file" >"$work/cut-$name"
    say -i "$work/cut-$name" -f null - 2>"corpus/messages/cut-$name" || true
done

clip corpus/mp4_tables/h264.mp4 libx264 -bf 2 -g 5
clip corpus/mp4_tables/mpeg4.mp4 mpeg4 -movflags +faststart
clip corpus/mp4_tables/mjpeg.mov mjpeg
clip corpus/mp4_tables/fragments.mp4 mpeg4 -movflags frag_keyframe+empty_moov

clip corpus/packets/h264.ts libx264 -bf 2 -g 5
clip corpus/packets/hevc.ts libx265 -x265-params log-level=none
clip corpus/packets/mpeg2.m2ts mpeg2video -bf 2 -g 5
clip corpus/packets/h264.avi libx264 -bf 2 -g 5
clip corpus/packets/mpeg4.avi mpeg4 -bf 2 -g 5 -q:v 1 -vf noise=alls=50:allf=t

cat >corpus/worker_protocol/job.json <<END
{"video":{"index":0,"source":{"file":"a.mp4"},"name":"a"},"settings":{"ffmpeg":"ffmpeg","out_dir":"out",\
"delay":{"kind":"cpu","seconds":0.0},"wanted":{"spread":5},"sizes":[640,320,160],"seek":"exact","format":"png",\
"contact_sheet":false,"ffmpeg_threads":1,"max_pixels":100000000,"timeout":{"secs":300,"nanos":0}},"clock":1790000000.0,"lane":0}
END
cargo run --quiet --manifest-path ../../Cargo.toml --package demo-single -- --delay 0s --frames 3 --quiet \
    --out "$work/out" --json corpus/worker_protocol/run.json "$work/h264.mkv"
jq --compact-output '.videos[0]' corpus/worker_protocol/run.json >corpus/worker_protocol/video.json

# ---- the fuzzing ----

# With the same versions of packages as the programs. cargo adds the packages that only this crate needs.
cp ../../Cargo.lock .
# cargo-fuzz uses unstable compiler options. A stable compiler takes them if RUSTC_BOOTSTRAP is set.
[[ $(rustc --version) == *nightly* ]] || export RUSTC_BOOTSTRAP=1
# No sanitizer: there is no unsafe code of ours for it to check.
cargo fuzz build --sanitizer none
for target in "${targets[@]}"; do
    log=$work/$target.log
    cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    reached=$(grep -Eo 'cov: [0-9]+' "$log" | tail -n 1)
    echo "$target: $inputs inputs in $seconds s, ${reached#cov: } edges reached, no panic, none took 10 s"
done
