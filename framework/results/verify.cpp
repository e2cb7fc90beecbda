#include "framework/results/verify.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <exception>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"
#include "framework/results/apart.h"
#include "framework/results/hash_list.h"
#include "framework/results/structure.h"

namespace fovea {
namespace {

void fail(const std::filesystem::path& path, VerifyReport& report, const std::string& fact) {
  report.failures.push_back(fmt::format("[{}] {}", path.string(), fact));
}

bool listed(const std::filesystem::path& path, const std::string& hash) {
  const std::vector<std::string> hashes = listed_hashes(path);
  return std::find(hashes.begin(), hashes.end(), hash) != hashes.end();
}

/// A publication may replace the file between the reading of the file and of its hash: then both are read again.
bool check_hash(const std::filesystem::path& path, VerifyReport& report) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    report.hash = hash_of_file(path);
    if (listed(path, report.hash)) return true;
    if (hash_of_file(path) == report.hash && !listed(path, report.hash)) break;
  }
  const std::vector<std::string> hashes = listed_hashes(path);
  if (hashes.empty()) {
    fail(path, report,
         fmt::format("expected its hash in {}; there is none; copy that file as well, or run the experiment "
                     "again.",
                     hash_path(path).filename().string()));
  } else {
    fail(path, report,
         fmt::format("expected the hash {}; it has {}: the file is damaged or was changed; restore it from a "
                     "copy, or run the experiment again.",
                     hashes.back(), report.hash));
  }
  return hashes.empty();  // without any hash the structure can still be checked, with a wrong one nothing is to be gained
}

constexpr char kSeparator = '\0';

/// The report of check_structure, made in a separate process.
void check_apart(const std::filesystem::path& path, VerifyReport& report) {
  const std::string text = run_apart(reading_limit(report.bytes), [&] {
    const StructureReport structure = check_structure(path);
    std::string packed = std::to_string(structure.objects) + kSeparator;
    for (const std::string& fact : structure.facts) packed += fact + kSeparator;
    return packed;
  });
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(kSeparator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  const std::string& objects = parts.at(0);
  std::from_chars(objects.data(), objects.data() + objects.size(), report.objects);
  for (std::size_t i = 1; i < parts.size(); ++i) fail(path, report, parts[i]);
}

}  // namespace

VerifyReport verify(const std::filesystem::path& path, HashCheck hash) {
  VerifyReport report;
  try {
    if (hash == HashCheck::kSkipped) {
      report.hash = hash_of_file(path);
    } else if (!check_hash(path, report)) {
      return report;
    }
    report.bytes = open_regular(path).size();
    check_apart(path, report);
  } catch (const Error& error) {
    fail(path, report, error.fact());
  } catch (const std::exception& error) {
    fail(path, report, fmt::format("expected a file that can be read; {}; check the file and the memory.", error.what()));
  }
  return report;
}

std::string hash_failure(const std::filesystem::path& path) {
  VerifyReport report;
  return check_hash(path, report) || listed_hashes(path).empty() ? "" : report.failures.front();
}

}  // namespace fovea
