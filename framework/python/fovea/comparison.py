"""Groups of runs compared with the first one, seed by seed, as `fovea compare` does."""
from . import statistics
from .file import ResultsFile
from .table import Table
from .text import Error, choose, printable


def compare(runs, metric="", split="", slice="", against="", unfinished=False):
    """A row for each group with the columns of `fovea compare --csv`: n, mean and t interval, the paired differences from the
    first group (or the one `against` names; "best": the one of the highest mean), and their tests. What was not tested is
    None."""
    split, metric, slice = resolved_metric(runs, split, metric, slice)
    values = {group: group.values(split, metric, slice, unfinished) for group in runs.groups}
    groups = _in_order(runs, values, against)
    rows = [_row(groups[0], group, values, (split, metric, slice), unfinished) for group in groups]
    for p, corrected in (("sign_flip_p", "holm_p"), ("mcnemar_p", "mcnemar_holm_p")):
        for row, value in zip(rows, statistics.holm([row[p] for row in rows])):
            row[corrected] = value
    return Table({name: [row[name] for row in rows] for name in rows[0]})


def resolved_metric(runs, split="", metric="", slice=""):
    """What is not given is that of the first run that has what is."""
    for run in runs:
        chosen = split or run.main_metric()[0]
        name = metric or next((name for name in run.splits.get(chosen, ()) if name != "step"), "")
        if run.value(chosen, name, slice) is not None:
            return chosen, name, slice
    if split:
        choose("split", split, [name for run in runs for name in run.splits])
    if metric:
        choose("metric", metric, [name for run in runs for table in run.splits.values() for name in table])
    asked = printable(" ".join((split, metric, slice)).strip()) or "anything"
    raise Error("runs", f"expected runs with an evaluation of {asked}; none has one; Run.evaluation and Run.slices have what "
                        "there is.")


def _in_order(runs, values, against):
    if not runs.groups:
        raise Error("runs", f"expected results that can be read; there are none; {runs.unread[0][1]}")
    groups = list(runs.groups)
    if against == "best":
        means = {group: statistics.mean(list(values[group][0].values())) for group in groups
                 if any(run.is_finished for run in group.runs)}
        means = {group: value for group, value in means.items() if value is not None}
        first = max(means, key=means.get, default=groups[0])
    elif against:
        first = runs.group(against)
    else:
        first = groups[0]
    return [first] + [group for group in groups if group is not first]


def _row(first, group, values, choice, unfinished):
    (own, left_out), (others, _) = values[group], values[first]
    may_pair = unfinished or all(any(run.is_finished for run in either.runs) for either in (first, group))
    seeds, differences = statistics.paired_by_seed(own, others) if group is not first and may_pair else ([], [])
    flip = statistics.sign_flip_test(differences) if len(seeds) > 1 else None  # of one pair p = 1, whatever was found
    t_test = statistics.paired_t_test(differences)
    items = _items(first, group, seeds, choice) if len(own) == len(others) == len(seeds) == 1 else None
    return {
        "experiment": group.experiment, "run": group.run, "settings": group.differences,
        "split": choice[0], "metric": choice[1], "slice": choice[2], "n": len(own), "left_out": left_out,
        **_summary("", list(own.values())), "pairs": len(seeds), **_summary("difference_", differences),
        "sign_flip_p": flip and flip.p, "smallest_p": flip and flip.smallest_p, "holm_p": None, "t_p": t_test and t_test.p,
        "items": items and items[0], "only_first_right": items and items[1], "only_this_right": items and items[2],
        "mcnemar_p": items and statistics.mcnemar_p(*items[1:]), "mcnemar_holm_p": None}


def _summary(prefix, values):
    summary = statistics.summary(values)
    low, high = summary.interval or (None, None)
    return {f"{prefix}mean": summary.mean, f"{prefix}deviation": summary.deviation, f"{prefix}low": low, f"{prefix}high": high}


def _items(first, group, seeds, choice):
    """How many items both have, and how many only one of them got right: of two single runs on the same items."""
    split, metric, slice_name = choice
    if slice_name or _decisive(first, split) != _decisive(group, split):
        return None
    correct = []
    for run in (next(run for run in either.runs if run.seed == seeds[0]) for either in (first, group)):
        if next(name for name in run.splits[split] if name != "step") != metric:
            return None
        with ResultsFile(run.path) as file:
            correct.append(file.array(f"evaluation/{split}/correct"))
    if any(items is None or items.ndim != 1 or not len(items) for items in correct) or len(correct[0]) != len(correct[1]):
        return None
    one, other = (items != 0 for items in correct)
    return len(one), int((one & ~other).sum()), int((~one & other).sum())


def _decisive(group, split):
    """Everything that decides which items a split has, besides the seed."""
    names = {"evaluation_batch", "task" if split in ("test", "validation") else f"evaluation {split}", f"evaluation {split}"}
    return [pair for pair in group.settings.items() if pair[0] in names or pair[0].startswith("input ")]
