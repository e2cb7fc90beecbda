"""A .safetensors file, read and written as the description of its format says, without our code."""
import json
import struct

import numpy

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U8": "|u1",
         "BOOL": "|b1"}


def read(path):
    """The arrays by name, and the metadata."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length].decode())
    values = content[8 + length:]
    assert (8 + length) % 8 == 0, "the values are aligned"
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        arrays[name] = numpy.frombuffer(values[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    assert sum(a.nbytes for a in arrays.values()) == len(values), "every byte belongs to an array"
    return arrays, metadata


def write(path, arrays):
    header = {}
    place = 0
    for name, array in arrays.items():
        kind = next(kind for kind, text in TYPES.items() if numpy.dtype(text) == array.dtype)
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [place, place + array.nbytes]}
        place += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(numpy.ascontiguousarray(array).tobytes())
