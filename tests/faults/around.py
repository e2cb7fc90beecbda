"""Modes about what is around a run: other processes, streams, the environment, folders and their names."""
import os
import shlex
import signal
import stat
import time

INNER = os.path.join("sort_by_pointing", "main")


def races(h):
    """Two or three processes want one run: one gets it, the others say who has it, or find it finished."""

    def trial(number, count, pauses, killed):
        def run(folder):
            output, found, processes = os.path.join(folder, "out"), [], []
            name = os.path.join(folder, "link") if number % 3 == 1 else output
            if name != output:
                os.mkdir(output)
                os.symlink(output, name)
            if killed:  # its lock stays behind
                first = h.start(h.command("longer", output))
                time.sleep(0.15)
                first.send_signal(signal.SIGKILL)
                h.wait(first, 20, time.monotonic())
            for i in range(count):
                processes.append(h.start(h.command("longer", name if i == 1 else output)))
                time.sleep(pauses[i])
            numbers, codes = [process.pid for process in processes], []
            for process in processes:
                answer = h.wait(process, 60, time.monotonic())
                codes.append(answer.code)
                found += answer.faults({0, 1})
                if answer.code == 1 and not any(str(one) in answer.err for one in numbers):
                    found.append(f"a refusal names the process that has the run: {answer.err[:300]}")
            if 0 not in codes:
                found.append(f"nobody got the run: {codes}")
            return found + h.aftermath("longer", output)

        return f"{count} processes, number {number}{', after a kill' if killed else ''}", run

    trials = []
    for number in range(120 if h.is_long else 8):
        count = 3 if number % 4 == 0 else 2
        pauses = [h.draw.choice((0, 0, 0.003, 0.02, 0.1)) for _ in range(count)]
        trials.append(trial(number, count, pauses, number % 4 == 3))
    return trials


# A label, a shell command in which {run} is that of the run, {out} its folder and {inner} the inner one, and the exit codes
# that are right. Where the run succeeds its results are those of an undisturbed one.
SURROUNDINGS = [
    ("no stdin", "{run} <&-", {0}),
    ("no stdout", "{run} >&-", {0, 1}),
    ("no stderr", "{run} 2>&-", {0}),
    ("no streams", "{run} <&- >&- 2>&-", {0, 1}),
    ("stdout is full", "{run} >/dev/full", {1}),
    ("stdout is closed by its reader", "set -o pipefail; {run} | true", {0, 1}),
    ("progress in a dumb terminal", "TERM=dumb {loud}", {0}),
    ("no terminal type and no width", "env -u TERM COLUMNS=-5 {loud}", {0}),
    ("a locale with decimal commas", "LC_ALL=de_DE.UTF-8 LC_NUMERIC=de_DE.UTF-8 {run}", {0}),
    ("a locale that there is not", "LC_ALL=nonsense {run}", {0}),
    ("a locale with another i", "LC_ALL=tr_TR.UTF-8 {run}", {0}),
    ("a time zone that there is not", "TZ=:/nowhere {run}", {0}),
    ("an empty environment", "env -i {run}", {0}),
    ("no home, no folder for temporary files", "HOME=/nowhere TMPDIR=/nowhere {run}", {0}),
    ("files that are for their owner alone", "umask 077; {run}", {0}),
    ("signals that are ignored", "trap '' INT TERM HUP PIPE XFSZ; {run}", {0}),
    ("few descriptors", "ulimit -n 16; {run}", {0, 1}),
    ("far too few descriptors", "ulimit -n 6; {run}", {0, 1, 127}),
    ("a small stack", "ulimit -s 512; {run}", {0, 1}),
    ("a folder that was removed", "mkdir here && cd here && rmdir ../here && {run}", {0, 1}),
    ("a folder behind a link", "mkdir real && ln -s real '{out}' && {run}", {0}),
    ("a link that leads nowhere", "ln -s nowhere '{out}'; {run}", {0, 1}),
    ("a link to itself", "ln -s '{out}' '{out}'; {run}", {1}),
    ("a file in the place of the folder", "touch '{out}'; {run}", {1}),
    ("a file above the folder", "touch file; {program} run sort_by_pointing steps=2 --quiet --output file/out", {1}),
    ("a folder that may not be written", "mkdir -p '{out}' && chmod 555 '{out}' && {nobody} {run}", {1}),
    ("a folder that may not be entered", "mkdir -p '{out}' && chmod 000 '{out}' && {nobody} {run}", {1}),
]
KEPT = ("results.h5", "results.h5.xxh128", "checkpoint", "journal", "lock", "log.txt", "results.h5.tmp", "checkpoint.tmp")
NAMES = ("with blanks", "with 'quotes' and \"others\"", "with\na line", "-begins-with-a-minus", "with $dollar and `ticks`",
         "caf\u00e9 \u4e2d \u202e", "100%d{}", "a,b(c)=d", "x" * 200)


