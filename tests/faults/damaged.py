"""Modes in which files of a run are damaged, or a resume has to be refused."""
import fcntl
import os
import resource
import shutil

from harness import MEMORY, changes, paths_of, results_of, snapshot

LIMIT = 60  # seconds, for a command that should need one; the machine may be busy
INNER = os.path.join("sort_by_pointing", "main")


def less_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def change_bits(draw, data):
    for _ in range(draw.choice((1, 1, 2, 9))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def write_extreme(draw, data):
    size = draw.choice((1, 2, 4, 8))
    place = draw.randrange(max(1, len(data) - size))
    value = draw.choice((0, 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1, 2 ** (4 * size)))
    data[place : place + size] = (value % 2 ** (8 * size)).to_bytes(size, "little")


def fill(draw, data):
    place = draw.randrange(len(data))
    size = min(draw.choice((3, 30, 300, 3000)), len(data) - place)
    data[place : place + size] = bytes([draw.choice((0, 0x20, 0xFF))]) * size


def cut(draw, data):
    del data[draw.randrange(len(data)) :]


def drop(draw, data):
    place = draw.randrange(len(data))
    del data[place : place + draw.choice((1, 7, 512))]


def repeat(draw, data):
    place = draw.randrange(len(data))
    part = data[place : place + draw.choice((1, 16, 512))]
    data[draw.choice((place, len(data), 0)) : 0] = part


def exchange(draw, data):
    size = min(draw.choice((8, 64, 512)), max(1, len(data) // 2))
    first, second = (draw.randrange(len(data) - size + 1) for _ in range(2))
    part = bytes(data[first : first + size])
    data[first : first + size] = data[second : second + size]
    data[second : second + size] = part


DAMAGES = (change_bits, change_bits, write_extreme, write_extreme, fill, cut, drop, repeat, exchange)


def damaged(h, path):
    """The bytes of a file with some damage, and what was done to it."""
    with open(path, "rb") as file:
        whole = file.read()
    while True:
        damage = h.draw.choice(DAMAGES)
        data = bytearray(whole)
        damage(h.draw, data)
        if bytes(data) != whole:
            return damage.__name__, bytes(data)


def results(h):
    """verify and show of damaged results: they end, and a hash beside a file that does not fit is told."""

    def trial(number, what, data, hashed):
        def run(folder):
            path, found = os.path.join(folder, "results.h5"), []
            with open(path, "wb") as file:
                file.write(data)
            if hashed:
                shutil.copy(original + ".xxh128", path + ".xxh128")
            for command in ("verify", "show"):
                answer = h.call([h.program, command, path], LIMIT, less_memory)
                facts = answer.faults({0, 1, 2, 3})
                if hashed and answer.code == 0 and (command == "verify" or "hash" not in answer.out + answer.err):
                    facts.append("a hash that does not fit is not told")
                found += [f"{command}: {fact}" for fact in facts]
            return found

        return f"results {number}: {what}, {'with' if hashed else 'without'} its hash", run

    original = results_of(h.reference("pointing")[0])[0]
    return [trial(n, *damaged(h, original), n % 2 == 0) for n in range(2000 if h.is_long else 40)]


def resumes(h):
    """The command that goes on with a damaged file ends as if it were whole, or is refused and changes nothing."""

    def trial(number, name, source, what, data):
        def run(folder):
            output = os.path.join(folder, "out")
            shutil.copytree(source, output)
            path = paths_of(output, name)[0]
            with open(path, "wb") as file:
                file.write(data)
            before = snapshot(output)
            answer = h.call(h.command("pointing", output), LIMIT, less_memory)
            found = answer.faults({0, 1}, output)
            if answer.code == 0:
                return found + h.same("pointing", output)
            return found + changes(before, snapshot(output)) if answer.code == 1 else found

        return f"{name} {number}: {what}", run

    trials = []
    stopped, finished = h.stopped("pointing"), h.reference("pointing")[0]
    plan = [("checkpoint", stopped, 12), ("journal", stopped, 12), ("results.h5", stopped, 3), ("log.txt", stopped, 2),
            ("checkpoint", finished, 2), ("journal", finished, 2), ("results.h5.xxh128", stopped, 2)]
    for name, source, some in plan:
        if not paths_of(source, name):
            continue
        path = paths_of(source, name)[0]
        for number in range(some * 40 if h.is_long else some):
            trials.append(trial(number, name, source, *damaged(h, path)))
    return trials


def with_bytes(name, change):
    """Prepares a refusal: rewrites a file of the run."""

    def prepare(output):
        path = paths_of(output, name)[0]
        with open(path, "rb") as file:
            data = file.read()
        with open(path, "wb") as file:
            file.write(change(data))

    return prepare


def flipped(at):
    return lambda data: data[: int(at * len(data))] + bytes([data[int(at * len(data))] ^ 0x41]) + data[int(at * len(data)) + 1 :]


def refusals(h):
    """A command that is refused leaves every byte of the run as it was."""
    pointing = h.settings("pointing")

    def run_with(*more):
        return lambda output: [h.program, "run", *pointing, "--quiet", "--output", output, *more]

    def other(old, new):
        settings = [new if word == old else word for word in pointing]
        return lambda output: [h.program, "run", *settings, "--quiet", "--output", output]

    def drawn_over(output):
        return [h.program, "draw", "sort_by_pointing", "-o", results_of(output)[0]]

    def studied_over(output):
        return [h.program, "study", "estimators", "soft_vs_hard", "--run", "sample", "-o", results_of(output)[0]]

    stopped, finished = h.stopped("pointing"), h.reference("pointing")[0]
    cases = [
        ("another length, of a finished run", finished, None, other("steps=30", "steps=40")),
        ("another length, of a stopped run", stopped, None, other("steps=30", "steps=40")),
        ("another width, of a stopped run", stopped, None, other("hidden=8", "hidden=9")),
        ("a journal with another beginning", stopped, with_bytes("journal", flipped(0.01)), run_with()),
        ("an empty journal", stopped, with_bytes("journal", lambda data: b""), run_with()),
        ("a checkpoint with another byte", stopped, with_bytes("checkpoint", flipped(0.5)), run_with()),
        ("half of a checkpoint", stopped, with_bytes("checkpoint", lambda data: data[: len(data) // 2]), run_with()),
        ("a picture over the results", finished, None, drawn_over),
        ("a study over the results", finished, None, studied_over),
        ("an option that there is not", stopped, None, run_with("steps2=1")),
    ]

    def trial(label, source, prepare, command):
        def run(folder):
            output = os.path.join(folder, "out")
            shutil.copytree(source, output)
            if prepare:
                prepare(output)
            wanted = command(output)
            before = snapshot(output)
            answer = h.call(wanted, LIMIT)
            return answer.faults({1, 2}) + changes(before, snapshot(output))

        return label, run

    def other_input(is_finished):
        """The file that a run reads has another content: a finished run is not told again, a stopped one does not go on."""

        def run(folder):
            output, path = os.path.join(folder, "out"), os.path.join(folder, "input.txt")
            command = [word.replace(h.text, path) for word in h.command("text", output)]
            shutil.copy(h.text, path)
            first = h.call(command, LIMIT, **({} if is_finished else h.faults_at(output, 90, "exit")))
            with open(path, "a", encoding="ascii") as file:
                file.write("One more line.\n")
            before = snapshot(output)
            found = first.faults({0 if is_finished else 99}) + h.call(command, LIMIT).faults({1}, "input.txt")
            return found + changes(before, snapshot(output))

        return f"another content of a file that a {'finished' if is_finished else 'stopped'} run reads", run

    def held(folder):
        output = os.path.join(folder, "out")
        shutil.copytree(stopped, output)
        with open(os.path.join(output, INNER, "lock"), "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = snapshot(output)
            answer = h.run("pointing", output, limit=LIMIT)
            found = answer.faults({1}, output) + changes(before, snapshot(output))
        return found + h.aftermath("pointing", output)

    return [trial(*case) for case in cases] + [other_input(True), other_input(False), ("a lock that another process holds", held)]
