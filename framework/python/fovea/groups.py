"""Groups of runs, as `fovea ls` makes them."""
import os

from .run import Run
from .search import find_results, time_of
from .table import Table
from .text import Error, choose, printable


class Group:
    """Runs whose settings are equal but for the seed: what is averaged."""

    def __init__(self, run):
        self.experiment, self.run, self.settings = run.experiment, run.run, run.settings
        self.differing = {}  # the settings that tell it from other groups of this experiment and run
        self.runs, self.repeats = [run], []  # by seed, each once; further files of a seed

    @property
    def differences(self):
        return " ".join(f"{name}={value}" for name, value in self.differing.items())

    @property
    def name(self):
        return f"{self.experiment}/{self.run} {self.differences}".rstrip()

    def values(self, split, metric, group="", unfinished=False):
        """Seed to value of the runs that count: the finished ones; all, where none is or `unfinished` asks for it. And how
        many were left out."""
        is_so_far = not any(run.is_finished for run in self.runs)
        counted = [run for run in self.runs if run.is_finished or is_so_far or unfinished]
        values = {run.seed: run.value(split, metric, group) for run in counted}
        return {seed: value for seed, value in values.items() if value is not None}, len(self.runs) - len(counted)

    def main_metric(self):
        return next((run for run in self.runs if run.is_finished), self.runs[0]).main_metric()

    def __repr__(self):
        return f"<Group {self.name}: {len(self.runs)} runs>"


class Runs:
    """All runs below some places: `groups`, and `unread`, a path and a problem for each file that cannot be read."""

    def __init__(self, *places):
        self.groups, self.unread = [], []
        known = {}
        for path in find_results(places or ("runs",)):
            try:
                run = Run(path)
            except Error as error:
                self.unread.append((path, f"damaged: {error.fact}" if os.path.lexists(path) else "nothing is published yet"))
                continue
            key = run.experiment, run.run, frozenset(run.settings.items())
            if key in known:
                known[key].runs.append(run)
            else:
                known[key] = Group(run)
        self.groups = list(known.values())
        if not self.groups and not self.unread:
            where = (places or ("runs",))[0]
            raise Error(where, "expected results of runs here or below; there are none; give another folder.")
        for group in self.groups:
            _sort(group)
        for name in dict.fromkeys((group.experiment, group.run) for group in self.groups):
            _tell_apart([group for group in self.groups if (group.experiment, group.run) == name])

    def __iter__(self):
        return (run for group in self.groups for run in group.runs)

    def __len__(self):
        return sum(len(group.runs) for group in self.groups)

    def group(self, name):
        """The group of a name, such as "soft_vs_hard/soft", or of a part of it that no other has: "soft"."""
        found = [group for group in self.groups
                 if name in (group.name, group.run, group.differences) or group.name == f"{group.experiment}/{name}"]
        if len(found) > 1:
            raise Error("runs", f"expected the name of one group; {len(found)} are named '{printable(name)}'; give one of: "
                                f"{'; '.join(group.name for group in found[:30])}.")
        return found[0] if found else choose("runs", name, [group.name for group in self.groups])

    def table(self):
        """One row a run, as `fovea ls --all --csv`, and a column for each setting that differs between groups."""
        settings = list(dict.fromkeys(name for group in self.groups for name in group.differing))
        rows = []
        for group in self.groups:
            split, metric, _ = group.main_metric()
            for run in group.runs + group.repeats:
                row = {"experiment": run.experiment, "run": run.run, "settings": group.differences, "seed": run.seed,
                       "state": run.state, "step": run.step, "split": split, "metric": metric,
                       "value": run.value(split, metric), "written": run.written, "file": printable(run.path),
                       "problem": "not counted: the seed is there already" if run in group.repeats else ""}
                values = {**run.settings, **run.config}
                rows.append({**{name: values.get(name) for name in settings}, **row})
        for path, problem in self.unread:
            written = time_of(path if os.path.lexists(path) else os.path.join(os.path.dirname(path), "journal"))
            rows.append({"written": written, "file": printable(path), "problem": problem})
        columns = list(dict.fromkeys(["experiment", "run", "settings", "seed", "state", "step", "split", "metric", "value",
                                      "written", "file", "problem", *settings]))
        return Table({name: [row.get(name) for row in rows] for name in columns})


def _sort(group):
    """By seed, a finished run first; what comes second for a seed is a repeat."""
    runs, group.runs = sorted(group.runs, key=lambda run: (run.seed, not run.is_finished)), []
    for run in runs:
        is_known = bool(group.runs) and group.runs[-1].seed == run.seed
        (group.repeats if is_known else group.runs).append(run)


def _tell_apart(groups):
    """Names the settings that differ; those that follow from others only where the others do not tell the groups apart."""
    names = dict.fromkeys(name for group in groups for name in group.settings)
    unequal = [name for name in names if len({group.settings.get(name, "") for group in groups}) > 1]

    def parts(chosen):
        return len({tuple(group.settings.get(name, "") for name in chosen) for group in groups})

    telling = [name for name in unequal if not _follows(name)]
    for name in filter(_follows, unequal):
        if parts([*telling, name]) > parts(telling):
            telling.append(name)
    for group in groups:
        group.differing = {name: group.settings[name] for name in telling if name in group.settings}


def _follows(name):
    """Other settings decide the value: an option sets a part of a site, which is then in the text of the site."""
    return name == "task" or name.startswith(("evaluation ", "site "))
