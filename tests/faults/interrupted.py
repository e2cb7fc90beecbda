"""Modes that interrupt a run: each gives trials, pairs of a label and a function of a folder that gives what is wrong."""
import errno
import os
import resource
import shutil
import signal
import subprocess
import time

READS = " read pread pread64 "


def exits(h):
    """The process ends before a call, as with a power cut; the same command goes on."""

    def trial(name, first):
        def run(folder):
            output = os.path.join(folder, "out")
            answer, told = h.disturbed(name, output, first, "exit", skip=READS)
            return [f"({told}) {fact}" for fact in answer.faults({99}) + h.aftermath(name, output)]

        return f"{name}, before call {first}", run

    pairs = [(name, first) for name in ("pointing", "several") for first in range(1, h.calls(name, READS) + 1)]
    return [trial(name, first) for name, first in h.sample(pairs, 24)]


FAILURES = [("EIO", errno.EIO, 1), ("EIO", errno.EIO, 0), ("ENOSPC", errno.ENOSPC, 1), ("ENOSPC", errno.ENOSPC, 0),
            ("EINTR", errno.EINTR, 1), ("half", "half", 1), ("half", "half", 0)]


def failures(h):
    """A call fails, once or for ever, in a new run and in one that goes on; then the same command without failures."""

    def trial(copied, skip, first, kind, how, many):
        def run(folder):
            output = os.path.join(folder, "out")
            if copied:
                shutil.copytree(copied, output)
            answer, told = h.disturbed("pointing", output, first, how, many, skip)
            is_harmless = kind in ("EINTR", "half")
            found = answer.faults({0} if is_harmless else {0, 1}, output)
            if answer.code == 0:
                found += h.same("pointing", output)
            return [f"({told}) {fact}" for fact in found + h.aftermath("pointing", output)]

        times = "once" if many == 1 else "for ever"
        return f"{'resumed, ' if copied else ''}call {first}{' but reads' if skip else ''}: {kind} {times}", run

    trials = []
    for copied in (None, h.stopped("pointing")):
        # Most calls are reads of HDF5, all alike: of those a tenth, and a part of the sample.
        for skip, step, some in ((READS, 1, 22), ("", 10, 6)):
            firsts = range(1, h.calls("pointing", skip, copied) + 1, step)
            trials += h.sample([trial(copied, skip, first, *failure) for first in firsts for failure in FAILURES], some)
    return trials


def kills(h):
    """SIGKILL at random moments, up to three times."""

    def trial(number, name, delays):
        def run(folder):
            output, found = os.path.join(folder, "out"), []
            for delay in delays:
                process = h.start(h.command(name, output))
                time.sleep(delay)
                process.kill()
                answer = h.wait(process, 60, time.monotonic())
                found += answer.faults({0, -signal.SIGKILL}) + h.whole(output)
            return found + h.aftermath(name, output)

        return f"{name}, kill {number} after {', '.join(f'{delay:.3f}' for delay in delays)} s", run

    trials = []
    for number in range(400 if h.is_long else 16):
        name = ("longer", "several", "text", "seeds")[number % 4]
        _, seconds = h.reference(name)
        many = h.draw.choice((1, 1, 1, 3))
        trials.append(trial(number, name, [h.draw.uniform(0, 1.05 * seconds) for _ in range(many)]))
    return trials


ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


def signals(h):
    """A signal, or two, at random moments: the run saves its state and goes on with the same command."""

    def trial(number, name, sent, delay):
        def run(folder):
            output = os.path.join(folder, "out")
            process = h.start(h.command(name, output))
            time.sleep(delay)
            has_begun = bool(os.path.exists(output) and os.listdir(output))
            for one in sent:
                process.send_signal(one)
                time.sleep(0.002)
            answer = h.wait(process, 20, time.monotonic())
            codes = {0} | {128 + one for one in sent}
            if not has_begun:  # the program has not come as far as to look for signals
                codes |= {-one for one in sent}
            found = answer.faults(codes)
            # A second signal may end it at once.
            if answer.code is not None and answer.code > 128 and len(sent) == 1 and len(answer.err.splitlines()) != 1:
                found.append(f"a run that was stopped says so in one line: {answer.err[:300]!r}")
            return found + h.aftermath(name, output)

        return f"{name}, {'+'.join(one.name for one in sent)} after {delay:.3f} s (number {number})", run

    trials = []
    for number in range(200 if h.is_long else 12):
        name = ("longer", "text", "several")[number % 3]
        _, seconds = h.reference(name)
        first = getattr(signal, ENDING[number % len(ENDING)])
        sent = [first] if number % 4 else [first, getattr(signal, h.draw.choice(ENDING))]
        trials.append(trial(number, name, sent, h.draw.uniform(0.02, seconds)))
    return trials


def can_mount(h):
    with h.folder() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            return False
        subprocess.run(["umount", folder], check=True)
        return True


def full_disks(h):
    """No room: a file may not grow beyond a size, and, where we may mount one, a file system is full."""

    def limited(kilobytes):
        def run(folder):
            output = os.path.join(folder, "out")
            size = kilobytes << 10
            answer = h.call(h.command("pointing", output), before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
            return answer.faults({0, 1}, output) + h.aftermath("pointing", output)

        return f"files of at most {kilobytes} KiB", run

    def mounted(kilobytes):
        def run(folder):
            place = os.path.join(folder, "disk")
            os.mkdir(place)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", place], check=True)
            try:
                output = os.path.join(place, "out")
                found = h.run("pointing", output).faults({0, 1}, place)
                found += h.whole(output)
                subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
                return found + h.aftermath("pointing", output)
            finally:
                subprocess.run(["umount", "-l", place], check=False)

        return f"a file system of {kilobytes} KiB", run

    trials = [limited(size) for size in h.sample([0, 1, 2, 4, 8, 16, 21, 22, 32, 64, 128, 256, 290, 292, 293, 294, 320], 6)]
    if can_mount(h):
        trials += [mounted(size) for size in h.sample(range(4, 800, 4), 6)]
    return trials
