#!/usr/bin/env python3
"""Disturbs runs of the program in every way that we know, and looks at what is left: nothing may be lost, crash or hang.

Each mode tries a part of its cases, drawn at random; with --long all of them, which takes hours. Prints the number of trials
of each mode, and exits with 1 where anything failed, with 77 where the program or the shim is missing.

Examples:
  tests/faults/faults.py build/release/fovea build/release/tests/libfault_shim.so
  tests/faults/faults.py build/release/fovea build/release/tests/libfault_shim.so --long --only exits kills
  tests/faults/faults.py build/release/fovea build/release/tests/libfault_shim.so --seed 7 --seconds 600
"""
import argparse
import concurrent.futures
import os
import shutil
import sys
import tempfile
import time

import around
import damaged
import interrupted
from harness import Harness

# Modes, and their shares of the time.
MODES = {
    "exits": (interrupted.exits, 3),
    "failures": (interrupted.failures, 5),
    "kills": (interrupted.kills, 3),
    "signals": (interrupted.signals, 3),
    "full_disks": (interrupted.full_disks, 2),
    "results": (damaged.results, 2),
    "resumes": (damaged.resumes, 3),
    "refusals": (damaged.refusals, 1),
    "races": (around.races, 2),
    "surroundings": (around.surroundings, 3),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the program, such as build/release/fovea")
    parser.add_argument("shim", help="the library that disturbs calls (shim.c)")
    parser.add_argument("--long", action="store_true", help="every case instead of some")
    parser.add_argument("--only", nargs="+", choices=list(MODES), default=list(MODES), metavar="MODE",
                        help="modes: " + ", ".join(MODES))
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn (1); 0: another one each time")
    parser.add_argument("--seconds", type=float, default=90, help="after which no more trials begin (90; not with --long)")
    parser.add_argument("--jobs", type=int, default=2, help="trials at a time (2)")
    return parser.parse_args()


def attempt(h, run, deadline):
    """None: there was no time left."""
    if time.monotonic() > deadline:
        return None
    try:
        with h.folder() as folder:
            return run(folder)
    except Exception as error:  # a fault of the harness is no success
        return [f"the harness failed: {type(error).__name__}: {error}"]


def carried_out(h, name, make, deadline, jobs):
    """Tries a mode: how many trials failed."""
    began, failed, done = time.monotonic(), 0, 0
    trials = make(h)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda trial: attempt(h, trial[1], deadline), trials)
        for (label, _), facts in zip(trials, found):
            done += facts is not None
            if not facts:
                continue
            failed += 1
            print(f"FAILED {name}: {label}")
            for fact in facts:
                print(f"    {fact}")
            sys.stdout.flush()
    rest = "" if done == len(trials) else f", {len(trials) - done} more for which there was no time"
    print(f"{name:14} {done:5} trials, {failed} failed{rest}; {time.monotonic() - began:.1f} s", flush=True)
    return failed


def main():
    wanted = arguments()
    program, shim = os.path.abspath(wanted.program), os.path.abspath(wanted.shim)
    for path in (program, shim):
        if not os.path.exists(path):
            print(f"skipped: there is no {path}")
            return 77
    seed = wanted.seed or int(time.time())
    work = tempfile.mkdtemp(prefix="fovea_faults_")
    os.chmod(work, 0o755)
    failed, begin = 0, time.monotonic()
    total = sum(MODES[name][1] for name in wanted.only)
    share = 0
    try:
        h = Harness(program, shim, work, seed, wanted.long)
        for name in wanted.only:
            make, part = MODES[name]
            share += part
            deadline = float("inf") if wanted.long else begin + wanted.seconds * share / total
            failed += carried_out(h, name, make, deadline, wanted.jobs)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{'all' if failed == 0 else 'NOT ALL'} held, with seed {seed}, in {time.monotonic() - begin:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
