"""What NumPy sees of exported weights, and what we see of what NumPy has saved.

usage: numpy_weights.py FOVEA WEIGHTS      the program, and the program built from weights.cpp

Where NumPy or h5py is not installed the exit status is 77, which ctest shows as skipped (SKIP_RETURN_CODE).
"""
import io
import json
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy
except ImportError as missing:
    print(f"skipped: {missing}; install python3-h5py")
    sys.exit(77)

sys.dont_write_bytecode = True  # in the folder of sources
import safetensors_file

RUN = ["steps=2", "hidden=8", "n=4", "n_min=4", "lengths=5", "test_rows=8", "validation_rows=8", "--quiet"]


def expect(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


def same(a, b):
    """Type, shape and bits."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def parameters_of(path):
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and not h5py.h5ds.is_scale(item.id):
            found[name] = item[()]

    with h5py.File(path, "r") as file:
        file["parameters"].visititems(visit)
    return found


def check_export(fovea, directory):
    """Every parameter of a run, in both formats, has the bits that h5py reads from its results file."""
    subprocess.run([fovea, "run", "sort_by_pointing", *RUN, "--output", directory], check=True, stdout=subprocess.DEVNULL)
    run = os.path.join(directory, "sort_by_pointing", "main")
    expected = parameters_of(os.path.join(run, "results.h5"))
    expect(len(expected) > 5, "a run with some parameters")
    paths = {ending: os.path.join(directory, "weights" + ending) for ending in (".npz", ".safetensors")}
    for path in paths.values():
        line = subprocess.run([fovea, "export", run, "-o", path], check=True, capture_output=True, text=True).stdout
        expect(f": {len(expected)} parameters, {sum(a.size for a in expected.values()):,} numbers" in line, line)
    with numpy.load(paths[".npz"], allow_pickle=False) as archive:
        expect(archive.zip.testzip() is None, "the checksums of the archive")
        about = json.loads(archive.zip.comment)
        expect({entry.date_time for entry in archive.zip.infolist()} == {(1980, 1, 1, 0, 0, 0)}, "no time in the archive")
        expect(set(archive.files) == set(expected), f"names in the archive: {archive.files}")
        for name, array in expected.items():
            expect(same(archive[name], array), f"{name} in the archive")
    arrays, metadata = safetensors_file.read(paths[".safetensors"])
    expect(metadata == about, "both formats say the same of the run")
    expect(about["experiment"] == "sort_by_pointing" and about["step"] == "2", f"metadata: {about}")
    expect(set(arrays) == {name.replace("/", ".") for name in expected}, "names with dots")
    for name, array in expected.items():
        expect(same(arrays[name.replace("/", ".")], array), f"{name} in the .safetensors file")


def read_by_us(weights, path):
    lines = subprocess.run([weights, "print", path], check=True, capture_output=True, text=True).stdout.splitlines()
    arrays = {}
    for line in lines:
        entry = json.loads(line)
        values = numpy.array([float.fromhex(value) for value in entry["values"]], "f8")
        arrays[entry["name"]] = values.reshape(entry["shape"]).astype(entry["dtype"])
    return arrays


def odd_arrays():
    draw = numpy.random.default_rng(1)
    arrays = {f"of/{kind}": draw.integers(0, 100, (2, 3)).astype(kind)
              for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")}
    arrays["of/b1"] = draw.integers(0, 2, (5,)).astype(bool)
    arrays["halves"] = numpy.arange(65536, dtype="u2").view("f2")[:31744]  # every finite one that is not negative
    arrays["fortran"] = numpy.asfortranarray(draw.normal(size=(3, 4, 5)))
    arrays["turned"] = draw.normal(size=(3, 4)).T
    arrays["scalar"] = numpy.float32(0.1).reshape(())
    arrays["empty"] = numpy.zeros((3, 0, 2), "f4")
    arrays["odd"] = numpy.array([0.0, -0.0, numpy.inf, -numpy.inf, 5e-324, 1.7976931348623157e308])
    return arrays


def check_import(weights, directory):
    """What NumPy saves, stored or packed, in each version of its format, we read with the same values."""
    arrays = odd_arrays()
    for save in (numpy.savez, numpy.savez_compressed):
        path = os.path.join(directory, save.__name__ + ".npz")
        save(path, **arrays)
        found = read_by_us(weights, path)
        expect(set(found) == set(arrays), f"{save.__name__}: {sorted(found)}")
        for name, array in arrays.items():
            expect(same(found[name], array), f"{save.__name__}: {name}")
    for version in ((1, 0), (2, 0), (3, 0)):
        path = os.path.join(directory, "encoder.weight.npy")
        with open(path, "wb") as file:
            numpy.lib.format.write_array(file, arrays["fortran"], version)
        expect(same(read_by_us(weights, path)["encoder/weight"], arrays["fortran"]), f"version {version}")
    path = os.path.join(directory, "of_numpy.safetensors")
    few = {name.replace("/", "."): arrays[name] for name in ("of/f4", "of/f8", "of/f2", "of/i8", "of/b1", "scalar", "empty")}
    safetensors_file.write(path, few)
    for name, array in read_by_us(weights, path).items():
        expect(same(array, few[name.replace("/", ".")]), f"safetensors: {name}")


def check_refused(weights, directory):
    others = {"big endian": numpy.zeros(3, ">f4"), "complex": numpy.zeros(3, "c8"), "text": numpy.array(["a"]),
              "records": numpy.zeros(3, [("a", "f4")]), "objects": numpy.array([{}], object)}
    for what, array in others.items():
        path = os.path.join(directory, "other.npy")
        stream = io.BytesIO()
        numpy.save(stream, array)
        with open(path, "wb") as file:
            file.write(stream.getvalue())
        answer = subprocess.run([weights, "print", path], capture_output=True, text=True)
        expect(answer.returncode == 1 and answer.stderr.count("\n") == 1 and path in answer.stderr, f"{what}: {answer}")


def main():
    with tempfile.TemporaryDirectory() as directory:
        check_export(sys.argv[1], directory)
        check_import(sys.argv[2], directory)
        check_refused(sys.argv[2], directory)
    print(f"NumPy {numpy.__version__}: reads what is exported, and is read")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
