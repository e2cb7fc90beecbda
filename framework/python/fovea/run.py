"""One run: what its results file says."""
import os
import stat

import numpy

from .file import ResultsFile
from .search import time_of
from .selection import Selection
from .table import Table
from .text import Error, choose, number_text, printable

_SCHEMAS = ("1", "2")


class Run:
    """One results file: what it is, and its numbers when they are asked for."""

    def __init__(self, path):
        self.path = os.fspath(path)
        with ResultsFile(self.path) as file:
            attributes = file.attributes()
            schema = str(attributes.get("fovea_schema", "none"))
            if schema not in _SCHEMAS:
                raise Error(self.path, f"expected a results file of Fovea with fovea_schema 1 or 2; it has {schema}; give the "
                                       "path of a results.h5, or use the version of Fovea that wrote it.")
            self.config = file.attributes("config")
            self.provenance = file.attributes("provenance")
            self.splits = {printable(name): Table(file.columns(f"evaluation/{name}")) for name in _groups(file, "evaluation")}
            self.sites = _sites(file)
            self._last_train_step = _last(file, "train/step")
        self.experiment, self.run = (str(attributes.get(name, "")) for name in ("experiment", "run"))
        seed = attributes.get("seed", 0)
        self.seed = seed if isinstance(seed, int) else 0
        self.state = _state_now(self.path, str(attributes.get("state", "")))
        self.written = time_of(self.path)

    @property
    def is_finished(self):
        return self.state == "finished"

    @property
    def step(self):
        """The training step of the last row."""
        steps = [self._last_train_step, *(int(table["step"][-1]) for table in self.splits.values() if len(table["step"]))]
        return max(steps)

    @property
    def settings(self):
        """All settings but the seed, as texts, and the hash of each file that was read: equal ones make a group."""
        texts = {name: _text(value) for name, value in self.config.items() if name not in ("seed", "experiment", "run")}
        precision = _text(self.provenance.get("precision", ""))
        if precision and not texts.get("precision"):
            texts["precision"] = precision
        texts.update((name, _text(value)) for name, value in self.provenance.items() if name.startswith(("input ", "plugin ")))
        return texts

    def train(self):
        """A row for each logged step: step, loss and so on."""
        with ResultsFile(self.path) as file:
            return Table(file.columns("train"))

    def evaluation(self, split="test"):
        """A row for each evaluation: step and the metrics."""
        return self.splits[choose(self.path, split, self.splits)]

    def slices(self, split="test"):
        """A row for each evaluation and group of items: step, slice and the metrics."""
        choose(self.path, split, self.splits)
        with ResultsFile(self.path) as file:
            return _by_slice(file, f"evaluation/{split}")

    def predictions(self, split="test"):
        """The arrays of a sample of items; under "label" or "label_..." the text of each word or class, where there are any."""
        with ResultsFile(self.path) as file:
            group = f"predictions/{choose(self.path, split, _groups(file, 'predictions'))}"
            arrays = {printable(name): file.array(f"{group}/{name}") for name in file.names(group)
                      if file.shape(f"{group}/{name}") and not _is_axis(file, f"{group}/{name}")}
            labels = [name for name in file.names(group) if name == "label" or name.startswith("label_")]
            return {**arrays, **{printable(name): file.texts(f"{group}/{name}") for name in labels}}

    def selection(self, site=None):
        """What a site has chosen; by default the first one."""
        if not self.sites:
            raise Error(self.path, "expected a run with a site that chooses; it has none; choose another run.")
        return Selection(self.path, choose(self.path, site or self.sites[0], self.sites))

    def array(self, name):
        """Any array of numbers of the file by its path; docs/result_format.md says what there is."""
        with ResultsFile(self.path) as file:
            found = file.array(name)
        if found is None:
            raise Error(self.path, f"expected an array; '{printable(name)}' is none; docs/result_format.md has their names.")
        return found

    def main_metric(self):
        """What it is judged by first: split, metric and slice ("": all items)."""
        split = next((name for name in ("test", "validation", *self.splits) if name in self.splits), None)
        metrics = [name for name in self.splits.get(split, ()) if name != "step"]
        return (split, metrics[0], "") if metrics else ("", "", "")

    def value(self, split, metric, group=""):
        """The last value of a metric, of all items or of a group of them; None where there is none."""
        if split not in self.splits:
            return None
        table = self.slices(split) if group else self.splits[split]
        names = table.get("slice", [""] * len(table["step"]))
        if metric in ("step", "slice") or metric not in table or group not in names:
            return None
        return float(table[metric][len(names) - 1 - list(names)[::-1].index(group)])

    def __repr__(self):
        return f"<Run {self.experiment}/{self.run} seed {self.seed}, {self.state}: {printable(self.path)}>"


def _text(value):
    return value if isinstance(value, str) else number_text(value)


def _groups(file, name):
    return [child for child in file.names(name) if file.is_group(f"{name}/{child}")]


def _is_axis(file, name):
    return file.attributes(name).get("CLASS") == "DIMENSION_SCALE"


def _by_slice(file, group):
    step = file.columns(group)["step"]
    names = [printable(name) for name in (file.texts(f"{group}/slice") or [] if "slice" in file.names(group) else [])]
    table = Table(step=numpy.repeat(step, len(names)), slice=names * len(step))
    for name in file.names(group):
        if names and file.shape(f"{group}/{name}") == (len(step), len(names)):
            table[printable(name).removesuffix("_by_slice")] = file.array(f"{group}/{name}").ravel()
    return table


def _sites(file):
    """The paths below /selection of groups with the text of a site."""
    found, open_groups = [], [("selection", 0)]
    while open_groups:
        group, depth = open_groups.pop(0)
        children = [] if depth > 32 else [(f"{group}/{name}", depth + 1) for name in _groups(file, group)]
        found += [path.removeprefix("selection/") for path, _ in children if file.attributes(path).get("site")]
        open_groups = children + open_groups
    return found


def _last(file, name):
    shape = file.shape(name)
    return int(file.array(name, begin=shape[0] - 1)[0]) if shape and len(shape) == 1 and shape[0] else 0


def _state_now(path, state):
    """A run that should be running is interrupted where no process holds its lock."""
    if state == "finished":
        return state
    if os.path.basename(path) == "results.h5" and _is_locked(os.path.join(os.path.dirname(path), "lock")):
        return "running"
    return "interrupted" if state == "running" else state


def _is_locked(path):
    try:
        import fcntl

        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (ImportError, OSError):
        return False
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return is_file
    except OSError:
        return False
    finally:
        os.close(descriptor)
