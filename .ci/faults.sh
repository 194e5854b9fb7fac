#!/usr/bin/env bash
# The faults of thumbnail-core/README.md, thoroughly: what scripts/test.sh tries a few times, here is
# tried often. `.ci/faults.sh fuzz 600` gives each parser ten minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

faults() { # options and the name of a test, or a part of it
    cargo test --workspace --test faults -- --nocapture --test-threads 1 "$@"
}

fuzz() { # seconds for each parser
    cargo build --release --workspace --bins
    FUZZ_SECONDS=$1 cargo test --release --workspace --test fuzz -- --nocapture
}

if [[ ${1:-} == fuzz ]]; then
    fuzz "${2:?seconds}"
    exit
fi
cargo build --workspace --bins
faults --include-ignored
FAULT_MOMENTS=100 faults signals_at_random_moments
FAULT_VIDEOS=10000 faults --ignored very_many_videos
FAULT_FILES=500 faults --ignored damaged_files
fuzz 20
