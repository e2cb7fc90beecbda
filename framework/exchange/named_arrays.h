#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/core/real.h"

namespace fovea {

/// An array of weights under its path, whatever file it comes from.
struct NamedArray {
  std::string name;            // a path, "encoder/process/lstm/weight_ih"
  std::vector<Extent> shape;   // empty: one value
  std::string dtype;           // what the file holds: "float32", "float64", "float16", "bfloat16", "int64", ..., "bool"
  std::vector<double> values;  // row-major, each as in the file: every type that is read fits in a double
};

/// The weights in a file or of a run, in their order in it. Each has a name that no other has. Within `check` of a task or a
/// run the file becomes one of its inputs, see framework/files/input.h.
///
/// Reads     the directory of a run, or its results.h5: the group /parameters; .safetensors; .npz, stored or deflated; .npy,
///           which has one array, under the name of the file without its ending.
///           Types: float64, float32, float16, bfloat16 (safetensors), int8 to int64, uint8 to uint64, bool; little endian.
/// Names     are paths with slashes. In the other formats a name may have dots instead: PyTorch's
///           "encoder.process.lstm.weight_ih" is the path "encoder/process/lstm/weight_ih". A path in which a dot is part
///           of a name, "blocks/v1.5/weight", survives `fovea export` and this: the file then has an entry "path NAME" in
///           its metadata, which says what the name stands for. In files of others every dot is taken for a slash, unless
///           the name has slashes already (.npz).
/// Errors    each is one line with the path of the file: a file that is missing, damaged, of another format or type, or made
///           to do harm; whole numbers beyond 2^53, which a double does not hold; two arrays with one name; no array at all.
std::vector<NamedArray> read_named_arrays(const std::filesystem::path& path);

/// The path that a name with dots stands for.
std::string path_of_dotted(std::string name);

}  // namespace fovea
