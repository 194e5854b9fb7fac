#!/usr/bin/env bash
# Times the pipeline without its delay against other ways to get the same thumbnails.
#
#   scripts/bench.sh [--quick | --containers]
#
# --quick takes three minutes. --containers times long videos, in every container, and nothing else.
# Each line of the table is the ratio of two times that hyperfine took in the same run. Installs what the
# other programs need (Debian, Ubuntu), makes its clips once, and writes target/bench/results.md.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

runs=5
case "${1:-}" in
"") ;;
--quick) runs=2 ;;
--containers) runs=3 ;;
*)
    echo "usage: scripts/bench.sh [--quick | --containers]" >&2
    exit 2
    ;;
esac
cores=$(nproc)
work=$PWD/target/bench
clips=${XDG_CACHE_HOME:-$HOME/.cache}/four-ways/bench-clips
mkdir -p "$work" "$clips"

# ---- what is needed ----

scripts/ensure-ffmpeg.sh
missing=()
for program in hyperfine ffmpegthumbnailer parallel jq python3; do
    command -v "$program" >/dev/null || missing+=("$program")
done
if ! [[ -x $work/python/bin/python ]]; then
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
fi
if ((${#missing[@]})); then
    as_root=()
    [[ $(id -u) -eq 0 ]] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends "${missing[@]}"
fi
if ! "$work/python/bin/python" -c 'import cv2, imageio_ffmpeg' 2>/dev/null; then
    python3 -m venv "$work/python"
    # imageio-ffmpeg has a statically linked ffmpeg, like the one that the programs download.
    "$work/python/bin/pip" --quiet install opencv-python-headless imageio-ffmpeg
fi
# Where there is no build of one of them for this machine, its line is left out. So is that of torchcodec, unless it
# was put into this environment: it needs torch, which is gigabytes.
for package in rangehttpserver:RangeHTTPServer av:av decord:decord; do
    "$work/python/bin/python" -c "import ${package#*:}" 2>/dev/null ||
        "$work/python/bin/pip" --quiet install "${package%:*}" || echo "there is no ${package%:*} here" >&2
done
cargo build --release --workspace
export PATH=$PWD/target/release:$PWD/scripts/bench:$work/python/bin:$PATH

# ---- the clips: moving and noisy; the same ffmpeg makes the same bytes every time ----

clip() { # name, ffmpeg's options
    [[ -s $clips/$1 ]] && return
    echo "making $1" >&2
    ffmpeg -v error -nostdin -y "${@:2}" "$clips/unfinished-$1"
    mv "$clips/unfinished-$1" "$clips/$1"
}
source_of() { # size, rate, seconds
    echo "testsrc2=s=$1:r=$2:d=$3,noise=alls=6:allf=t"
}
h264=(-c:v libx264 -preset veryfast -crf 26 -pix_fmt yuv420p -threads 1 -sc_threshold 0)
clip 60s.mp4 -f lavfi -i "$(source_of 1920x1080 30 60)" "${h264[@]}" -g 250 -keyint_min 250
# Nine GOPs of 250 frames; eight times that is ten minutes of the same GOPs.
clip 75s.mp4 -f lavfi -i "$(source_of 1920x1080 30 75)" "${h264[@]}" -g 250 -keyint_min 250
if ! [[ -s $clips/10min.mp4 ]]; then
    for _ in 1 2 3 4 5 6 7 8; do echo "file 'file:$clips/75s.mp4'"; done >"$clips/eight.txt"
    clip 10min.mp4 -f concat -safe 0 -i "$clips/eight.txt" -c copy
fi
clip short-gops.mp4 -f lavfi -i "$(source_of 1920x1080 30 20)" "${h264[@]}" -g 30 -keyint_min 30
clip 60s.ts -i "$clips/60s.mp4" -c copy
clip varying.mp4 -i "$clips/60s.mp4" -vf "select='not(eq(mod(n,7),3))',scale=1280:-2" -fps_mode vfr "${h264[@]}" -g 250
clip 5s.mp4 -f lavfi -i "$(source_of 1280x720 30 5)" "${h264[@]}" -g 250
clip vp9.webm -f lavfi -i "$(source_of 1280x720 30 10)" -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 2M -g 128 -threads 1
clip tiny.mp4 -f lavfi -i testsrc2=s=320x180:r=10:d=1 "${h264[@]}"

# ---- the table ----

table=$work/table.md
{
    echo "| what | against | ratio | reach | |"
    echo "|---|---|---|---|---|"
} >"$table"

line() { # what, against, ratio, the target for it (may be empty)
    local verdict=""
    [[ -z $4 ]] || verdict=$(awk -v ratio="$3" -v reach="$4" 'BEGIN { print ratio <= reach ? "reached" : "**not reached**" }')
    echo "| $1 | $2 | $3 | $4 | $verdict |" | tee -a "$table"
}

# Times two commands in turn and gives the ratio of their medians.
ratio() { # runs, command, other command
    local first=() second=() both=$work/both.json
    # A warm-up run first, which fills the page cache; --quick does without.
    for ((run = runs > 2 ? 0 : 1; run <= $1; run++)); do
        hyperfine --shell=none --style none --runs 1 --export-json "$both" "$2" "$3" >&2
        ((run == 0)) && continue
        first+=("$(jq '.results[0].times[0]' "$both")")
        second+=("$(jq '.results[1].times[0]' "$both")")
    done
    echo "  $(median "${first[@]}") s: $2" >&2
    echo "  $(median "${second[@]}") s: $3" >&2
    awk -v a="$(median "${first[@]}")" -v b="$(median "${second[@]}")" 'BEGIN { printf "%.2f\n", a / b }'
}
median() {
    printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { printf "%.4f\n", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

out=$work/out
# Decodes on all cores, as the other programs do. (The comparison of the models uses one decoder thread.)
single="demo-single --quiet --delay 0s --ffmpeg-threads $cores --out $out/single"
if [[ ${1:-} == --containers ]]; then
    # shellcheck source=scripts/bench/containers.sh
    source scripts/bench/containers.sh
    exit
fi

# The lower bound: nothing but decoding, in each needed GOP from its keyframe to the wanted frame. (Less is
# possible only by skipping frames that no other frame refers to.) The wanted frames of 1800 are 0, 450, 900,
# 1349 and 1799; their keyframes are 0, 250, 750, 1250 and 1750.
limit="ffmpeg -v error -nostdin"
cut="" joined=""
at=0
for gop in 0:1 250:201 750:151 1250:100 1750:50; do
    seek=$(awk -v key="${gop%:*}" 'BEGIN { printf "%.3f", key ? (key + 0.5) / 30 : 0 }')
    limit+=" -threads $cores -noaccurate_seek -ss $seek -i $clips/60s.mp4"
    cut+="[$at:v]trim=end_frame=${gop#*:}[g$at];"
    joined+="[g$at]"
    at=$((at + 1))
done
limit+=" -filter_complex $cut${joined}concat=n=$at -fps_mode passthrough -f null -"

long="60 s 1080p30 H.264, GOP 250, exact"
line "$long" "ffmpeg decoding from each keyframe to its wanted frame, and nothing else" "$(ratio "$runs" "$single $clips/60s.mp4" "$limit")" 1.15
line "the same" "one ffmpeg command, written by hand" \
    "$(ratio "$runs" "$single $clips/60s.mp4" "by-hand.sh $clips/60s.mp4 $out/hand 1800 30")" 0.85
line "the same" "OpenCV, reading every frame" \
    "$(ratio "$runs" "$single $clips/60s.mp4" "python scripts/bench/libraries.py opencv $clips/60s.mp4 $out/cv")" 0.20
line "5 s 720p H.264, one GOP, exact" "OpenCV, reading every frame" \
    "$(ratio $((runs * 2)) "$single $clips/5s.mp4" "python scripts/bench/libraries.py opencv $clips/5s.mp4 $out/cv")" 0.85
line "10 minutes of the same GOPs, exact" "1 minute" \
    "$(ratio "$runs" "$single $clips/10min.mp4" "$single $clips/60s.mp4")" 1.2
line "keyframe mode, 60 s 1080p" "exact" \
    "$(ratio "$runs" "$single --seek keyframe $clips/60s.mp4" "$single $clips/60s.mp4")" 0.4
one_thumbnail="$single --seek keyframe --frames 1 --sizes 320 $clips/60s.mp4"
thumbnailer="ffmpegthumbnailer -t 50% -s 320 -i $clips/60s.mp4 -o $out/thumbnailer.png"
line "keyframe mode, one frame, one size" "ffmpegthumbnailer" \
    "$(ratio $((runs * 4)) "$one_thumbnail" "$thumbnailer")" 1.0
static=$(python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
line "the same, with an ffmpeg that is linked statically" "ffmpegthumbnailer" \
    "$(ratio $((runs * 4)) "env FFMPEG=$static $one_thumbnail" "$thumbnailer")" 1.0

one_thread="demo-single --quiet --delay 0s --out $out/single"
for library in pyav:av torchcodec:torchcodec decord:decord; do
    python -c "import ${library#*:}" 2>/dev/null || continue
    line "60 s 1080p30 H.264, exact, one thread" "${library%:*}, which seeks and decodes in its own process" \
        "$(ratio "$runs" "$one_thread $clips/60s.mp4" "python scripts/bench/libraries.py ${library%:*} $clips/60s.mp4 $out/${library%:*}")" 0.8
done

# Other streams, without a target.
if ((runs > 2)); then
    for clip in short-gops.mp4 60s.ts vp9.webm varying.mp4; do
        line "$clip, exact" "OpenCV, reading every frame" \
            "$(ratio 2 "$single $clips/$clip" "python scripts/bench/libraries.py opencv $clips/$clip $out/cv")" ""
    done
fi

# The wall time, against the CPU time of the whole process tree divided by the number of cores.
eight=()
for n in 1 2 3 4 5 6 7 8; do
    cp "$clips/5s.mp4" "$work/equal-$n.mp4"
    eight+=("$work/equal-$n.mp4")
done
for model in threads process; do
    json=$work/ideal.json
    hyperfine --shell=none --style none --runs $(((runs + 1) / 2)) --export-json "$json" \
        "demo-$model --quiet --delay 2s --out $out/$model ${eight[*]}" >&2
    line "8 equal videos, 2 s of CPU delay, $model" "CPU work / cores" \
        "$(jq -r --argjson cores "$cores" '.results[0] | .mean * $cores / (.user + .system) * 100 | round / 100' "$json")" 1.05
done

videos=()
for n in 1 2 3 4 5 6 7 8; do
    ln -f "$clips/60s.mp4" "$work/long-$n.mp4" 2>/dev/null || cp "$clips/60s.mp4" "$work/long-$n.mp4"
    videos+=("$work/long-$n.mp4")
done
ours="demo-threads --quiet --delay 0s -j 2 --out $out/threads ${videos[*]}"
cat >"$work/xargs.sh" <<END
printf '%s\n' ${videos[*]} | xargs -P2 -I{} by-hand.sh {} {}.out 1800 30
END
cat >"$work/parallel.sh" <<END
parallel --will-cite -j2 by-hand.sh {} {}.out 1800 30 ::: ${videos[*]}
END
eight_videos=$work/eight.json
hyperfine --shell=none --style none --runs $(((runs + 1) / 2)) --export-json "$eight_videos" \
    "$ours" "bash $work/xargs.sh" "bash $work/parallel.sh" >&2
line "8 videos, no delay, threads -j 2" "the better of xargs -P2 and GNU parallel" \
    "$(jq -r '[.results[].median] | .[0] / ([.[1], .[2]] | min) * 100 | round / 100' "$eight_videos")" 0.85

# ---- many waits on one thread ----

many=()
mkdir -p "$work/many"
for ((n = 0; n < 200; n++)); do
    cp "$clips/tiny.mp4" "$work/many/$n.mp4"
    many+=("$work/many/$n.mp4")
done
one=$work/one.json
hyperfine --shell=none --style none --runs 20 --warmup 2 --export-json "$one" \
    "demo-single --quiet --delay 0s --out $out/one $clips/tiny.mp4" >&2
begin=$EPOCHREALTIME
demo-async --quiet --delay 5s --delay-kind wait --out "$out/many" "${many[@]}" &
pid=$!
threads=0
while kill -0 $pid 2>/dev/null; do
    # Read by bash itself: a process for each sample would use CPU time, too.
    while read -r key now; do
        if [[ $key == Threads: ]] && ((now > threads)); then threads=$now; fi
    done 2>/dev/null <"/proc/$pid/status" || true
    sleep 0.2
done
wait $pid
took=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
line "200 tiny clips, 5 s of waiting, async" "one delay + 200 × the cost of one / cores" \
    "$(jq -r --argjson cores "$cores" --argjson took "$took" \
        '.results[0].median | $took / (5 + 200 * . / $cores) * 100 | round / 100' "$one")" 1.15
line "threads of that program" "2 + cores" "$threads" $((2 + cores))

# ---- memory and start ----

memory() { # video: peak resident memory of the program itself, in MB
    demo-single --quiet --delay 0s --out "$out/memory" "$1" &
    local pid=$! peak=0 now
    while now=$(awk '/^VmHWM:/ { print $2 }' /proc/$pid/status 2>/dev/null) && [[ -n $now ]]; do
        peak=$now
        sleep 0.01
    done
    wait $pid
    awk -v kib="$peak" 'BEGIN { printf "%.1f\n", kib * 1024 / 1e6 }'
}
line "peak memory of the program, 1 minute of 1080p, MB" "" "$(memory "$clips/60s.mp4")" 40
line "the same, 10 minutes" "" "$(memory "$clips/10min.mp4")" 40

cat >"$work/ffmpeg" <<END
#!$(command -v bash)
echo "\$EPOCHREALTIME" >"$work/started"
exec ffmpeg "\$@"
END
chmod +x "$work/ffmpeg"
starts=()
for ((run = 0; run < 20; run++)); do
    begin=$EPOCHREALTIME
    FFMPEG=$work/ffmpeg demo-single --quiet --delay 0s --frames 1 --out "$out/start" "$clips/tiny.mp4"
    starts+=("$(awk -v a="$begin" -v b="$(cat "$work/started")" 'BEGIN { print (b - a) * 1000 }')")
done
line "from the program's start to ffmpeg's, ms (through a bash script)" "" "$(median "${starts[@]}")" 10

{
    echo "Measured $(date -u +%Y-%m-%d) with \`scripts/bench.sh${1:+ $1}\` on $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), $cores cores;" \
        "ffmpeg $(ffmpeg -version | sed -n '1s/^ffmpeg version \([^ -]*\).*/\1/p')," \
        "statically linked $("$static" -version | sed -n '1s/^ffmpeg version \([^ -]*\).*/\1/p');" \
        "OpenCV $(python -c 'import cv2; print(cv2.__version__)')," \
        "ffmpegthumbnailer $(ffmpegthumbnailer -v | sed -n 's/.*version: //p')," \
        "$(rustc --version | cut -d' ' -f1,2), commit $(git rev-parse --short HEAD)."
    echo
    cat "$table"
} >"$work/results.md"
echo "The table is in $work/results.md" >&2
