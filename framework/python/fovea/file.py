"""Reading of HDF5 files that may be hostile: no link is followed, no other file opened, no size believed unseen.

The HDF5 library itself can crash on a file that was damaged on purpose. `fovea verify FILE` reads it in a process of its own.
"""
import contextlib
import os
import stat

import h5py
import numpy

from .text import Error, printable

_MOST_BYTES = 1 << 30  # of one array
_MOST_CHUNK = 1 << 26
_MOST_TEXT = 1 << 20
_MOST_NAMES = 100_000
_MOST_RATIO = 1100  # deflate cannot compress by more than 1032
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}


class ResultsFile:
    """An open file, for `with`. Names begin at the root, without a slash: "train/loss"."""

    def __init__(self, path):
        self.path = path
        with self._errors():
            status = os.stat(path)
            self._expect(stat.S_ISREG(status.st_mode), "a results file", "it is a folder, or no file at all")
            self._bytes = status.st_size
            self._file = h5py.File(path, "r", locking=False)
            self._known = {"": self._file["/"]}

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self._file.close()

    def names(self, group="/"):
        """What is directly in a group, in the order of the file; nothing where there is no such group."""
        with self._errors():
            found = self._find(group)
            return list(found) if isinstance(found, h5py.Group) and len(found) <= _MOST_NAMES else []

    def is_group(self, name):
        with self._errors():
            return isinstance(self._find(name), h5py.Group)

    def shape(self, name):
        """The shape of an array of numbers; None where there is none of that name."""
        with self._errors():
            found = self._find(name)
            return found.shape if isinstance(found, h5py.Dataset) and found.dtype.kind in "iuf" else None

    def attributes(self, name="/"):
        """The scalar attributes of a group or array: texts, whole and real numbers."""
        values = {}
        with self._errors():
            found = self._find(name)
            for key in [] if found is None else found.attrs:
                attribute = found.attrs.get_id(key)
                if attribute.get_space().get_simple_extent_npoints() != 1 or attribute.dtype.kind not in "iufSO":
                    continue
                if attribute.dtype.kind == "O" and not h5py.check_string_dtype(attribute.dtype):
                    continue
                values[printable(key)] = _plain(found.attrs[key])
        return values

    def array(self, name, begin=None):
        """The numbers of an array, or those from row `begin` on; None where there is none of that name."""
        with self._errors():
            found = self._find(name)
            if not isinstance(found, h5py.Dataset):
                return None
            is_number = found.dtype.kind in "iuf" and found.dtype.itemsize <= 8
            self._expect(is_number, "numbers", f"'{printable(name)}' has values of another type")
            self._check(found, name, found.dtype.itemsize)
            return found[()] if begin is None else found[begin:]

    def columns(self, group):
        """The step and the metrics of a table: its real numbers that have as many rows."""
        step = self.array(f"{group}/step")
        if step is None or step.ndim != 1 or step.dtype.kind not in "iu":
            raise Error(self.path, f"expected the column step in /{printable(group)}; it is not there; 'fovea verify' says "
                                   "more.")
        columns = {"step": step}
        for name in self.names(group):
            with self._errors():
                found = self._find(f"{group}/{name}")
            if isinstance(found, h5py.Dataset) and found.dtype == numpy.float64 and found.shape == step.shape:
                columns[printable(name)] = self.array(f"{group}/{name}")
        return columns

    def texts(self, name):
        """The texts of an array, as they are in the file; None where there is none of that name."""
        with self._errors():
            found = self._find(name)
            if not isinstance(found, h5py.Dataset):
                return None
            kind = h5py.check_string_dtype(found.dtype)
            is_text = kind is not None and (kind.length is None or kind.length <= _MOST_TEXT)
            self._expect(is_text, "texts", f"'{printable(name)}' has values of another type")
            self._check(found, name, kind.length or 16)
            return [_plain(value) for value in numpy.ravel(found[()])]

    def _find(self, name):
        """The object of a name, by hard links only; None where there is none."""
        name = name.strip("/")
        if name not in self._known:
            group, _, part = name.rpartition("/")
            parent, link = self._find(group), part.encode("utf-8", "surrogateescape")
            is_there = isinstance(parent, h5py.Group) and part != "." and parent.id.links.exists(link)
            is_hard = is_there and parent.id.links.get_info(link).type == h5py.h5l.TYPE_HARD
            self._expect(is_hard or not is_there, "hard links only", f"'{printable(name)}' is a soft or an external link")
            self._known[name] = parent[part] if is_there else None
        return self._known[name]

    def _check(self, array, name, element):
        """What the file declares of an array is borne out by what it stores."""
        properties = array.id.get_create_plist()
        place = f"'{printable(name)}'"
        layout = properties.get_layout()
        is_inside = properties.get_external_count() == 0 and layout in (
            h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED)
        self._expect(is_inside, "values inside the file", f"{place} keeps them elsewhere")
        filters = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
        self._expect(filters <= _FILTERS, "no filters but shuffle, deflate and Fletcher-32", f"{place} has another one")
        self._expect(array.shape is not None, "a shape", f"{place} has none")
        size, stored = element, array.id.get_storage_size()
        for extent in array.shape:
            size *= extent
        self._expect(size <= _MOST_BYTES, "arrays of at most 1 GiB", f"{place} declares {size} bytes")
        self._expect(stored <= self._bytes, "values inside the file", f"{place} is larger than the file")
        if layout == h5py.h5d.CHUNKED:
            chunk = element
            for extent in properties.get_chunk():
                chunk *= extent
            self._expect(chunk <= _MOST_CHUNK, "chunks of at most 64 MiB", f"{place} has larger ones")
            stored *= _MOST_RATIO
        self._expect(size <= stored or size == 0, "a size that the stored bytes can hold", f"{place} declares more")

    def _expect(self, holds, expected, came):
        if not holds:
            raise Error(self.path, f"expected {expected}; {came}; do not trust this file.")

    @contextlib.contextmanager
    def _errors(self):
        """What h5py throws, as an error of one line."""
        try:
            yield
        except Error:
            raise
        except (OSError, RuntimeError, KeyError, TypeError, ValueError, OverflowError, MemoryError) as error:
            text = printable(str(error))[:200]
            raise Error(self.path, f"expected a results file that can be read; {text}; 'fovea verify' says more.") from None


def _plain(value):
    """A value of HDF5 as one of Python."""
    value = value.flat[0] if isinstance(value, numpy.ndarray) else value
    if isinstance(value, bytes):
        value = value.split(b"\0")[0].decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        return printable(value)
    return float(value) if isinstance(value, (float, numpy.floating)) else int(value)
