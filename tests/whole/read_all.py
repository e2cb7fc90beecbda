"""Opens a results file with h5py, as a reader would after a crash, and reads every attribute and every data set of it.

usage: read_all.py RESULTS
"""
import sys

import h5py


def main():
    counts = {"data sets": 0, "attributes": 0}

    def read(_, item):
        counts["attributes"] += len(dict(item.attrs))
        if isinstance(item, h5py.Dataset):
            item[()]
            counts["data sets"] += 1

    with h5py.File(sys.argv[1], "r") as file:
        read("/", file)
        file.visititems(read)
        steps = len(file["train/step"])
        for name, column in file["train"].items():
            if len(column) != steps:
                sys.exit(f"/train/{name} was expected to have the {steps} rows of /train/step; it has {len(column)}")
        if file.attrs["state"] not in ("running", "stopped", "finished"):
            sys.exit(f"the state of a whole file was expected; '{file.attrs['state']}' came")
    if min(counts.values()) == 0:
        sys.exit("data sets and attributes were expected; there are none")


if __name__ == "__main__":
    main()
