"""Every command of the documentation can be pasted: those of README.md, docs/, experiments/README.md, of what `fovea describe`
says about each plugin, and of the examples of `fovea COMMAND --help`. Each line goes through bash, with a stand-in for the
program that keeps its arguments; then the program has to accept them. A training is resolved and its model built, but it does
not begin, as its output cannot be made. The commands that a run and `fovea show` print to be tried next are run as they are, on
a machine that has the program and nothing else.

usage: pasted.py PROGRAM SOURCE [-v]        exits with 1 where a command cannot be pasted
"""
import concurrent.futures
import gzip
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

PROGRAM, SOURCE = (os.path.abspath(path) for path in sys.argv[1:3])
IS_LOUD = sys.argv[3:] == ["-v"]
BLOCKED = "/dev/null"  # no directory can be made in its place
BEGIN = re.compile(r"^(\$ )?(\./|~/fovea/bin/|build/release/)?fovea(?= [a-z-])")
INLINE = re.compile(r"`(?:\./|~/fovea/bin/)?fovea ([a-z-][^`]*)`")
PLACEHOLDER = re.compile(r"^[A-Z]{3,}$|^(EXPERIMENT|NAME|TASK|COMMAND|COMMIT)\b")


def output_of(*arguments):
    return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, check=True, text=True).stdout


class Commands:
    """Commands with the place where they stand."""

    def __init__(self):
        self.found, self.wrapped = [], []

    def read(self, name, lines):
        """Those that begin a line; a backslash at the end goes on."""
        lines = list(lines)
        for number, line in enumerate(lines):
            text = line.strip()
            text = re.sub(r"^Command +", "", text)
            if not BEGIN.match(text):
                continue
            while text.endswith("\\") and number + 1 < len(lines):
                number += 1
                text = text[:-1] + lines[number].strip()
            self.found.append((f"{name}:{number + 1}", BEGIN.sub("fovea", text)))

    def read_page(self, path):
        """Code of a page: fenced, or indented by four."""
        with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
            page = file.read()
        is_fenced, code = False, []
        for line in page.splitlines():
            if line.startswith("```"):
                is_fenced = not is_fenced
            code.append(line if is_fenced or line.startswith("    ") else "")
        self.read(path, code)

    def read_doc(self, name, doc):
        """The section Command of a docstring holds commands and nothing else."""
        lines = doc.splitlines()
        begin = next((i for i, line in enumerate(lines) if line.startswith("Command ")), None)
        if begin is None:
            return
        end = begin + 1
        while end < len(lines) and lines[end].startswith("   "):
            end += 1
        section = lines[begin:end]
        self.read("describe " + name, section)
        for before, line in zip(section, section[1:]):
            if not before.endswith("\\") and not BEGIN.match(line.strip()):
                self.wrapped.append(f"describe {name}: a line of a command goes on without a backslash before: {line.strip()}")


def collected():
    commands = Commands()
    pages = ["README.md", "experiments/README.md"]
    pages += sorted("docs/" + name for name in os.listdir(os.path.join(SOURCE, "docs")) if name.endswith(".md"))
    for page in pages:
        commands.read_page(page)
    for line in output_of("list").splitlines():
        if line.startswith("  ") and line[2] != " ":
            name = line.split()[0]
            commands.read_doc(name, output_of("describe", name))
    for command in ["", *COMMANDS]:
        help_text = output_of(*command.split(), "--help")
        commands.read(command + " --help", help_text[help_text.index("Examples:") :].splitlines())
    return commands


def fragments():
    """What stands within a sentence, as `fovea verify --same` does: a command and options, not all of a call."""
    for page in ["README.md", "experiments/README.md", *("docs/" + n for n in os.listdir(os.path.join(SOURCE, "docs")))]:
        if not page.endswith(".md"):
            continue
        with open(os.path.join(SOURCE, page), encoding="utf-8") as file:
            for text in INLINE.findall(file.read().replace("\n", " ")):
                yield page, text.strip()


