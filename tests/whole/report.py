"""The report of small runs in a browser without a window, at three widths, light and dark: no message on the console, no request
but the file, nothing that axe finds, every control by keyboard, the same numbers as fovea compare and fovea figure; and names
that would run if they could.

usage: report.py PROGRAM [--pictures FOLDER]      exits with 77 where the browser, axe-core or what draws figures is absent
axe-core is looked for in FOVEA_AXE (its axe.min.js), else where `npm install -g axe-core` puts it.
"""
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import webdriver  # noqa: E402
from axe import axe_file, violations  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
PICTURES = sys.argv[3] if sys.argv[2:3] == ["--pictures"] else None
WIDTHS = (390, 900, 1500)
HOSTILE = "</script><img src=x onerror=\"window.ran=1\"><b>&amp;\u202e'\"`${window.ran=1}{{1}}=cmd"
failures = []


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def check(holds, claim, seen=""):
    if not holds:
        failures.append(claim)
        print(f"FAILED: {claim}{': ' if seen else ''}{str(seen)[:2000]}")


def fovea(*words):
    result = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"{words}: {result.stderr}")
    return result.stdout


def make_runs(folder):
    small = ["batch=16", "shard_rows=16", "validation_rows=64", "test_rows=64", "--quiet", "--output", folder]
    fovea("run", "soft_vs_hard", "n=5", "hidden=8", "steps=30", "evaluate_every=10", "--seeds", "3", *small)
    fovea("run", "sort_by_pointing", "n=5", "lengths=5", "hidden=8", "steps=20", "evaluate_every=5", "log_every=1", *small)
    fovea("run", "expert_routing", "layers=1", "heads=1", "steps=8", "evaluate_every=4", *small)
    routers = os.path.join(folder, "expert_routing")
    for name in set(os.listdir(routers)) - {"none", "switch"}:  # those that differ most
        path = os.path.join(routers, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    fovea("run", "babi_memn2n", "tasks=1", "questions=100", "linear_epochs=1", "epochs=2", *small[2:])


def add_hostile_run(folder):
    """A copy of a run with names that mean something to a browser. Without h5py there is none."""
    try:
        import h5py
    except ImportError:
        return False
    target = os.path.join(folder, "hostile")
    os.makedirs(target)
    path = os.path.join(target, "results.h5")
    shutil.copy(os.path.join(folder, "soft_vs_hard", "soft-seed1", "results.h5"), path)
    with h5py.File(path, "r+") as file:
        file.attrs["experiment"] = HOSTILE
        file.attrs["run"] = HOSTILE + "\x07\x1b[31m"
        for name in list(file["config"].attrs)[:3]:
            file["config"].attrs[name] = HOSTILE
        file["provenance"].attrs["command"] = "fovea run " + HOSTILE
        file["evaluation/test"].move("accuracy", HOSTILE.replace("/", "_"))
    return True


def rows_of_table(browser, selector):
    return browser.script("""
      const table = document.querySelector(arguments[0]);
      return [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent));""", selector)


def check_numbers(browser, folder):
    """The hidden table of an answer against compare, and that of a figure against figure."""
    index = browser.script("return JSON.parse(document.getElementById('model').textContent).sections.findIndex("
                           "(section) => section.experiment === 'soft_vs_hard')")
    place = f"section[aria-labelledby='s{index}']"
    browser.script("document.querySelector(arguments[0]).open = true", f"{place} details[data-table=numbers]")
    shown = rows_of_table(browser, f"{place} details[data-table=numbers] table")
    expected = list(csv.reader(io.StringIO(fovea("compare", os.path.join(folder, "soft_vs_hard"), "--csv"))))
    check(shown == expected, "the hidden table of an answer has the numbers of fovea compare --csv", (shown[:2], expected[:2]))

    file = os.path.join(folder, "curve.csv")
    fovea("figure", "curve", os.path.join(folder, "soft_vs_hard"), "-o", file)
    with open(file, encoding="utf-8") as opened:
        expected = list(csv.reader(opened))
    browser.script("document.querySelector(arguments[0]).open = true", f"{place} .curves details.numbers")
    time.sleep(0.3)
    shown = rows_of_table(browser, f"{place} .curves details.numbers table")
    check(len(shown) == len(expected), "the table of a figure has its points", (len(shown), len(expected)))
    for name in ("x", "y", "low"):
        if name not in shown[0]:
            check(name == "low", f"the table of a figure has a column {name}", shown[0])
            continue
        ours = [float(row[shown[0].index(name)] or "nan") for row in shown[1:]]
        theirs = [float(row[expected[0].index(name)] or "nan") for row in expected[1:]]
        check(all(a == b or (a != a and b != b) for a, b in zip(ours, theirs)), f"{name} of a figure is that of fovea figure")

    file = os.path.join(folder, "curve.vg.json")
    fovea("figure", "curve", os.path.join(folder, "soft_vs_hard"), "-o", file)
    with open(file, encoding="utf-8") as opened:
        expected = json.load(opened)
    spec = browser.script("""
      const section = JSON.parse(document.getElementById('model').textContent).sections[arguments[0]];
      return fovea.wholeSpec(section.figures.find((figure) => figure.view === 'curves'));""", index)
    same = {key: spec.get(key) == expected.get(key) for key in expected}
    check(all(same.values()), "a specification is that of fovea figure -o x.vg.json", same)


CONTROLS = """
  const all = [...document.querySelectorAll("a[href], button, select, input, textarea, summary, [tabindex='0']")];
  return all.filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled)
    .map((one, i) => (one.dataset.control = i));"""


def check_keyboard(browser):
    browser.script("document.querySelectorAll('details').forEach((one) => { one.open = false; }); document.activeElement.blur();"
                   "window.scrollTo(0, 0); document.getSelection().removeAllRanges();")
    controls = set(str(number) for number in browser.script(CONTROLS))
    reached = set()
    for _ in range(len(controls) + 5):
        browser.press(webdriver.TAB)
        reached.add(browser.script("return document.activeElement.dataset.control ?? null"))
    names = browser.script("return arguments[0].map((i) => document.querySelector(`[data-control='${i}']`).outerHTML.slice(0, 90))",
                           sorted(controls - reached))
    check(controls <= reached, "every control is reached by the keyboard", names)
    browser.script("document.querySelector('details.numbers > summary').focus()")
    browser.press(webdriver.ENTER)
    check(browser.script("return document.querySelector('details.numbers').open"), "a table opens by the keyboard")


def check_saving(browser, folder):
    downloads = os.path.join(folder, "downloads")
    os.makedirs(downloads)
    browser.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=downloads)
    browser.script("document.querySelectorAll('.curves .figure .actions')[0].querySelectorAll('button').forEach((one) => one.click())")
    begins = {".svg": b"<svg", ".png": b"\x89PNG", ".csv": b"panel,series,x", ".json": b"{\"$schema\""}
    for _ in range(100):
        names = [name for name in os.listdir(downloads) if not name.endswith(".crdownload")]
        if len(names) == len(begins):
            break
        time.sleep(0.1)
    for ending, begin in begins.items():
        found = [name for name in os.listdir(downloads) if name.endswith(ending)]
        content = b""
        if found:
            with open(os.path.join(downloads, found[0]), "rb") as file:
                content = file.read()
        check(content.startswith(begin), f"a figure is saved as {ending}", content[:60])
        if ending == ".svg":
            check(b"NaN" not in content and b"over training" in content, "a saved SVG is whole and has its title")


