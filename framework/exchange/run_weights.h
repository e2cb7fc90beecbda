#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/exchange/named_arrays.h"
#include "framework/results/record.h"

namespace fovea {

/// The parameters of a run as its results file has them.
struct RunWeights {
  std::vector<NamedArray> arrays;  // float32 or float64
  /// experiment, run, seed, state, step (that the parameters come from), results_xxh3_128 (the hash of the file), and
  /// "annealed PATH": a number that changed in training, as it was at that step.
  TextPairs about;
  std::string hash;  // XXH3-128 of the file
};

/// The results file that a path stands for: itself, or the results.h5 in the directory of a run.
/// Errors    a directory without one.
std::filesystem::path results_file(const std::filesystem::path& run);

/// Reads a results file, in a separate process, as it may be damaged or hostile.
///
/// Errors    a file that cannot be read, that is no results file, whose hash is not that beside it, or that is replaced
///           while it is read.
RunWeights read_run_weights(const std::filesystem::path& file);

}  // namespace fovea
