#!/usr/bin/env bash
# Makes the thumbnails that a demo makes with one ffmpeg command, written by hand: five inputs that seek to
# the wanted frames, and four sizes of each.
#
#   by-hand.sh VIDEO OUT FRAMES RATE
set -euo pipefail

video=$1 out=$2 last=$(($3 - 1)) rate=$4
inputs=() filters="" outputs=()
for k in 0 1 2 3 4; do
    mkdir -p "$out/$k"
    # Half a frame early: ffmpeg gives the first frame at or after the time. (Python rounds half to even.)
    time=$(awk -v k="$k" -v last="$last" -v rate="$rate" 'BEGIN {
        at = k * last / 4; n = int(at + 0.5); if (n - at == 0.5 && n % 2) n -= 1
        printf "%.6f", n ? (n - 0.5) / rate : 0 }')
    inputs+=(-ss "$time" -i "$video")
    filters+="[$k:v]trim=end_frame=1,split=4[o$k][a$k][b$k][c$k];"
    filters+="[a$k]scale=640:-2:flags=area[s$k];[b$k]scale=320:-2:flags=area[m$k];[c$k]scale=160:-2:flags=area[t$k];"
    outputs+=(-map "[o$k]" -frames:v 1 "$out/$k/original.png" -map "[s$k]" -frames:v 1 "$out/$k/640.png"
        -map "[m$k]" -frames:v 1 "$out/$k/320.png" -map "[t$k]" -frames:v 1 "$out/$k/160.png")
done
exec ffmpeg -v error -nostdin -y "${inputs[@]}" -filter_complex "${filters%;}" "${outputs[@]}"
