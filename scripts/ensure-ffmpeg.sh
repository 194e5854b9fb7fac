#!/usr/bin/env bash
# Installs ffmpeg with the package manager of this machine. Does nothing if there is one already:
# the one that the variable FFMPEG names, or one in PATH.
set -euo pipefail

if (($#)); then
    echo "usage: scripts/ensure-ffmpeg.sh  (it takes no arguments, and installs ffmpeg if there is none)" >&2
    exit 2
fi

if [[ -n "${FFMPEG:-}" ]]; then
    # Not `command -v`, which knows words of the shell (`if`, `cd`) and takes `-p` for an option.
    type -P -- "$FFMPEG" >/dev/null && exit
    echo "ensure-ffmpeg.sh: FFMPEG is set to '$FFMPEG', which cannot be run; correct or unset it" >&2
    exit 1
fi
command -v ffmpeg >/dev/null && exit

# Runs a command as root, with sudo if that is needed and there is one.
as_root() {
    if [[ $(id -u) -ne 0 ]] && command -v sudo >/dev/null; then
        sudo "$@"
    else
        "$@"
    fi
}

echo "There is no ffmpeg on this machine; installing it." >&2
if command -v apt-get >/dev/null; then
    as_root apt-get update
    # `env`, because sudo does not pass on variables that are set outside of it.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ffmpeg
elif command -v dnf >/dev/null; then
    # Fedora's own repositories have ffmpeg-free, others (RPM Fusion) have ffmpeg.
    as_root dnf install --assumeyes ffmpeg-free || as_root dnf install --assumeyes ffmpeg
elif command -v pacman >/dev/null; then
    # -Sy, without an upgrade of the whole system, can leave it half upgraded: so only if -S alone fails.
    as_root pacman -S --needed --noconfirm ffmpeg || as_root pacman -Sy --needed --noconfirm ffmpeg
elif command -v apk >/dev/null; then
    as_root apk add --no-cache ffmpeg
elif command -v zypper >/dev/null; then
    as_root zypper --non-interactive install ffmpeg
elif command -v brew >/dev/null; then
    brew install ffmpeg # never as root: it refuses
else
    cat >&2 <<'END'
ensure-ffmpeg.sh: no package manager found (apt-get, dnf, pacman, apk, zypper, brew).
Install ffmpeg from https://ffmpeg.org/download.html, or set FFMPEG to the path of one.
END
    exit 1
fi

hash -r # bash caches where commands are
if ! command -v ffmpeg >/dev/null; then
    echo "ensure-ffmpeg.sh: the package manager succeeded, yet ffmpeg is not in PATH" >&2
    exit 1
fi
