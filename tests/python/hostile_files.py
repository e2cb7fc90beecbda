"""Files that ask for what no reader should do."""
import os

import h5py
import numpy


def soft_link(file, _):
    del file["train"]
    file["train"] = h5py.SoftLink("/evaluation/test")


def external_link(file, folder):
    with h5py.File(os.path.join(folder, "other.h5"), "w") as other:
        other["step"], other["loss"] = numpy.arange(3), numpy.arange(3.0)
    del file["train"]
    file["train"] = h5py.ExternalLink(os.path.join(folder, "other.h5"), "/")


def external_values(file, folder):
    with open(os.path.join(folder, "secret"), "wb") as secret:
        secret.write(b"12345678" * 20)
    del file["train/loss"]
    file["train"].create_dataset("loss", (20,), "f8", external=[(os.path.join(folder, "secret"), 0, 160)])


def virtual_values(file, folder):
    del file["train/loss"]
    layout = h5py.VirtualLayout((20,), "f8")
    layout[:] = h5py.VirtualSource(os.path.join(folder, "other.h5"), "loss", (20,))
    file["train"].create_virtual_dataset("loss", layout)


def foreign_filter(file, _):
    del file["train/loss"]
    file["train"].create_dataset("loss", (20,), "f8", numpy.zeros(20), chunks=(20,), compression="lzf")


def huge_array(file, _):
    del file["train/step"], file["train/loss"]
    file["train"].create_dataset("step", (1 << 40,), "i8", chunks=(1024,))
    file["train/step"][:10] = numpy.arange(10)


def large_array(file, _):
    """1 GiB and a little more, which one chunk of 1 MiB could hold if it were compressed."""
    del file["train/step"]
    file["train"].create_dataset("step", ((1 << 27) + 1024,), "i8", chunks=(1 << 17,))
    file["train/step"][:10] = numpy.arange(10)


def unwritten_array(file, _):
    del file["train/step"]
    file["train"].create_dataset("step", (1 << 20,), "i8")


def no_step(file, _):
    del file["train/step"]


def wrong_type(file, _):
    del file["train/step"]
    file["train"]["step"] = numpy.zeros(20, [("a", "i4"), ("b", "f8")])


IN_TRAIN = [soft_link, external_link, external_values, virtual_values, foreign_filter, huge_array, large_array, unwritten_array,
            no_step, wrong_type]


def descending_offsets(site):
    site["offsets"][2] = 11


def long_offsets(site):
    site["offsets"][-1] = 1 << 60


def negative_item(site):
    site["kept"][0] = -5


def short_weights(site):
    del site["weights"]
    site["weights"] = numpy.zeros(3)


def no_rows(site):
    del site["item"]


IN_SITE = [descending_offsets, long_offsets, negative_item, short_weights, no_rows]
