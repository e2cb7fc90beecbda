#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "framework/results/read_arrays.h"
#include "framework/runs/run_groups.h"

namespace fovea {

/// What the sites of runs did over training, read once for many figures: each reading of a file is a process.
class SiteArrays {
 public:
  SiteArrays() = default;
  explicit SiteArrays(const RunGroups& runs);

  /// As read_arrays.
  std::map<std::string, NumberArray> of(const FoundRun& run, std::span<const std::string> paths) const;

 private:
  std::map<std::filesystem::path, std::map<std::string, NumberArray>> files_;
};

}  // namespace fovea
