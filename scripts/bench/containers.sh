# shellcheck shell=bash disable=SC2154 # a part of scripts/bench.sh, which sets what is used here
# Time should grow with the wanted frames and not with the length: the same minute ten and a hundred times over,
# in each container, and a transport stream of a gigabyte.

minute() { # name, encoder
    clip "$1" -f lavfi -i "$(source_of 320x180 30 60)" "${@:2}"
}
minute minute-h264.mkv "${h264[@]}" -g 250 -keyint_min 250
minute minute-h264.avi "${h264[@]}" -g 250 -keyint_min 250
minute minute-mpeg2.mkv -c:v mpeg2video -q:v 6 -bf 2 -g 15 -threads 1
minute minute-mpeg4.avi -c:v mpeg4 -q:v 6 -g 250 -threads 1
minute minute-mpeg4-b.avi -c:v mpeg4 -q:v 6 -bf 2 -g 250 -threads 1
minute minute-vp8.webm -c:v libvpx -deadline realtime -cpu-used 8 -b:v 500k -g 250 -threads 1
clip seconds.ts -f lavfi -i "testsrc2=s=1280x720:r=30:d=5,noise=alls=60:allf=t" "${h264[@]}" -qp 12 -g 250 -keyint_min 250

# Nothing but decoding, of every needed GOP from its keyframe (in keyframe mode of it alone). The wanted frames
# of 180000 are 0, 45000, 90000, 134999 and 179999: three of them are the first of a minute, two the last of one,
# 49 behind its last keyframe where there is one every 250 frames, 14 where there is one every 15.
limit_of() { # video, frames from keyframe to keyframe, exact or keyframe
    local inputs="" cut="" joined="" at=0 frame key
    for frame in 0 45000 90000 134999 179999; do
        key=$((frame - frame % 1800 + frame % 1800 / $2 * $2))
        inputs+=" -threads $cores -noaccurate_seek -ss $(awk -v key="$key" 'BEGIN { printf "%.3f", key ? (key + 0.5) / 30 : 0 }') -i $1"
        [[ $3 == exact ]] || frame=$key
        cut+="[$at:v]trim=end_frame=$((frame - key + 1))[g$at];"
        joined+="[g$at]"
        at=$((at + 1))
    done
    echo "ffmpeg -v error -nostdin$inputs -filter_complex $cut${joined}concat=n=$at -fps_mode passthrough -f null -"
}

# What a clip is called behind its minutes, what it is a copy of, and its frames from keyframe to keyframe.
for kind in "ts h264.mkv 250" "mpg mpeg2.mkv 15" "mkv h264.mkv 250" "uncued.mkv h264.mkv 250" "mpeg4.avi mpeg4.avi 250" \
    "mpeg4-b.avi mpeg4-b.avi 250" "h264.avi h264.avi 250" "flv h264.mkv 250" "keyframes.flv h264.mkv 250" \
    "webm vp8.webm 250" "fragmented.mp4 h264.mkv 250"; do
    read -r ending from gop <<<"$kind"
    options=()
    case $ending in
    uncued.mkv) options=(-seekable 0) ;;
    keyframes.flv) options=(-flvflags add_keyframe_index) ;;
    fragmented.mp4) options=(-movflags frag_keyframe+empty_moov) ;;
    mpg) options=(-f vob) ;;
    esac
    for minutes in 10 100; do
        clip "$minutes-minutes.$ending" -stream_loop $((minutes - 1)) -i "$clips/minute-$from" -c copy "${options[@]}"
    done
    long=$clips/100-minutes.$ending
    for mode in exact:1.15 keyframe:1.3; do
        ours="$single --seek ${mode%:*}"
        line "100 minutes, $ending, ${mode%:*}" "10 minutes" \
            "$(ratio "$runs" "$ours $long" "$ours $clips/10-minutes.$ending")" 1.2
        line "the same" "ffmpeg decoding from each keyframe to its wanted frame, and nothing else" \
            "$(ratio "$runs" "$ours $long" "$(limit_of "$long" "$gop" "${mode%:*}")")" "${mode#*:}"
    done
done
clip gigabyte.ts -stream_loop $((1000000000 / $(stat -c %s "$clips/seconds.ts"))) -i "$clips/seconds.ts" -c copy
line "1 GB of MPEG-TS, exact" "ffmpeg reading it" \
    "$(ratio "$runs" "$single $clips/gigabyte.ts" "ffmpeg -v error -nostdin -i $clips/gigabyte.ts -map 0:v -c copy -f null -")" ""

python -m RangeHTTPServer 8765 --bind 127.0.0.1 --directory "$clips" >/dev/null 2>&1 &
server=$!
trap 'kill $server' EXIT
sleep 2
for ending in fragmented.mp4 mkv; do
    line "100 minutes, $ending, by http with ranges, exact" "10 minutes" \
        "$(ratio "$runs" "$single http://127.0.0.1:8765/100-minutes.$ending" "$single http://127.0.0.1:8765/10-minutes.$ending")" 1.2
done
kill $server
trap - EXIT
