"""What the modes of the fault harness share: a program to disturb, its runs, and what must hold of a run whatever happened."""
import contextlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time

FOREIGN = "nobody foresaw"  # how the program begins an error that it does not know
# Of a run that was interrupted; a run that was not has a log where it met something odd, and a report where it is not quiet.
MAY_STAY = {"log.txt", "lock", "report.html"}
MEMORY = 6 << 30  # bytes of address space of a process that reads damaged files


def words(text):
    return text.split()


# Short runs: an ordinary one, several runs of an experiment, and one that reads a file ({text}).
RUNS = {
    "pointing": words("sort_by_pointing steps=30 n=5 hidden=8 test_rows=40 validation_rows=20 lengths=5 evaluate_every=10 "
                      "checkpoint_every=5"),
    "longer": words("sort_by_pointing steps=240 n=5 hidden=16 test_rows=100 validation_rows=64 lengths=5 evaluate_every=20 "
                    "checkpoint_every=10 patience=9"),
    "several": words("soft_vs_hard steps=24 n=5 hidden=8 test_rows=32 validation_rows=32 evaluate_every=8 checkpoint_every=6"),
    "seeds": words("sort_by_pointing steps=20 n=5 hidden=8 test_rows=40 validation_rows=20 lengths=5 evaluate_every=10 "
                   "checkpoint_every=5 --seeds 2"),
    "text": words("expert_routing vocabulary=256 routers=bias width=8 expert_hidden=8 layers=1 steps=16 batch=4 "
                  "validation_rows=4 test_rows=8 evaluate_every=8 checkpoint_every=4") + ["text=text_file(path={text}, length=16)"],
}


class Answer:
    """How a process ended: an exit code (negative: a signal; None: it had to be ended), what it wrote, and how long it took."""

    def __init__(self, code, out, err, seconds, orphans):
        self.code, self.out, self.err, self.seconds, self.orphans = code, out, err.strip(), seconds, orphans

    def faults(self, codes, names=None):
        """What is wrong with it, where one of `codes` was expected, and one line that names a path if it failed."""
        if self.code is None:
            return [f"it hangs (ended after {self.seconds:.0f} s)"]
        found = [] if self.code in codes else [f"exit code {self.code}, expected {sorted(codes)}: {self.err[:400]}"]
        if self.orphans:
            found.append("a child of it outlives it")
        if FOREIGN in self.err:
            found.append(self.err[:400])
        if self.code in (1, 2) and len(self.err.splitlines()) != 1:
            found.append(f"an error is one line: {self.err[:400]!r}")
        if self.code == 1 and names and names not in self.err:
            found.append(f"an error names the path: {self.err[:400]}")
        return found


