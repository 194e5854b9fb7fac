#!/usr/bin/env python3
"""The samples of the Python original, with a delay and no video, on the Python that runs this file.

Each job is a delay: work (a countdown, as in the original, for so much CPU time) or waiting (a sleep). The same jobs run one
after another, on threads, in processes, and as coroutines: once with the blocking call that the
original made inside its coroutines, and once as asyncio wants it. Needs nothing but CPython.
"""

import argparse
import asyncio
import multiprocessing
import os
import platform
import statistics
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor


def count_down(rounds):
    while rounds > 0:
        rounds -= 1


def work(seconds):
    """The countdown, until this thread has had so much CPU time: whoever waits for a core, or for the
    interpreter lock, has done nothing meanwhile."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        count_down(10_000)


def single(job, amount, videos):
    for _ in range(videos):
        job(amount)


def workers(kind, job, amount, videos):
    """A worker for each video, as in the original: `kind` is Thread or Process."""
    started = [kind(target=job, args=(amount,)) for _ in range(videos)]
    for worker in started:
        worker.start()
    for worker in started:
        worker.join()


def threads(job, amount, videos):
    workers(threading.Thread, job, amount, videos)


def processes(job, amount, videos):
    workers(multiprocessing.Process, job, amount, videos)


def asyncio_blocking(job, amount, videos):
    """The original's mistake: after one empty await, a call that never gives the loop back."""

    async def task():
        await asyncio.sleep(0)
        job(amount)

    async def all_tasks():
        await asyncio.gather(*(task() for _ in range(videos)))

    asyncio.run(all_tasks())


def asyncio_awaiting(job, amount, videos):
    """Waiting is awaited; work goes where there is another interpreter lock: to a process."""

    async def all_tasks():
        if job is time.sleep:
            await asyncio.gather(*(asyncio.sleep(amount) for _ in range(videos)))
            return
        loop = asyncio.get_running_loop()
        with ProcessPoolExecutor() as pool:
            jobs = (loop.run_in_executor(pool, job, amount) for _ in range(videos))
            await asyncio.gather(*jobs)

    asyncio.run(all_tasks())


SAMPLES = {
    "single": single,
    "threads": threads,
    "processes": processes,
    "asyncio, blocking": asyncio_blocking,
    "asyncio, awaiting": asyncio_awaiting,
}


def measure(jobs, videos, runs):
    """The median wall time of each sample with each job, in seconds."""
    times = {(name, job): [] for name in SAMPLES for job, _ in jobs}
    # In turns: a machine that slows down slows down all of them.
    for _ in range(runs):
        for name, sample in SAMPLES.items():
            for job, amount in jobs:
                start = time.perf_counter()
                sample(job, amount, videos)
                times[name, job].append(time.perf_counter() - start)
    return {row: statistics.median(seconds) for row, seconds in times.items()}


FRAME = bytes(1920 * 1080 * 3)


def frame_there_and_back(frames=20):
    """Milliseconds that one frame of 1080p takes to a process and back, by pipes, as `Pool` sends it."""
    ours, theirs = multiprocessing.Pipe()
    other = multiprocessing.Process(target=echo, args=(theirs, frames))
    other.start()
    times = []
    for _ in range(frames):
        start = time.perf_counter()
        ours.send(FRAME)
        ours.recv()
        times.append(time.perf_counter() - start)
    other.join()
    return statistics.median(times) * 1e3


def echo(pipe, frames):
    for _ in range(frames):
        pipe.send(pipe.recv())


def cores():
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux has it
        return os.cpu_count() or 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, default=2, help="jobs in a run [default: 2]")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds of each job [default: 1]")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many [default: 3]")
    args = parser.parse_args()

    # Pythons before 3.13 have no such question, because they always have the lock.
    lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {cores()} cores, "
        f"interpreter lock {'on' if lock else 'off'}: {args.videos} videos, {args.delay:g} s each",
        flush=True,
    )
    jobs = [(work, args.delay), (time.sleep, args.delay)]
    took = measure(jobs, args.videos, args.runs)
    # As everywhere in this project: so many times faster than single.
    print(f"{'':<18}{'work':>9}{'to single':>11}{'waiting':>11}{'to single':>11}")
    for name in SAMPLES:
        line = f"{name:<18}"
        for (job, _), width in zip(jobs, (9, 11)):
            seconds = took[name, job]
            faster = f"{took['single', job] / seconds:.2f} x"
            line += f"{f'{seconds:.2f} s':>{width}}{faster:>11}"
        print(line)
    megabytes = len(FRAME) / 1e6
    print(f"a frame of {megabytes:.1f} MB to a process and back: {frame_there_and_back():.1f} ms")


# Processes that are started anew import this file; they must not measure, too.
if __name__ == "__main__":
    main()
