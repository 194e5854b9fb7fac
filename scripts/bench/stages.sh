#!/usr/bin/env bash
# Counts the instructions of each benchmark of `cargo bench -p thumbnail-core` with callgrind, and compares them
# with the last count.
#
# On a shared machine times vary, and the numbers of instructions do not. But they do not show cache misses.
# Needs valgrind and jq.
set -euo pipefail
CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/../.."

for program in valgrind jq; do
    command -v "$program" >/dev/null || { echo "stages.sh: there is no $program; apt-get install $program" >&2 && exit 1; }
done
program=$(cargo bench --package thumbnail-core --bench stages --no-run --message-format=json |
    jq --raw-output '.executable // empty')
# Where the CPU is good at it, glibc copies and fills long blocks with one instruction (`rep movsb`, `rep stosb`), which
# callgrind counts once for each byte. No block is as long as these thresholds, so it uses loops of vector instructions.
export GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=0x7fffffffffff:glibc.cpu.x86_rep_stosb_threshold=0x7fffffffffff
counts=target/bench/stages.json
mkdir -p target/bench
[[ -e $counts ]] || echo '{}' >"$counts"

instructions() { # name of a benchmark, which is executed once; child processes do not count
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" --bench --test "$1" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p' | sort -n | tail -n 1
}
start=$(instructions 'no benchmark is called that')
printf '%-42s %12s %12s %9s\n' 'million instructions' now before ratio
"$program" --bench --list 2>/dev/null | sed -n 's/: benchmark$//p' | while IFS= read -r name; do
    now=$(($(instructions "$name") - start))
    before=$(jq --arg name "$name" '.[$name] // empty' "$counts")
    awk -v name="$name" -v now="$now" -v before="$before" 'BEGIN {
        printf "%-42s %12.3f", name, now / 1e6
        if (before) printf " %12.3f %9.3f", before / 1e6, now / before
        print ""
    }'
    jq --arg name "$name" --argjson now "$now" '.[$name] = $now' "$counts" >"$counts.new"
    mv "$counts.new" "$counts"
done