# "unknown" makes the program name what it knows.
KNOWN = subprocess.run([PROGRAM, "unknown"], stderr=subprocess.PIPE, text=True, check=False).stderr
COMMANDS = re.search(r"known: ([a-z, ]+)", KNOWN)[1].split(", ")
OPTIONS = {command: set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", output_of(command, "--help"))) for command in COMMANDS}


MORE_RUNS = (["soft_vs_hard"], ["date_translation"], ["babi_memn2n", "tasks=1"])
TRAINED = "trained"  # the folder of these runs, which only commands that use a trained model are shown


def with_trained(arguments):
    """The arguments with the runs of experiments that are trained in a folder of their own."""
    names = "|".join(words[0] for words in MORE_RUNS)
    return [re.sub(rf"(^|=)runs/({names})\b", rf"\1{TRAINED}/\2", argument) for argument in arguments]


def make_inputs(folder):
    """What commands read: a program that keeps its arguments, a run, a text, and stories in the form of the released ones."""
    with open(os.path.join(folder, "fovea"), "w", encoding="ascii") as file:
        file.write('#!/bin/bash\nprintf "%s\\0" "$@" >"$ARGUMENTS"\n')
    os.chmod(os.path.join(folder, "fovea"), 0o755)
    for options in (["sort_by_pointing"], ["sort_by_pointing", "learning_rate=0.01", "--output", "other"],
                    ["length_generalisation", "orders=sort", "choices=soft", "kinds=relative", "--seeds", "1", "--output", "first"],
                    *([*words, "--output", TRAINED] for words in MORE_RUNS)):
        subprocess.run([PROGRAM, "run", *options, "steps=1", "test_rows=8", "validation_rows=8", "--quiet"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([PROGRAM, "export", "runs/sort_by_pointing/main", "-o", "weights.safetensors"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "stories.txt"), "w", encoding="ascii") as file:
        file.write("Mary moved to the bathroom.\nWhere is Mary?\n")
    with open(os.path.join(folder, "text.txt"), "w", encoding="ascii") as file:
        file.write("to be or not to be " * 1000)
    people, places = ("Mary", "John", "Daniel", "Sandra"), ("bathroom", "bedroom", "kitchen", "office", "garden", "hallway")
    stories = "".join(f"1 {who} moved to the {where}.\n2 Where is {who}?\t{where}\t1\n" for who in people for where in places)
    for data in ("en", "en-10k", "en-valid", "en-valid-10k"):
        os.makedirs(os.path.join(folder, "data", data))
        for name in ("train", "valid", "test"):
            for task in range(1, 21):
                with open(os.path.join(folder, "data", data, f"qa{task}_any_{name}.txt"), "w", encoding="ascii") as file:
                    file.write(stories * 10)


def make_own_files(folder):
    """Files of a user's own, as docs/own_data.md has them."""
    words = ("ash", "oak", "elm")
    lines = {"pairs.tsv": ["a\tx", "b\ty"], "numbers.tsv": [], "reports.tsv": [], "later.tsv": ["it leaks\toak"], "tours.txt": [],
             "words.tsv": [],
             "hulls.txt": [], "leaves.csv": ["length,width,weight,kind"], "pictures/labels.tsv": []}
    for i in range(100):
        lines["pairs.tsv"].append(f"cat {i}\tchat {i}")
        lines["words.tsv"].append(f"cat {i}\tchat {i}")
        lines["numbers.tsv"].append(f"{i}\tone {words[i % 3]}")
        lines["reports.tsv"].append(f"it leaks {i}\t{words[i % 3]}")
        lines["tours.txt"].append(f"0.{i} 0 1 1 1 0 0 1 output 1 3 2 4 1")
        lines["hulls.txt"].append(f"0.{i} 0 1 1 1 0 0 1 output 1 3 2")
        lines["leaves.csv"].append(f"{i}.5,{i * i},{i % 7},{words[i % 3]}")
        lines["pictures/labels.tsv"].append(f"{i}.pgm\t{words[i % 3]}")
        lines[f"pictures/{i}.pgm"] = ["P2 4 4 255", f"{i} " * 16]
    os.makedirs(os.path.join(folder, "pictures"))
    for name, content in lines.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write("".join(line + "\n" for line in content))
    for name, header, item in ("images-idx3", [100, 4, 4], range(16)), ("labels-idx1", [100], range(1)):
        with gzip.open(os.path.join(folder, f"train-{name}-ubyte.gz"), "w") as file:
            file.write(struct.pack(f">4B{len(header)}I", 0, 0, 8, len(header), *header))
            file.write(bytes(i if k == 1 else i % 3 for i in range(100) for k in item))
    shutil.copy(os.path.join(SOURCE, "tests", "data", "sorting.h5"), folder)


def split_by_bash(text, folder):
    """The arguments that bash gives to the program; an error where it cannot read the line."""
    with tempfile.NamedTemporaryFile(dir=folder) as kept:
        environment = {**os.environ, "PATH": folder + ":" + os.environ["PATH"], "ARGUMENTS": kept.name}
        done = subprocess.run(["bash", "-c", text], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode != 0:
            return None, done.stdout.strip()
        return kept.read().decode().split("\0")[:-1], ""


def unknown_options(arguments):
    if arguments[0] not in COMMANDS:
        return "" if arguments[0] in ("test", "style", "--help", "--version") else f"there is no command {arguments[0]}"
    unknown = [word for word in arguments[1:] if re.match(r"^--?[a-z]", word) and word.split("=")[0] not in OPTIONS[arguments[0]]]
    return f"no option {unknown[0]}" if unknown else ""


def stray_word(arguments):
    """A word that is no setting, in a call of plugins that are not there."""
    if arguments[0] not in ("run", "check", "draw"):
        return ""
    words = without(arguments[1:], "--plugin")
    words = [word for i, word in enumerate(words) if not word.startswith("-") and not (i and words[i - 1].startswith("--"))]
    stray = [word for word in words[1:] if "=" not in word]
    return f"'{stray[0]}' is no setting" if stray else ""


def without(arguments, option):
    """The arguments without an option and its value."""
    if option not in arguments:
        return arguments
    place = arguments.index(option)
    return arguments[:place] + arguments[place + 2 :]


def quick(arguments, folder):
    """A call that takes the same arguments and ends soon, with the exit codes and the text that are right."""
    command = arguments[0]
    if command in ("run", "evaluate", "predict", "export"):
        arguments = with_trained(arguments)
    if command in ("run", "check"):
        return ["run", *without(arguments[1:], "--output"), "--output", BLOCKED + "/out"], {1}, BLOCKED
    if command == "sweep":  # every point is resolved
        return [*arguments, *([] if "--dry-run" in arguments else ["--dry-run"])], {0}, ""
    if command == "study":
        return [*without(without(arguments, "--samples"), "-o"), "--samples", "1", "--quiet"], {0}, ""
    if command in ("show", "verify", "watch"):
        inner = os.path.join(folder, "runs", "sort_by_pointing", "main")
        results = os.path.join(inner, "results.h5")
        return [command, *((inner if command == "watch" else results) if not w.startswith("-") else w for w in arguments[1:])], {0}, ""
    if command in ("reads", "report"):
        return [command, "runs", *(w for w in arguments[1:] if not w.startswith("runs"))], {0}, ""
    if command == "compare":  # other metrics than those of these runs may be asked for
        return [command, "runs", "other", *(w for w in arguments[1:] if not w.startswith(("runs", "other")))], {0, 1}, ""
    if command == "figure":  # of these runs, which have no router, no images, no study, and not every split
        words = [word for word in arguments[1:] if not word.startswith(("runs", "study"))]
        place = words.index("-o") if "-o" in words else len(words)
        if not shutil.which("gnuplot"):
            words[place + 1 : place + 2] = [re.sub(r"\.(svg|pdf|tex)$", ".csv", word) for word in words[place + 1 : place + 2]]
        places = ["runs", "other"] if words[0] == "forest" else ["runs"]
        return [command, words[0], *places, *words[1:]], {0, 1} if words[0] in ("load", "glimpse", "estimators") else {0}, ""
    if command == "serve":  # it would not end
        return [command, "none", *(word for word in arguments[1:] if not word.startswith("runs"))], {1}, "it does not exist"
    if command == "draw" and not shutil.which("dot"):
        arguments = [re.sub(r"\.(svg|png|pdf)$", ".dot", word) for word in arguments]
    return arguments, {0}, ""


def fault(text, folder):
    """Why a command cannot be pasted; empty: it can."""
    arguments, error = split_by_bash(text.replace("fovea COMMAND", "fovea run"), folder)
    if arguments is None:
        return f"bash does not take it: {error}"
    error = unknown_options(arguments)
    if not error and "--plugin" in arguments:
        error = stray_word(arguments)
    if error or arguments[0] not in COMMANDS or "--plugin" in arguments or any(PLACEHOLDER.search(w) for w in arguments):
        return error
    arguments = [word.replace("FOLDER", os.path.join(folder, "data")).replace("FILE", "text.txt") for word in arguments]
    call, codes, said = quick(arguments, folder)
    done = subprocess.run([PROGRAM, *call], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, check=False)
    # The stories made here lack words of those that the program generates.
    if (done.returncode in codes and said in done.stderr) or "a word of the training stories was expected" in done.stderr:
        return ""
    return f"exit code {done.returncode}: {done.stderr.strip()[-400:]}"


SMALL = "steps=2 test_rows=8 validation_rows=8 --output 'my runs'"
RUNS = (f"run sort_by_pointing hidden=8 n=4 n_min=4 lengths=5 'site=additive | dense | softmax | none' {SMALL}",
        f"run sort_by_pointing hidden=8 n=4 n_min=4 lengths=5 {SMALL}/seeds --seeds 2",
        f"run soft_vs_hard hidden=4 {SMALL}")


def commands_below(heading, text):
    """The lines below a heading that the program prints, which begin with two blanks."""
    lines = text.splitlines()
    begin = lines.index(heading) + 1
    end = next((i for i in range(begin, len(lines)) if not lines[i].startswith("  ")), len(lines))
    return [line.strip() for line in lines[begin:end]]


def printed_faults(folder):
    """Of what a run and show print to be tried next: what does not work without any other program."""
    alone = {**os.environ, "PATH": os.path.join(folder, "nothing")}
    failed, count = [], 0

    def call(text):
        return subprocess.run(["/bin/bash", "-c", text], cwd=folder, env=alone, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    for run in RUNS:
        done = call(f"{shlex.quote(PROGRAM)} {run}")
        if done.returncode != 0:
            failed.append(f"fovea {run}: exit code {done.returncode}: {done.stdout[-400:]}")
            continue
        steps = commands_below("Next, try", done.stdout)
        if len(steps) != 3:
            failed.append(f"fovea {run}: three commands to try next were expected; {steps} came")
        shown = call(next(step for step in steps if " show " in step)).stdout
        for step in steps + commands_below("More", shown):
            count += 1
            done = call(step)
            if done.returncode != 0:
                failed.append(f"printed by fovea {run}: {step}\n    exit code {done.returncode}: {done.stdout[-400:]}")
    return count, failed


def main():
    commands = collected()
    failed = list(commands.wrapped)
    with tempfile.TemporaryDirectory() as folder:
        make_inputs(folder)
        make_own_files(folder)
        count, faults = printed_faults(folder)
        failed += faults
        unique = {text: place for place, text in reversed(commands.found)}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for (text, place), error in zip(unique.items(), pool.map(lambda text: fault(text, folder), unique)):
                if IS_LOUD:
                    print(f"{place}: {text}", flush=True)
                if error:
                    failed.append(f"{place}: {text}\n    {error}")
    for page, text in fragments():
        error = unknown_options(shlex.split(text))
        if error:
            failed.append(f"{page}: `fovea {text}`: {error}")
    for line in failed:
        print("FAILED", line)
    print(f"{len(unique)} commands and {count} printed ones, {len(failed)} that cannot be pasted")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
