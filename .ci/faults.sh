#!/usr/bin/env bash
# Runs the tests of the faults in thumbnail-core/README.md that scripts/test.sh leaves out, and more repetitions of those
# that repeat something. `.ci/faults.sh long` repeats them several times as often; .ci/run has no time for that.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.."

moments=30 videos=2000 files=100
[[ ${1-} != long ]] || moments=100 videos=10000 files=500

faults() { # options and the name of a test, or a part of it
    cargo test --workspace --test faults -- --nocapture "$@"
}

# First, because it builds what no other check does: a call that has changed fails here and not half an hour later.
.ci/fuzz.sh 20
cargo build --workspace --bins
# All but those that follow with more repetitions. Many of them wait for a timeout, so as many run at once as there
# are cores.
faults --ignored --skip very_many_videos --skip damaged_files
FAULT_MOMENTS=$moments faults signals_at_random_moments
FAULT_VIDEOS=$videos faults --ignored very_many_videos
FAULT_FILES=$files faults --ignored damaged_files
