"""Opens a published results file as other tools do: h5py, xarray through h5netcdf, and ncdump.

usage: open_in_python.py WRITE_SAMPLE      WRITE_SAMPLE is the program built from write_sample.cpp

A tool that is not installed is reported as "skipped: not installed". If none is installed the exit status is 77, which
ctest shows as skipped (SKIP_RETURN_CODE).
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

MODULES = ("h5py", "xarray", "h5netcdf")
CHILD = "FOVEA_OPEN_IN_PYTHON_CHILD"


def find_interpreter():
    """The first interpreter that can import all modules; `python3` may be one that cannot."""
    candidates = [sys.executable, shutil.which("python3"), "/usr/bin/python3"] + sorted(glob.glob("/usr/bin/python3.*"))
    for path in dict.fromkeys(c for c in candidates if c and os.access(c, os.X_OK)):
        if os.path.basename(path).endswith("-config"):
            continue
        test = subprocess.run([path, "-c", "import " + ", ".join(MODULES)], capture_output=True)
        if test.returncode == 0:
            return path
    return None


def expect(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: expected {expected!r}; found {found!r}")


def check_h5py(path):
    import h5py

    with h5py.File(path, "r") as file:
        expect(file.attrs["Conventions"], "CF-1.10", "attribute Conventions")
        expect(file.attrs["seed"], 7, "attribute seed")
        expect(file["config"].attrs["task.N"], "5", "configuration")
        expect(file["train/loss"].shape, (20,), "shape of /train/loss")
        expect(file["train/loss"].maxshape, (None,), "growth of /train/loss")
        expect(file["train/loss"].attrs["units"], "nat", "units of /train/loss")
        expect(file["train/loss"].dims[0][0].name, "/train/step", "axis of /train/loss")
        expect(file["clock/host"][()].decode(), "host", "host")
        expect([d[0].name.rsplit("/", 1)[1] for d in file["evaluation/test/accuracy_by_slice"].dims],
               ["evaluation", "slice"], "axes of accuracy_by_slice")
        unnamed = []

        def visit(name, item):
            if isinstance(item, h5py.Dataset):
                unnamed.extend(name for axis in item.dims if not h5py.h5ds.is_scale(item.id) and len(axis) != 1)

        file.visititems(visit)
        expect(unnamed, [], "data sets with an axis that has no name")


def check_xarray(path):
    import xarray

    def open_group(group):
        return xarray.open_dataset(path, group=group, engine="h5netcdf")

    with open_group("train") as train:
        expect(train["loss"].dims, ("step",), "dimensions of loss")
        expect(float(train["loss"].sel(step=100)), 0.5, "loss at step 100")
    with open_group("evaluation/test") as test:
        expect(test["accuracy_by_slice"].dims, ("evaluation", "slice"), "dimensions of accuracy_by_slice")
        expect(float(test["accuracy_by_slice"].sel(slice="N=10")[2]), 0.65, "accuracy of a slice")
    with open_group("selection/decoder/pointer") as site:
        begin, end = site["offsets"].values[3:5]
        expect(site["kept"].values[begin:end].tolist(), [3, 4], "kept items of row 3")
        expect(site.attrs["scored_pairs"], 1234, "scored pairs")
    with open_group("predictions/test") as test:
        expect(dict(test.sizes), {"label": 3, "item": 2, "time": 3}, "sizes of the predictions")
        expect(test["label"].values.tolist(), ["first", "second", "\u00e4nderung"], "labels")
    with open_group("parameters/decoder/pointer") as weights:
        expect(weights["keys"].dims, ("out_4", "in_3"), "dimensions of keys")
        expect(weights["keys"].attrs["axes"], "out in", "axes of keys")


def check_ncdump(path):
    text = subprocess.run(["ncdump", path], check=True, capture_output=True, text=True).stdout
    for line in ("step = UNLIMITED ; // (20 currently)", "double loss(step) ;", 'slice = "N=5", "N=10" ;',
                 "double accuracy_by_slice(evaluation, slice) ;", 'host = "host" ;', "train_seconds(row) ;"):
        if line not in text:
            sys.exit(f"ncdump: expected the line {line!r}")
    if "phony_dim" in text:
        sys.exit("ncdump: expected names for all axes; found a phony_dim")


def main():
    path = os.path.join(sys.argv[1], "results.h5")
    check_h5py(path)
    print("h5py: opened")
    check_xarray(path)
    print("xarray: opened")


def start(write_sample):
    python = find_interpreter()
    ncdump = shutil.which("ncdump")
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([write_sample, directory], check=True)
        if python:
            subprocess.run([python, os.path.abspath(__file__), directory], check=True, env={**os.environ, CHILD: "1"})
        else:
            print("h5py, xarray: skipped: not installed")
        if ncdump:
            check_ncdump(os.path.join(directory, "results.h5"))
            print("ncdump: opened")
        else:
            print("ncdump: skipped: not installed")
    return 0 if python or ncdump else 77


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if os.environ.get(CHILD):
        main()
    else:
        try:
            sys.exit(start(sys.argv[1]))
        except subprocess.CalledProcessError as error:
            sys.exit(f"{error.cmd[0]} failed with status {error.returncode}")