def drawn(browser):
    """Waits until every figure that is open is there."""
    for _ in range(200):
        if browser.script("return [...document.querySelectorAll('.plot')].every((one) => one.clientWidth === 0 || one.querySelector('svg'))"):
            return True
        time.sleep(0.05)
    return False


def check_look(browser, address, axe, width, scheme):
    place = f"at {width} pixels, {scheme}"
    browser.show_as(width, scheme=scheme)
    browser.errors(), browser.requests()
    browser.open(address)
    check(drawn(browser), f"every figure is drawn {place}")
    overflow = browser.script("return document.documentElement.scrollWidth - window.innerWidth")
    check(overflow <= 0, f"the page does not scroll sideways {place}", overflow)
    found = violations(browser, axe)
    check(not found, f"axe finds nothing {place}", "\n  ".join(found))
    errors = browser.errors()
    check(not errors, f"the console has no message {place}", errors)
    requests = [one for one in browser.requests() if one != address and not one.startswith(("data:", "blob:"))]
    check(not requests, f"nothing is asked for but the file {place}", requests)
    check(browser.script("return window.ran === undefined && document.images.length === 0"), f"no text of a file runs {place}")
    if PICTURES:
        browser.picture(os.path.join(PICTURES, f"report_{width}_{scheme}.png"))


def main():
    absent = webdriver.missing()
    axe = axe_file()
    if absent:
        skip(f"{absent} is not installed")
    if not axe:
        skip("axe-core is not there: npm install -g axe-core")
    with tempfile.TemporaryDirectory() as folder:
        make_runs(folder)
        is_hostile = add_hostile_run(folder)
        report = os.path.join(folder, "report.html")
        try:
            fovea("report", folder, "-o", report)
        except RuntimeError as error:
            if "libjs-vega" in str(error):
                skip("libjs-vega is not installed")
            raise
        with open(report, "rb") as file:
            content = file.read()
        fovea("report", folder, "-o", report)
        with open(report, "rb") as file:
            check(content == file.read(), "the same runs make the same bytes")
        with open(axe, encoding="utf-8") as file:
            axe_script = file.read()
        with webdriver.Browser() as browser:
            for width in WIDTHS:
                for scheme in ("light", "dark"):
                    check_look(browser, "file://" + report, axe_script, width, scheme)
            check_numbers(browser, folder)
            check_keyboard(browser)
            check_saving(browser, folder)
            check(not browser.errors(), "the console stays without a message while the page is used")
    print(f"{len(failures)} failed; {'with' if is_hostile else 'without'} hostile names")
    return 1 if failures else 0


sys.exit(main())