class Harness:
    def __init__(self, program, shim, work, seed, is_long):
        self.program, self.shim, self.work, self.is_long = program, shim, work, is_long
        self.draw = random.Random(seed)
        self.text = os.path.join(work, "text.txt")
        with open(self.text, "w", encoding="ascii") as file:
            file.write("to be or not to be, that is the question. " * 40)
        self._references, self._lock = {}, threading.RLock()

    def sample(self, things, count):
        """All of them in the long form, else some, in their order."""
        things = list(things)
        if self.is_long or len(things) <= count:
            return things
        return [things[i] for i in sorted(self.draw.sample(range(len(things)), count))]

    @contextlib.contextmanager
    def folder(self):
        path = tempfile.mkdtemp(dir=self.work)
        try:
            yield path
        finally:
            subprocess.run(["chmod", "-R", "u+rwx", path], stderr=subprocess.DEVNULL, check=False)
            shutil.rmtree(path, ignore_errors=True)

    def settings(self, name):
        return [word.replace("{text}", self.text) for word in RUNS[name]]

    def command(self, name, output, *more):
        return [self.program, "run", *self.settings(name), "--quiet", "--threads", "2", "--output", output, *more]

    def start(self, command, before=None, **environment):
        """A process in a group of its own, so that whatever it leaves behind can be found."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env={**os.environ, **environment}, start_new_session=True, preexec_fn=before, **pipes)

    @staticmethod
    def wait(process, limit, began):
        try:
            out, err = process.communicate(timeout=limit)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            code = None
        seconds = time.monotonic() - began
        return Answer(code, out.decode(errors="replace"), err.decode(errors="replace"), seconds, Harness.orphans(process.pid))

    @staticmethod
    def orphans(group):
        """Whether a process of this group is alive; one that is ending gets a moment, and on a busy machine some seconds."""
        for _ in range(250):
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return False
            time.sleep(0.02)
        os.killpg(group, signal.SIGKILL)
        return True

    def call(self, command, limit=60, before=None, **environment):
        began = time.monotonic()
        return self.wait(self.start(command, before, **environment), limit, began)

    def run(self, name, output, *more, limit=60, **environment):
        return self.call(self.command(name, output, *more), limit, **environment)

    def faults_at(self, output, first, how, many=1, skip=""):
        """The environment of a process of which calls for files below a folder are disturbed (see shim.c)."""
        return {"LD_PRELOAD": self.shim, "FAULT_BELOW": output, "FAULT_FROM": str(first), "FAULT_FOR": str(many),
                "FAULT_HOW": str(how), "FAULT_SKIP": skip}

    def disturbed(self, name, output, first, how, many=1, skip=""):
        """A run with such an environment; the first call that was disturbed, as the shim tells it."""
        trace = output + ".trace"
        answer = self.run(name, output, limit=30, FAULT_TRACE=trace, **self.faults_at(output, first, how, many, skip))
        told = ""
        if os.path.exists(trace):
            with open(trace, encoding="utf-8", errors="replace") as file:
                told = file.readline().strip()
            os.remove(trace)
        return answer, told

    def calls(self, name, skip, copied=None):
        """How many calls for its files a run makes: a new one, or one that goes on with what is copied."""
        with self.folder() as folder:
            output, count = os.path.join(folder, "out"), os.path.join(folder, "count")
            if copied:
                shutil.copytree(copied, output)
            answer = self.run(name, output, LD_PRELOAD=self.shim, FAULT_BELOW=output, FAULT_SKIP=skip, FAULT_COUNT=count)
            if answer.code != 0:
                raise RuntimeError(f"an undisturbed run of {name} failed: {answer.err}")
            with open(count, encoding="ascii") as file:
                return int(file.read())

    def reference(self, name):
        """The folder of an undisturbed run, and the seconds that it took."""
        with self._lock:
            if name not in self._references:
                output = os.path.join(self.work, "reference_" + name)
                answer = self.run(name, output)
                if answer.code != 0:
                    raise RuntimeError(f"an undisturbed run of {name} failed: {answer.err}")
                self._references[name] = (output, answer.seconds)
            return self._references[name]

    def stopped(self, name):
        """The folder of a run that ended on its way, after it had published something."""
        with self._lock:
            output = os.path.join(self.work, "stopped_" + name)
            first = 0
            while not os.path.exists(output):
                first += 12
                answer, _ = self.disturbed(name, output, first, "exit", skip=" read pread pread64 ")
                if answer.code == 0:
                    raise RuntimeError(f"a run of {name} could not be stopped on its way")
                if not results_of(output) or not paths_of(output, "checkpoint"):
                    shutil.rmtree(output, ignore_errors=True)
            return output

    def whole(self, output):
        """What is wrong with the results files that are there."""
        found = []
        for path in results_of(output):
            answer = self.call([self.program, "verify", path])
            if answer.code != 0:
                found.append(f"a published file is not whole: {answer.out.strip()[:200]} {answer.err[:200]}")
        return found

    def same(self, name, output):
        """What differs from an undisturbed run: bytes outside of /clock, and files that are missing or left over."""
        reference, _ = self.reference(name)
        found, wanted, here = [], files_of(reference), files_of(output)
        found += [f"missing: {path}" for path in sorted(set(wanted) - set(here)) if os.path.basename(path) not in MAY_STAY]
        found += [f"left over: {path}" for path in sorted(set(here) - set(wanted)) if os.path.basename(path) not in MAY_STAY]
        for path in sorted(set(here) & set(wanted)):
            if not path.endswith("results.h5"):
                continue
            pair = [os.path.join(reference, path), os.path.join(output, path)]
            answer = self.call([self.program, "verify", pair[0], "--same", pair[1]])
            if answer.code != 0:
                found.append(f"not the same: {(answer.out + answer.err).strip()[-300:]}")
        return found

    def aftermath(self, name, output):
        """What is wrong after the same command was given again, with nothing in its way."""
        found = self.whole(output)
        found += [f"again: {fact}" for fact in self.run(name, output).faults({0})]
        return found + self.same(name, output)


def paths_of(output, name):
    return sorted(os.path.join(folder, name) for folder, _, files in os.walk(output) if name in files)


def results_of(output):
    return [path for path in paths_of(output, "results.h5") if os.path.isfile(path)]


def files_of(output):
    return [os.path.relpath(os.path.join(folder, file), output) for folder, _, files in os.walk(output) for file in files]


def snapshot(output):
    """Names, kinds and bytes of everything below a folder."""
    taken = {}
    for folder, folders, files in os.walk(output):
        for name in folders + files:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                taken[path] = ("link", os.readlink(path))
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    taken[path] = ("file", file.read())
            else:
                taken[path] = ("other", oct(os.lstat(path).st_mode))
    return taken


def changes(before, after):
    """What differs between two snapshots."""
    paths = sorted(set(before) | set(after))
    return [f"changed: {path}" for path in paths if before.get(path) != after.get(path)]
