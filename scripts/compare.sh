#!/usr/bin/env bash
# Runs the four demos on the same videos, measures them, and writes a report. The work is done by
# the program in scripts/compare: --help lists its options.
set -euo pipefail

project=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
manifest=$project/Cargo.toml

# --help and --version need neither ffmpeg nor the demos.
case " $* " in
*' --help '* | *' -h '* | *' --version '* | *' -V '*) ;;
*)
    "$project/scripts/ensure-ffmpeg.sh"
    cargo build --release --workspace --manifest-path "$manifest"
    ;;
esac

# Without cd: videos and --out are relative to the caller's directory.
exec cargo run --release --quiet --bin compare --manifest-path "$manifest" -- "$@"
