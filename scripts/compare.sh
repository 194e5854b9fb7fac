#!/usr/bin/env bash
# Runs the four demos on the same videos, measures them, and writes a report. The work is done by
# the program in scripts/compare: --help says what it takes.
set -euo pipefail

project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
manifest=$project/Cargo.toml

# Whoever asks for help gets it without ffmpeg and the demos.
case " $* " in
*' --help '* | *' -h '* | *' --version '* | *' -V '*) ;;
*)
    "$project/scripts/ensure-ffmpeg.sh"
    cargo build --release --workspace --manifest-path "$manifest"
    ;;
esac

# We stay in the caller's directory: videos and --out are relative to it.
exec cargo run --release --quiet --bin compare --manifest-path "$manifest" -- "$@"
