"""The reader of framework/python against the program, against h5py alone, and on hostile files; the examples of docs/python.md.

usage: python_reader.py PROGRAM WRITE_SAMPLE SOURCE        exits with 77 where numpy or h5py is not installed
"""
import contextlib
import csv
import glob
import io
import json
import os
import re
import subprocess
import sys
import tempfile

PROGRAM, WRITE_SAMPLE, SOURCE = map(os.path.abspath, sys.argv[1:4])
sys.path[:0] = [os.path.join(SOURCE, "framework/python")]
sys.dont_write_bytecode = True
try:
    import h5py
    import numpy
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import fovea
import check_statistics
import hostile_files
import made_runs
from expect import expect, expect_close, expect_error


def table_of(*words):
    """What the program prints as CSV; damaged files make no difference."""
    answer = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
    return list(csv.DictReader(io.StringIO(answer.stdout)))


def value_of(text, like):
    if text == "":
        return None if not isinstance(like, str) else ""
    return text if isinstance(like, str) else float(text)


def check_table(found, expected, what, but=()):
    expect(len(found) == len(expected), f"{what}: {len(expected)} rows expected, not {len(found)}")
    for row, wanted in zip(found, expected):
        for name, text in wanted.items():
            if name not in but:
                expect_close(row[name], value_of(text, row[name]), f"{what}, {name} of {wanted}")


def check_groups(folder):
    """`fovea ls` and `fovea compare`, with everything that changes what is counted."""
    runs = fovea.Runs(folder)
    expected = table_of("ls", folder, "--all", "--csv")
    check_table(runs.table().rows(), expected, "ls --all", but=("problem",))
    for row, wanted in zip(runs.table().rows(), expected):
        expect(row["problem"][:17] == wanted["problem"][:17], f"problem: {wanted['problem']!r}, not {row['problem']!r}")
    expect([group.name for group in runs.groups][:2] == ["sort_by_pointing/soft learning_rate=0.003",
                                                         "sort_by_pointing/argmax"], f"names: {runs.groups}")
    expect([len(runs), len(runs.unread)] == [45, 2], f"runs: {len(runs)}, unread: {len(runs.unread)}")
    for options in ({}, {"against": "best"}, {"against": "top_k task=sort_numbers"}, {"unfinished": True}, {"slice": "N=10"},
                    {"split": "test", "metric": "accuracy", "slice": "N=5", "unfinished": True, "against": "best"}):
        words = [word for name, value in options.items() for word in ([f"--{name}"] if value is True else [f"--{name}", value])]
        found = fovea.compare(runs, **options)
        expected = table_of("compare", folder, "--csv", *words)
        expect(list(found) == list(expected[0]), f"the columns of compare: {list(found)}")
        check_table(found.rows(), expected, f"compare {words}")
    drawn = [row["pairs"] for row in fovea.compare(runs).rows() if row["smallest_p"] is not None and row["pairs"] > 12]
    expect(drawn, "a comparison with more than 12 pairs")
    for options in ({"metric": "acuracy"}, {"split": "tests"}, {"slice": "N=6"}, {"against": "sift"}, {"against": "soft"}):
        expect_error(lambda options=options: fovea.compare(runs, **options), f"compare {options}")


def check_pair(folder):
    found = fovea.compare(fovea.Runs(folder)).rows()
    check_table(found, table_of("compare", folder, "--csv"), "compare two runs")
    expect(found[1]["items"] == 200 and found[1]["mcnemar_p"] < 1, f"items of two runs: {found[1]}")
    answer = subprocess.run([PROGRAM, "compare", folder, "--json"], stdout=subprocess.PIPE, check=True)
    expect_close(found[1]["mcnemar_holm_p"], json.loads(answer.stdout)["groups"][1]["items"]["mcnemar_holm_p"], "mcnemar")


