#!/usr/bin/env bash
# Passes every test: brings ffmpeg if it is missing, builds, and runs the tests on real video.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/ensure-ffmpeg.sh

# The tests start the demos themselves; building them first keeps cargo out of the tests.
cargo build --workspace --bins --examples
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace
    cargo test --workspace --doc # nextest does not run the examples in the documentation
else
    cargo test --workspace
fi
