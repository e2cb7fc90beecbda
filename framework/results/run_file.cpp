#include "framework/results/run_file.h"

#include <algorithm>
#include <exception>
#include <span>
#include <vector>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"
#include "framework/results/hash_list.h"
#include "framework/results/record_image.h"
#include "framework/results/structure.h"

namespace fovea {
namespace {

void write_and_verify(const std::filesystem::path& path, std::span<const std::byte> image, const std::string& hash) {
  PosixFile file = create_anew(path);
  file.write(image);
  file.sync();
  file.close();
  if (hash_of_file(path) != hash) {
    throw Error(path.string(), "expected to read back what was written; other bytes came; check the disk.");
  }
  const StructureReport report = check_structure(path);
  if (!report.facts.empty()) throw Error(path.string(), report.facts.front());
}

/// The hash of the file that exists, if it is one of those listed: damage must not become right by being listed.
std::vector<std::string> standing_hash(const std::filesystem::path& path) {
  std::error_code error;
  const std::vector<std::string> listed = listed_hashes(path);
  if (listed.empty() || !std::filesystem::is_regular_file(path, error)) return {};
  const std::string hash = hash_of_file(path);
  if (std::find(listed.begin(), listed.end(), hash) == listed.end()) return {};
  return {hash};
}

}  // namespace

bool is_read_schema(const std::string& schema) {
  for (int known = kOldestSchema; known <= kResultsSchema; ++known) {
    if (schema == std::to_string(known)) return true;
  }
  return false;
}

void publish(const RunRecord& record, const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kResultsName;
  const std::filesystem::path temporary = directory / (std::string(kResultsName) + ".tmp");
  try {
    expect_replaceable(path);
    const std::vector<std::byte> image = image_of(record);
    const std::string hash = hash_of(image);
    write_and_verify(temporary, image, hash);
    std::vector<std::string> hashes = standing_hash(path);
    hashes.push_back(hash);
    write_hashes(path, hashes);  // a kill from here on leaves one of the files that are listed
    replace_file(temporary, path);
    write_hashes(path, {hash});
  } catch (const std::exception& failure) {
    discard_file(temporary);  // the first error is the one to report
    const auto* error = dynamic_cast<const Error*>(&failure);
    if (error != nullptr && error->where() == "hdf5") throw Error(path.string(), error->fact());
    throw;
  }
}

}  // namespace fovea
