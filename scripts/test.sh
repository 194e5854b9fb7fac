#!/usr/bin/env bash
# Runs the tests: installs ffmpeg if it is missing, builds, and runs them on real video. The slowest tests are left to
# .ci/run, and so are, for others, all but the first few cases: THOROUGH=1 tries all. FFMPEG names the ffmpeg to test,
# if not the one in PATH. FFMPEG_ENCODER names another one to make the clips with, if that one lacks encoders.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/ensure-ffmpeg.sh

# Without GNU parallel the test of cluster.sh leaves itself out, because cluster.sh would install it. (On real SSH
# hosts .ci/cluster.sh tests it.)
[[ $(parallel --version 2>&1) == 'GNU parallel'* ]] ||
    echo "There is no GNU parallel here: the test of cluster.sh is left out." >&2

# The tests start the demos themselves; building them first keeps cargo out of the tests, each of which would ask it.
cargo build --workspace --bins --examples
export DEMOS_ARE_BUILT=1
if cargo nextest --version >/dev/null 2>&1; then
    # One more at a time than there are cores, because some tests only wait.
    cargo nextest run --workspace --test-threads $(($(getconf _NPROCESSORS_ONLN) + 1))
    cargo test --workspace --doc # nextest does not run the examples in the documentation
else
    cargo test --workspace --no-fail-fast
fi
