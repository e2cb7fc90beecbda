#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

enum class HashCheck { kRequired, kSkipped };

/// What `fovea verify` prints: each failure is one line, "[path] what was expected; what came; what to do."
struct VerifyReport {
  std::vector<std::string> failures;
  std::string hash;         // XXH3-128 of the file, 32 hexadecimal digits
  std::size_t bytes = 0;    // size of the file
  std::size_t objects = 0;  // groups and data sets that were read

  bool passed() const { return failures.empty(); }
};

/// Checks the hash, then the structure, then reads every data set, so that its checksums are compared. A file whose
/// hash is wrong is not opened by HDF5 at all. Nothing that a file contains can make this call fail in any way
/// other than by a line in the report.
VerifyReport verify(const std::filesystem::path& path, HashCheck hash = HashCheck::kRequired);

/// "" where the hash beside the file is that of the file, or where none is beside it; otherwise the failure, as in a report.
std::string hash_failure(const std::filesystem::path& path);

}  // namespace fovea
