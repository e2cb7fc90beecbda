// Compares every case of a directory of HDF5 files, computed by another implementation, with ours. A case that is neither
// covered nor expected later fails, and so does a directory without cases.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "framework/core/error.h"
#include "tests/reference/checks.h"

namespace fovea::reference {

std::map<std::string, Check> known_checks() {
  std::map<std::string, Check> checks;
  add_function_checks(checks);
  add_attention_checks(checks);
  add_module_checks(checks);
  add_training_checks(checks);
  return checks;
}

namespace {

// Cases of parts that do not exist yet. One that exists moves to the checks.
const std::set<std::string> kExpectedLater = {};

struct Counts {
  int passed = 0;
  int failed = 0;
  int later = 0;
};

void run_file(const std::filesystem::path& file, const std::map<std::string, Check>& checks, Counts& counts) {
  std::string problem;
  Outcome outcome;
  try {
    const Case c = read_case(file);
    const auto check = checks.find(c.name);
    if (check == checks.end() && kExpectedLater.contains(c.name)) {
      std::printf("expected later: %s (%s)\n", c.name.c_str(), c.file.c_str());
      ++counts.later;
      return;
    }
    if (check == checks.end()) throw Error(c.file, "a known case was expected; '" + c.name + "' came; add a check for it.");
    check->second(c, outcome);
    const auto expected = c.names("out").size() + c.names("grad").size();
    if (static_cast<std::size_t>(outcome.compared) != expected) {
      throw Error(c.file, std::to_string(expected) + " tensors were expected to be compared; " +
                              std::to_string(outcome.compared) + " were.");
    }
    if (!(outcome.error <= kLimit)) problem = "the error is above the limit";
  } catch (const std::exception& error) {
    problem = error.what();
  }
  ++(problem.empty() ? counts.passed : counts.failed);
  std::printf("%s %-40s error %.2e at %s %s\n", problem.empty() ? "pass" : "FAIL", file.filename().c_str(), outcome.error,
              outcome.where.c_str(), problem.c_str());
}

int run() {
  const char* named = std::getenv("FOVEA_REFERENCE_DIR");
  const std::filesystem::path directory = named != nullptr && *named != '\0'
                                              ? std::filesystem::path(named)
                                              : std::filesystem::path(FOVEA_SOURCE_DIR) / "tests/reference";
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  }
  if (error) std::printf("%s cannot be read: %s\n", directory.c_str(), error.message().c_str());
  std::sort(files.begin(), files.end());
  const std::map<std::string, Check> checks = known_checks();
  Counts counts;
  for (const auto& file : files) run_file(file, checks, counts);
  std::printf("reference, %s, limit %.0e: %d passed, %d failed, %d expected later\n", kPrecision, kLimit, counts.passed,
              counts.failed, counts.later);
  return counts.failed == 0 && counts.passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace fovea::reference

int main() { return fovea::reference::run(); }
