#!/usr/bin/env python3
"""Times the programs of an older commit and of this tree in turns: has a change slowed them down?

    scripts/bench/before.py COMMIT [PAIRS]

For each line of the table, PAIRS (40) times, hyperfine times the older program and the newer one, each first in
every other pair. The machine's speed jumps, but hardly within a pair: so the figure is the median of the pairs'
ratios, with the interval that holds the true median in 95 of 100 cases (by order statistics, with no assumption
about how the times scatter). Needs hyperfine, and the clips that scripts/bench.sh makes.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

top = Path(__file__).resolve().parents[2]
cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
clips = cache / "four-ways" / "bench-clips"
single = "demo-single --ffmpeg-threads 2"
# What is shown, the command, and a divisor for the number of pairs where one takes long.
lines = [
    ("60 s of 1080p, exact", f"{single} 60s.mp4", 2),
    ("5 s of 720p, exact", f"{single} 5s.mp4", 1),
    ("60 s of 1080p, keyframe mode", f"{single} --seek keyframe 60s.mp4", 1),
    ("the same, one thumbnail", f"{single} --seek keyframe --frames 1 --sizes 320 60s.mp4", 1),
    ("a tiny clip", f"{single} tiny.mp4", 1),
    *((f"8 videos of 5 s, {model}", f"demo-{model} -j 2" + " 5s.mp4" * 8, 2) for model in ("threads", "process", "async")),
    ("8 videos of 60 s, threads", "demo-threads -j 2" + " 60s.mp4" * 8, 8),
]


def pair(commands):
    """Seconds of each command, run once, in this order."""
    with tempfile.NamedTemporaryFile() as file:
        hyperfine = ["hyperfine", "--shell=none", "--style=none", "--runs=1", "--export-json", file.name]
        subprocess.run([*hyperfine, *commands], check=True, stderr=subprocess.DEVNULL, cwd=clips)
        return [result["times"][0] for result in json.load(file)["results"]]


def interval(ratios):
    """Ranks r and n+1-r, between which the true median is in at least 95 of 100 cases."""
    n, rank, below = len(ratios), 0, 0.0
    while (below := below + math.comb(n, rank) / 2**n) <= 0.025:
        rank += 1
    ratios = sorted(ratios)
    return ratios[max(rank - 1, 0)], ratios[-max(rank, 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit", metavar="COMMIT")
    parser.add_argument("pairs", metavar="PAIRS", type=int, nargs="?", default=40)
    arguments = parser.parse_args()
    if not shutil.which("hyperfine") or not clips.is_dir():
        parser.exit(2, "before.py: scripts/bench.sh brings hyperfine and makes the clips; run that first\n")
    target = top / "target" / "before"
    with tempfile.TemporaryDirectory() as work:
        tree, out = f"{work}/tree", f"{work}/out"
        subprocess.run(["git", "worktree", "add", "--detach", "--quiet", tree, arguments.commit], check=True, cwd=top)
        try:
            build = ["cargo", "build", "--release", "--workspace", "--bins", "--target-dir"]
            subprocess.run([*build, target], check=True, cwd=tree)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], check=True, cwd=top)
        subprocess.run([*build, top / "target"], check=True, cwd=top)
        print(f"{'':32} {'before':>8} {'now':>8} {'now / before':>13}  95 %", flush=True)
        for what, command, fewer in lines:
            program, rest = command.split(" ", 1)
            options = f"--quiet --no-download --delay 0s --out {out}"
            old, new = (f"{place}/release/{program} {options} {rest}" for place in (target, top / "target"))
            pair([old, new])  # A warm-up, which fills the page cache.
            times = []
            for number in range(max(arguments.pairs // fewer, 6)):
                times.append(pair([old, new]) if number % 2 else pair([new, old])[::-1])
            ratios = [now / before for before, now in times]
            low, high = interval(ratios)
            before, now = (statistics.median(column) for column in zip(*times))
            median = statistics.median(ratios)
            print(f"{what:32} {before:6.3f} s {now:6.3f} s {median:13.3f}  {low:.3f} to {high:.3f}, {len(ratios)} pairs", flush=True)


if __name__ == "__main__":
    main()
