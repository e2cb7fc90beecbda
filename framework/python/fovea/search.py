"""Finding results files."""
import os
import time

from .text import Error

_DEEPEST = 32
_BESIDE = ("journal", "checkpoint", "results.h5.xxh128", "log.txt", "lock")  # what a run keeps beside its results


def find_results(places):
    """The results files given, and those below folders; each file once."""
    found, walked = {}, set()

    def take(path):
        found.setdefault(os.path.realpath(path), path)

    def walk(folder, depth):
        real = os.path.realpath(folder)
        if depth > _DEEPEST or real in walked:  # links may lead in a circle
            return
        walked.add(real)
        try:
            with os.scandir(folder) as entries:
                inside = {entry.name: entry.is_dir() for entry in entries}
        except OSError:
            inside = {"results.h5": False}
        names = {name for name, is_folder in inside.items() if not is_folder}
        if "results.h5" in names or {"journal", "checkpoint"} <= names:
            take(os.path.join(folder, "results.h5"))
        for name in sorted((name for name, is_folder in inside.items() if is_folder), key=os.fsencode):
            walk(os.path.join(folder, name), depth + 1)

    for place in map(os.fspath, places):
        if not os.path.exists(place):
            raise Error(place, "expected a results file, or a folder with some below; it does not exist; give one such as "
                               "runs/sort_by_pointing.")
        if os.path.isdir(place):
            walk(place, 0)
        elif os.path.basename(place) not in _BESIDE:
            take(place)
    return list(found.values())


def time_of(path):
    """When the file was written, as the program prints it; "" where there is none."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(os.stat(path).st_mtime))
    except OSError:
        return ""
