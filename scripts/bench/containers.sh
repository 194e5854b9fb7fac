# shellcheck shell=bash disable=SC2154 # a part of scripts/bench.sh, which sets what is used here
# Time should grow with the wanted frames and not with the length: ten and a hundred minutes of the same stream, in each
# container, and a transport stream of a gigabyte. SIZE is that of the pictures. The longest clips take gigabytes and are
# removed again.

size=${SIZE:-1280x720}

# 75 seconds, 8 or 80 times over. So each wanted frame lies as far behind its keyframe in the longer clip as in the shorter.
part() { # name, encoder
    clip "$size-$1" -f lavfi -i "$(source_of "$size" 30 75)" "${@:2}"
}
part h264.mkv "${h264[@]}" -g 250 -keyint_min 250
part h264.avi "${h264[@]}" -g 250 -keyint_min 250
part mpeg2.mkv -c:v mpeg2video -q:v 6 -bf 2 -g 15 -threads 1
part mpeg4.avi -c:v mpeg4 -q:v 6 -g 250 -threads 1
part mpeg4-b.avi -c:v mpeg4 -q:v 6 -bf 2 -g 250 -threads 1
part vp8.webm -c:v libvpx -deadline realtime -cpu-used 8 -b:v 500k -g 250 -threads 1
clip seconds.ts -f lavfi -i "testsrc2=s=1280x720:r=30:d=5,noise=alls=60:allf=t" "${h264[@]}" -qp 12 -g 250 -keyint_min 250

# Nothing but decoding, of every needed GOP from its keyframe (in keyframe mode of it alone). The wanted frames are the
# first of all, of a quarter and of a half, and the last of three quarters and of all: the first of a GOP, or its last.
limit_of() { # video, minutes, frames from keyframe to keyframe, exact or keyframe
    local inputs="" cut="" joined="" at=0 frame key count=$(($2 * 1800))
    for frame in 0 $((count / 4)) $((count / 2)) $((count * 3 / 4 - 1)) $((count - 1)); do
        key=$((frame / $3 * $3))
        inputs+=" -threads $cores -noaccurate_seek -ss $(awk -v key="$key" 'BEGIN { printf "%.3f", key ? (key + 0.5) / 30 : 0 }') -i $1"
        [[ $4 == exact ]] || frame=$key
        cut+="[$at:v]trim=end_frame=$((frame - key + 1))[g$at];"
        joined+="[g$at]"
        at=$((at + 1))
    done
    echo "ffmpeg -v error -nostdin$inputs -filter_complex $cut${joined}concat=n=$at -fps_mode passthrough -f null -"
}

# What a clip is called behind its minutes, what it is a copy of, and its frames from keyframe to keyframe.
for kind in "mp4 h264.mkv 250" "ts h264.mkv 250" "mpg mpeg2.mkv 15" "mkv h264.mkv 250" "uncued.mkv h264.mkv 250" "mpeg4.avi mpeg4.avi 250" \
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
        clip "$size-$minutes-minutes.$ending" -stream_loop $((minutes * 4 / 5 - 1)) -i "$clips/$size-$from" -c copy "${options[@]}"
    done
    short=$clips/$size-10-minutes.$ending
    long=$clips/$size-100-minutes.$ending
    for mode in exact:1.15 keyframe:1.3; do
        ours="$single --seek ${mode%:*}"
        limit=$(limit_of "$long" 100 "$gop" "${mode%:*}")
        line "100 minutes, $ending, ${mode%:*}" "10 minutes" "$(ratio "$runs" "$ours $long" "$ours $short")" 1.2
        line "the same" "ffmpeg decoding from each keyframe to its wanted frame, and nothing else" \
            "$(ratio "$runs" "$ours $long" "$limit")" "${mode#*:}"
        line "that ffmpeg, 100 minutes" "10 minutes" \
            "$(ratio "$runs" "$limit" "$(limit_of "$short" 10 "$gop" "${mode%:*}")")" ""
    done
    [[ $ending == mkv || $ending == fragmented.mp4 ]] || rm -f "$long"
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
        "$(ratio "$runs" "$single http://127.0.0.1:8765/$size-100-minutes.$ending" "$single http://127.0.0.1:8765/$size-10-minutes.$ending")" 1.2
done
kill $server
trap - EXIT
rm -f "$clips/$size"-100-minutes.*