def as_nobody():
    """A prefix that takes the rights of root away, where we have them."""
    return "setpriv --reuid=65534 --regid=65534 --clear-groups" if os.geteuid() == 0 else ""


def surroundings(h):
    """Streams, locales, limits, links, folders in odd places and of odd names."""

    def shell(folder, output, text):
        names = {"run": shlex.join(h.command("pointing", output)), "out": output, "program": shlex.quote(h.program),
                 "inner": os.path.join(output, INNER), "nobody": as_nobody()}
        names["loud"] = names["run"].replace(" --quiet", "")
        os.chmod(folder, 0o777)
        return h.call(["bash", "-c", f"cd {shlex.quote(folder)}; " + text.format(**names)])

    def trial(label, text, codes):
        def run(folder):
            output = os.path.join(folder, "out")
            answer = shell(folder, output, text)
            found = answer.faults(codes)
            os.chmod(output, 0o755) if os.path.isdir(output) and not os.path.islink(output) else None
            if answer.code == 0:
                return found + h.whole(output) + h.same("pointing", os.path.realpath(output))
            return found + h.whole(output)

        return label, run

    def planted(name, what):
        """Something that is no file stands where the run has a file: it is not followed, not waited for, and not lost."""

        def run(folder):
            output, precious = os.path.join(folder, "out"), os.path.join(folder, "precious")
            inner = os.path.join(output, INNER)
            os.makedirs(inner)
            with open(precious, "w", encoding="ascii") as file:
                file.write("precious")
            path = os.path.join(inner, name)
            {"folder": lambda: os.makedirs(os.path.join(path, "x")), "link": lambda: os.symlink(precious, path),
             "pipe": lambda: os.mkfifo(path)}[what]()
            found = h.run("pointing", output, limit=20).faults({0, 1}, output)
            with open(precious, encoding="utf-8", errors="replace") as file:
                if file.read() != "precious":
                    found.append("what a link led to was overwritten")
            if what == "folder" and name.endswith(".tmp") and not os.path.isdir(path):
                found.append("a folder with content was removed")
            is_still_there = name == "results.h5" and (os.path.islink(path) or not os.path.isfile(path))
            return found + ([] if is_still_there else h.whole(output))

        return f"a {what} in the place of {name}", run

    def named(name):
        def run(folder):
            output = os.path.join(folder, name)
            answer = h.call(["bash", "-c", f"cd {shlex.quote(folder)}; {shlex.join(h.command('pointing', './' + name))}"])
            return answer.faults({0}) + h.whole(output) + h.same("pointing", output)

        return f"a folder named {name!r}", run

    def permissions(folder):
        output = os.path.join(folder, "out")
        answer = h.call(["bash", "-c", f"umask 077; {shlex.join(h.command('pointing', output))}"])
        modes = {stat.S_IMODE(os.stat(os.path.join(output, INNER, name)).st_mode) for name in ("results.h5", "journal")}
        return answer.faults({0}) + ([] if modes == {0o600} else [f"umask 077 was not kept: {sorted(map(oct, modes))}"])

    trials = [trial(*case) for case in h.sample(SURROUNDINGS, 18)]
    trials += [planted(*pair) for pair in h.sample([(n, w) for n in KEPT for w in ("folder", "link", "pipe")], 8)]
    return trials + [named(name) for name in h.sample(NAMES, 4)] + [("modes of files", permissions)]
