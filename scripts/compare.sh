#!/bin/sh
# Runs the four demos on the same videos, measures them, and writes a report.
# Everything after this line's work is done by the program in scripts/compare: see --help.
set -eu

project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

# Looking something up needs neither ffmpeg nor the demos.
case " $* " in
*" --help "* | *" -h "* | *" --version "* | *" -V "*) packages="-p compare" ;;
*)
    "$project/scripts/ensure-ffmpeg.sh"
    packages="--workspace"
    ;;
esac

# Videos and --out are relative to the caller's directory: so we stay in it.
# shellcheck disable=SC2086 # two words on purpose
cargo build --release --quiet --manifest-path "$project/Cargo.toml" $packages

# CARGO_TARGET_DIR and cargo's configuration may move the target directory.
target=$(cargo metadata --no-deps --format-version 1 --manifest-path "$project/Cargo.toml" |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
exec "$target/release/compare" "$@"