def check_states(sample, folder):
    """A run is running while its lock is held, and else interrupted."""
    path = sample.copy(folder, state="running")
    expect(fovea.Run(path).state == "interrupted", "the state of a run that nobody works on")
    import fcntl

    with open(os.path.join(folder, "lock"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        expect(fovea.Run(path).state == "running", "the state of a run that is worked on")


def check_run(path):
    """Every table and the site of a file, beside h5py alone."""
    run = fovea.Run(path)
    with h5py.File(path, "r", locking=False) as file:
        for name, column in run.train().items():
            expect(numpy.array_equal(column, file["train"][name][()], equal_nan=name != "step"), f"column {name} of {path}")
        for split in file["evaluation"]:
            main = run.evaluation(split)
            expect(len(main) > 1 and all(numpy.array_equal(main[name], file[f"evaluation/{split}/{name}"]) for name in main),
                   f"evaluation {split} of {path}")
        for site in run.sites:
            check_site(run.selection(site), file[f"selection/{site}"])


def check_site(site, group):
    item, offsets, kept, weights = (group[name][()] for name in ("item", "offsets", "kept", "weights"))
    for row in (0, len(item) // 2, -1):
        begin, end = offsets[row % len(item)], offsets[row % len(item) + 1]
        found = [part.tolist() for part in site.row(row)]
        expect(found == [kept[begin:end].tolist(), weights[begin:end].tolist()], f"row {row}: {found}")
    for some in (None, int(item[-1])):
        rows = [row for row in range(len(item)) if some is None or item[row] == some]
        dense = numpy.zeros((len(rows), site.matrix().shape[1]))
        for place, row in enumerate(rows):
            numpy.add.at(dense[place], kept[offsets[row]:offsets[row + 1]], weights[offsets[row]:offsets[row + 1]])
        matrix = site.matrix(item=some)
        expect(numpy.array_equal(matrix.toarray(), dense), f"the matrix of item {some}")
        with without("scipy", "scipy.sparse"):
            own = site.matrix(item=some)
        expect(isinstance(own, fovea.Csr) and own.shape == matrix.shape and numpy.array_equal(own.toarray(), dense), "own CSR")
    expect(len(site.text(int(item[0])).splitlines()) == (item == item[0]).sum(), "lines of text")


@contextlib.contextmanager
def without(*modules):
    """As if they were not installed."""
    kept = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(dict.fromkeys(modules))
    try:
        yield
    finally:
        for name, module in kept.items():
            sys.modules.pop(name) if module is None else sys.modules.update({name: module})


def check_text(path):
    """Items by the words that the file has for them, without their control characters; a star at the right one."""
    site = fovea.Run(path).selection("decoder/pointer")
    lines = site.text(0).splitlines()
    expect(lines[0] == "item 0, query 0 (3): 1 (no\\nwhere) 0.75, 0 (here there\\x1b[31m) 0.25*", lines[0])
    expect(lines[2].endswith("; right: 9 (no\\nwhere)"), lines[2])
    expect(site.text(1, most=1).splitlines()[0] == "item 1, query 0 (6): 3 (there\\x1b[31m) 0.5", site.text(1))
    expect(site.matrix(item=1).shape == (3, 7), f"shape: {site.matrix(item=1).shape}")
    expect_error(lambda: site.text(7), "an item that is not in the sample", "one of [0, 1]")


def check_hostile(sample, folder):
    for disturb in hostile_files.IN_TRAIN + hostile_files.IN_SITE:
        place = os.path.join(folder, disturb.__name__)
        path = sample.copy(place)
        with h5py.File(path, "r+") as file:
            disturb(file, place) if disturb in hostile_files.IN_TRAIN else disturb(file["selection/decoder/pointer"])

        def read(path=path):
            run = fovea.Run(path)
            run.selection().text()
            run.train()

        expect_error(read, disturb.__name__)
    os.mkfifo(os.path.join(folder, "pipe"))
    for name in ("pipe", "none", ""):
        expect_error(lambda name=name: fovea.Run(os.path.join(folder, name)), f"a file that is {name or 'a folder'}")
    path = sample.copy(os.path.join(folder, "names"), run="<script>\n\x1b[2J", config={"\x9b=</td>": "&<b>"})
    shown = fovea.Runs(path).table()
    expect("<script>\\n\\x1b[2J" in repr(shown) and "<script>" not in shown._repr_html_(), f"a name is shown as text: {shown}")
    os.symlink(folder, os.path.join(folder, "circle"))
    again = os.path.join(folder, "circle/names/results.h5")
    expect(len(fovea.search.find_results([folder, folder, again])) == 16, "each file once, links in a circle")


def check_figure(folder):
    figure = fovea.figure("curve", folder, metric="loss", program=PROGRAM)
    expect("vega/v5" in figure["$schema"] and "application/vnd.vega.v5+json" in figure._repr_mimebundle_(), "a figure")
    file = os.path.join(folder, "expected.vg.json")
    subprocess.run([PROGRAM, "figure", "curve", folder, "--metric", "loss", "-o", file], check=True, stdout=subprocess.DEVNULL)
    with open(file, encoding="utf-8") as text:
        expect(json.load(text) == figure, "the figure that the program draws")
    expect_error(lambda: fovea.figure("curv", folder, program=PROGRAM), "a kind that is none", "curve")
    expect_error(lambda: fovea.figure("curve", folder, program="/none"), "a program that is none")
    expect_error(lambda: fovea.figure("map", folder, site="--head", program=PROGRAM), "a value like an option")


def check_examples(folder):
    """Those of docs/python.md, one after the other, in a folder with runs; pandas and scipy may be missing."""
    with open(os.path.join(SOURCE, "docs/python.md"), encoding="utf-8") as page:
        blocks = re.findall(r"^```python\n(.*?)^```", page.read(), re.MULTILINE | re.DOTALL)
    expect(len(blocks) >= 7, f"examples in docs/python.md: {len(blocks)}")
    os.environ["FOVEA_PROGRAM"] = PROGRAM
    here, names, shown = os.getcwd(), {}, io.StringIO()
    os.chdir(folder)
    with contextlib.redirect_stdout(shown):
        for block in blocks:
            exec(compile(block, "docs/python.md", "exec"), names)
    expect(os.path.getsize("loss.vg.json") > 1000 and "soft" in shown.getvalue(), "what the examples make")
    os.chdir(here)


def check_version():
    with open(os.path.join(SOURCE, "CMakeLists.txt"), encoding="utf-8") as text:
        version = re.search(r"project\(fovea VERSION ([0-9.]+)", text.read()).group(1)
    with open(os.path.join(SOURCE, "framework/python/pyproject.toml"), encoding="utf-8") as text:
        expect(f'version = "{version}"' in text.read(), f"version {version} in pyproject.toml")


def main():
    check_version()
    check_statistics.check_values()
    check_statistics.check_scipy()
    for path in glob.glob(os.path.join(SOURCE, "tests/results/golden/*.h5")):
        check_run(path)
    with tempfile.TemporaryDirectory() as folder:
        sample = made_runs.Sample(WRITE_SAMPLE, os.path.join(folder, "sample"))
        made_runs.make_groups(sample, f"{folder}/runs")
        made_runs.make_pair(sample, f"{folder}/pair")
        check_groups(f"{folder}/runs")
        check_pair(f"{folder}/pair")
        check_states(sample, f"{folder}/states")
        check_run(f"{folder}/runs/soft-seed1/results.h5")
        check_text(f"{folder}/runs/soft-seed1/results.h5")
        check_hostile(sample, f"{folder}/hostile")
        check_figure(f"{folder}/runs")
        check_examples(folder)
    print("the reader agrees with the program")


if __name__ == "__main__":
    main()
