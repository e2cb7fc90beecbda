#include <doctest/doctest.h>

#include <algorithm>
#include <regex>

#include "framework/train/run_config.h"

namespace {

std::string provenance(const std::string& key) {
  const fovea::TextPairs pairs = fovea::provenance_of({}, {"a build"});
  const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == key; });
  return found == pairs.end() ? "none" : found->second;
}

}  // namespace

TEST_CASE("provenance names the libraries with their versions") {
  const std::regex form(R"(([A-Za-z0-9-]+ [0-9]+(\.[0-9]+)+, )+[A-Za-z0-9-]+ [0-9]+(\.[0-9]+)+)");
  const std::string libraries = provenance("libraries");
  CAPTURE(libraries);
  CHECK(std::regex_match(libraries, form));
  for (const char* name : {"oneTBB ", "oneDNN ", "libxsmm ", "Eigen ", "HDF5 "}) {
    CHECK(libraries.find(name) != std::string::npos);
  }
}

TEST_CASE("provenance names a commit, or says that it is unknown") {
  const std::string commit = provenance("git_commit");
  CAPTURE(commit);
  CHECK(std::regex_match(commit, std::regex(R"(unknown|[0-9a-f]{40,64}(-dirty\.[0-9a-f]{8})?)")));
}
