#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "framework/results/record.h"

namespace fovea {

/// One line of the tree of a file: "/train/loss", [200], "float64".
struct TreeLine {
  std::string path;
  std::vector<std::int64_t> shape;
  std::string type;  // "group", "float32", "int64", "string", ...
};

/// What `fovea show results.h5` prints. Texts that came from the file have their control characters escaped.
struct RunSummary {
  TextPairs attributes;  // of the root: experiment, run, seed, state, ...
  TextPairs config;
  TextPairs provenance;
  TextPairs clock;
  TrainTable train;
  std::vector<EvaluationTable> evaluation;
  std::vector<SelectionSite> sites;  // path, text and counters only
  std::vector<TreeLine> parameters;
  std::int64_t parameter_count = 0;
  std::int64_t arena_bytes = 0;
  std::vector<TreeLine> tree;
};

/// Reads the summary of a results file. The hash is not checked: `verify` does that.
///
/// Errors    a missing, empty, truncated or damaged file, one that is not HDF5, a directory, another schema.
RunSummary read_summary(const std::filesystem::path& path);

/// Errors    attributes of the root that are not those of a results file of a known schema.
void expect_schema(const TextPairs& attributes);

}  // namespace fovea
