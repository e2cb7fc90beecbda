"""What a site has chosen, on a sample of evaluation items."""
from typing import NamedTuple

import numpy

from .file import ResultsFile
from .table import Table
from .text import Error, printable

_LENGTHS = {"item": 0, "query": 0, "offsets": 1, "log_probability": 0, "entropy": 0}  # beyond the number of rows
_MOST_WORDS = 24  # of one text


class Csr(NamedTuple):
    """A sparse matrix, where scipy is not installed: row i has data[indptr[i]:indptr[i + 1]] in the columns of indices."""

    data: numpy.ndarray
    indices: numpy.ndarray
    indptr: numpy.ndarray
    shape: tuple

    def toarray(self):
        if self.shape[0] * self.shape[1] > 1 << 27:
            raise Error("selection", f"expected a matrix of at most 2^27 cells; it has {self.shape[0]} x {self.shape[1]}; read "
                                     "it row by row.")
        dense = numpy.zeros(self.shape)
        numpy.add.at(dense, (numpy.repeat(numpy.arange(self.shape[0]), numpy.diff(self.indptr)), self.indices), self.data)
        return dense


class Selection:
    """The choices of one site. A row is one query of one item; `row(i)` has what it kept. `attributes` are those of the
    site; `item`, `query`, `offsets`, `kept`, `weights`, `entropy`, `log_probability` and `right` are as in the file."""

    def __init__(self, path, site):
        self.path, self.site = path, site
        group = f"selection/{site}"
        with ResultsFile(path) as file:
            self.attributes = file.attributes(group)
            arrays = {name: file.array(f"{group}/{name}") for name in [*_LENGTHS, "kept", "weights"]}
            self.right = file.array(f"{group}/right")
            self.density = file.array(f"{group}/density")  # [head, query cell, item cell], of the first item
            self._density = file.attributes(f"{group}/density")
        self._check(arrays)
        self.item, self.query, self.offsets = arrays["item"], arrays["query"], arrays["offsets"]
        self.kept, self.weights = arrays["kept"], arrays["weights"]
        self.entropy, self.log_probability = arrays["entropy"], arrays["log_probability"]

    @property
    def heads(self):
        return max(1, int(self.attributes.get("heads", 1)))

    def row(self, row):
        """What a row kept: the items and their weights."""
        begin, end = self.offsets[row:row + 2] if row >= 0 else self.offsets[[row - 1, row]]
        return self.kept[begin:end], self.weights[begin:end]

    def rows_of(self, item):
        """The numbers of the rows of an item of the sample."""
        return numpy.flatnonzero(self.item == item)

    def matrix(self, item=None, head=None):
        """Weights as a sparse matrix: a row for each query, of one item and one head if they are given; a column for each
        item. A csr_matrix where scipy is installed, else the class above, which has the same names."""
        rows = numpy.arange(len(self.item)) if item is None else self.rows_of(item)
        if head is not None:
            rows = rows[self._head(rows) == head]
        lengths = numpy.diff(self.offsets)[rows]
        ends = numpy.concatenate([[0], numpy.cumsum(lengths)])
        places = numpy.arange(ends[-1]) + numpy.repeat(self.offsets[:-1][rows] - ends[:-1], lengths)
        width = max(int(self.kept.max(initial=-1)) + 1, int(self._density.get("items", 0)))
        parts = Csr(self.weights[places], self.kept[places], ends, (len(rows), width))
        try:
            import scipy.sparse
        except ImportError:
            return parts
        return scipy.sparse.csr_matrix(parts[:3], shape=parts.shape)

    def over_training(self):
        """A row for each evaluation on the validation split: step and the figures of the site."""
        group = f"selection/{self.site}/over_training"
        with ResultsFile(self.path) as file:
            return Table(file.columns(group) if file.is_group(group) else {"step": numpy.zeros(0, numpy.int64)})

    def text(self, item=0, most=3):
        """A line for each query of an item: the items of the largest weights, in words where the file says what they are. A
        star marks the right one."""
        said = {name: _Meaning(self.path, self.attributes.get(name, "")) for name in ("keys", "queries")}
        rows = self.rows_of(item)
        if not len(rows):
            known = sorted(set(self.item.tolist()))[:30]
            raise Error("selection", f"expected an item of the sample, such as one of {known}; {item} came; choose one.")
        return "\n".join(self._line(row, said, most) for row in rows)

    def _line(self, row, said, most):
        kept, weights = self.row(row)
        item, query = int(self.item[row]), int(self.query[row])
        right = -1 if self.right is None else int(self.right[row])
        order = numpy.argsort(-weights, kind="stable")[:most]
        shown = [f"{said['keys'].name(item, int(kept[i]))} {weights[i]:.3g}{'*' if kept[i] == right else ''}" for i in order]
        missing = right >= 0 and right not in kept[order]
        within = query - self._per_head() * int(self._head(row))
        head = f"head {int(self._head(row))}, " if self.heads > 1 else ""
        return (f"item {item}, {head}query {said['queries'].name(item, within)}: " + (", ".join(shown) or "nothing")
                + (f"; right: {said['keys'].name(item, right)}" if missing else ""))

    def _per_head(self):
        """Queries of a head: query h M + m is query m of head h."""
        return int(self._density.get("queries", 0)) or -(-(int(self.query.max(initial=0)) + 1) // self.heads)

    def _head(self, rows):
        return self.query[rows] // self._per_head()

    def _check(self, arrays):
        rows = None if arrays["item"] is None else len(arrays["item"])
        fits = all(array is not None and array.ndim == 1 for array in arrays.values())
        fits = fits and all(len(arrays[name]) == rows + more for name, more in _LENGTHS.items())
        fits = fits and (self.right is None or self.right.shape == (rows,)) and len(arrays["kept"]) == len(arrays["weights"])
        fits = fits and all(arrays[name].dtype.kind in "iu" for name in ("item", "query", "offsets", "kept"))
        offsets = arrays["offsets"]
        fits = fits and offsets[0] == 0 and offsets[-1] == len(arrays["kept"]) and bool((offsets[1:] >= offsets[:-1]).all())
        fits = fits and arrays["kept"].min(initial=0) >= 0 and arrays["query"].min(initial=0) >= 0
        if not fits:
            raise Error(self.path, f"expected rows of kept items that fit together; those of {printable(self.site)} do not; "
                                   "'fovea verify' says more.")


class _Meaning:
    """What the numbers of items or queries stand for: "predictions/test/facts:1" is axis 1 of an array, axis 0 the sample;
    without an axis, all of the array belongs to an item."""

    def __init__(self, path, place):
        self._array, self._labels, self._padding = None, None, None
        name, _, axis = place.partition(":")
        self._axis = int(axis) if axis.isdigit() else None
        if not name.startswith("predictions/"):
            return
        with ResultsFile(path) as file:
            if file.shape(name):
                self._array = file.array(name)
                attributes = file.attributes(name)
                self._padding = attributes.get("padding")
                labels = attributes.get("labels")
                self._labels = file.texts(f"{name.rsplit('/', 1)[0]}/{labels}") if labels else None

    def name(self, item, number):
        """A number, and what it stands for in parentheses."""
        try:
            found = self._array if self._axis == 0 else self._array[item]
            if self._axis is not None:
                found = numpy.take(found, number, axis=max(self._axis - 1, 0))
        except (IndexError, TypeError, ValueError):
            return str(number)
        words = [self._word(value) for value in numpy.ravel(found).tolist() if value != self._padding]
        text = " ".join(words[:_MOST_WORDS] + ["..."] * (len(words) > _MOST_WORDS))
        return f"{number} ({text})" if words else str(number)

    def _word(self, value):
        is_known = self._labels is not None and isinstance(value, int) and 0 <= value < len(self._labels)
        return self._labels[value] if is_known else f"{value:.4g}"
