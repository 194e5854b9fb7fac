#!/usr/bin/env bash
# Runs the tests of the faults in thumbnail-core/README.md with many more repetitions than scripts/test.sh.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

faults() { # options and the name of a test, or a part of it
    cargo test --workspace --test faults -- --nocapture --test-threads 1 "$@"
}

# First, because it builds what no other check does: a call that has changed fails here and not half an hour later.
.ci/fuzz.sh 20
cargo build --workspace --bins
# All but those that follow with more repetitions.
faults --include-ignored --skip signals_at_random_moments --skip very_many_videos --skip damaged_files
FAULT_MOMENTS=100 faults signals_at_random_moments
FAULT_VIDEOS=10000 faults --ignored very_many_videos
FAULT_FILES=500 faults --ignored damaged_files
