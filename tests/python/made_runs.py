"""Small results files: copies of a sample that differ in a few values."""
import os
import shutil
import subprocess

import h5py
import numpy


class Sample:
    """What fovea_write_sample publishes."""

    def __init__(self, write_sample, folder):
        os.makedirs(folder)
        subprocess.run([write_sample, folder], check=True)
        self.path = os.path.join(folder, "results.h5")

    def copy(self, folder, accuracy=None, config=None, correct=None, **attributes):
        """A run in a folder; `attributes` are those of the root: run, seed, state."""
        os.makedirs(folder)
        path = os.path.join(folder, "results.h5")
        shutil.copy(self.path, path)
        with h5py.File(path, "r+") as file:
            for name, value in attributes.items():
                file.attrs[name] = value
            for name, value in (config or {}).items():
                file["config"].attrs[name] = value
            if accuracy is not None:
                file["evaluation/test/accuracy"][-1] = accuracy
                file["evaluation/test/accuracy_by_slice"][-1] = [accuracy + 0.125, accuracy - 0.125]
            if correct is not None:
                file["evaluation/test"].create_dataset("correct", data=numpy.asarray(correct, numpy.int32))
            if "facts" not in file["predictions/test"]:
                say_what_items_are(file)
        return path


def say_what_items_are(file):
    """The attributes by which a reader names items: those of a site are facts of one or two words."""
    site = file["selection/decoder/pointer"]
    for group, name in ((site, "right"), (file["predictions/test"], "label_word")):
        if name in group:
            del group[name]
    words = file["predictions/test"].create_dataset("facts", data=numpy.array([[[0, 1], [2, -1]] * 5, [[1, 0], [1, -1]] * 5]))
    words.attrs["labels"], words.attrs["padding"] = "label_word", -1
    texts = numpy.array(["here", "there\x1b[31m", "no\nwhere"], dtype=object)
    file["predictions/test"].create_dataset("label_word", data=texts, dtype=h5py.string_dtype())
    site.attrs["keys"], site.attrs["queries"] = "predictions/test/facts:1", "predictions/test/inputs:1"
    site["weights"][:2] = [0.25, 0.75]
    site.create_dataset("right", data=numpy.array([0, 2, 9, -1, 4, 5], numpy.int32))


def make_groups(sample, folder):
    """Selectors by learning rates and seeds: one finished by 15, others by fewer; a repeat, unfinished and damaged ones."""
    random = numpy.random.default_rng(1)
    for run, count in (("soft", 15), ("top_k", 15), ("sparsemax", 5), ("argmax", 2)):
        for seed in range(1, count + 1):
            accuracy = 0.5 + 0.02 * (run == "top_k") + 0.05 * random.standard_normal()
            state = "running" if run == "sparsemax" and seed == 5 else "finished"
            sample.copy(f"{folder}/{run}-seed{seed}", accuracy, {"learning_rate": 0.003}, run=run, seed=seed, state=state)
    for seed in (2, 3, 4):
        rate, task = {"learning_rate": 1e-05, "site a": "cosine"}, {"learning_rate": 0.003, "task": "other"}
        sample.copy(f"{folder}/rate/soft-seed{seed}", 0.1 * seed, rate, run="soft", seed=seed)
        sample.copy(f"{folder}/task/top_k-seed{seed}", 0.1 * seed, task, run="top_k", seed=seed)
    for seed, state in ((3, "finished"), (4, "stopped")):
        sample.copy(f"{folder}/again-{seed}", 0.75, {"learning_rate": 0.003}, run="soft", seed=seed, state=state)
    sample.copy(f"{folder}/so_far", 0.99, run="late", seed=3, state="stopped")
    sample.copy(f"{folder}/diverged", numpy.nan, run="diverged", seed=3)
    os.makedirs(f"{folder}/begun")
    for name in ("journal", "checkpoint"):
        open(f"{folder}/begun/{name}", "wb").close()
    with open(sample.path, "rb") as whole:
        os.makedirs(f"{folder}/damaged")
        with open(f"{folder}/damaged/results.h5", "wb") as part:
            part.write(whole.read()[:4000])


def make_pair(sample, folder):
    """Two single runs on the same items."""
    items = numpy.arange(200)
    sample.copy(f"{folder}/one", 0.5, {"learning_rate": 0.1}, items % 2, run="one", seed=1)
    sample.copy(f"{folder}/two", 0.75, {"learning_rate": 0.1}, (items % 4 > 0) & (items < 190), run="two", seed=1)
