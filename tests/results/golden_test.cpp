// Files of earlier schemas are read for ever.

#include <doctest/doctest.h>

#include <filesystem>

#include "framework/results/structure.h"
#include "framework/results/summary.h"

using namespace fovea;

TEST_CASE("a results file of schema 1 is shown and checked as it always was") {
  const std::filesystem::path path = std::filesystem::path(FOVEA_SOURCE_DIR) / "tests/results/golden/schema_1.h5";
  CHECK(check_structure(path).facts.empty());
  const RunSummary summary = read_summary(path);
  const auto has = [](const TextPairs& pairs, const std::pair<std::string, std::string>& pair) {
    return std::find(pairs.begin(), pairs.end(), pair) != pairs.end();
  };
  CHECK(has(summary.attributes, {"fovea_schema", "1"}));
  CHECK(has(summary.attributes, {"state", "finished"}));
  CHECK(has(summary.config, {"batch", "8"}));
  CHECK(summary.train.step == std::vector<std::int64_t>{1, 2, 4, 6});
  REQUIRE(summary.evaluation.size() == 2);
  CHECK(summary.evaluation[0].split == "validation");
  CHECK(summary.evaluation[0].step == std::vector<std::int64_t>{3, 6});
  REQUIRE(summary.sites.size() == 1);
  CHECK(summary.sites[0].path == "memory");
  CHECK(summary.sites[0].heads == 1);
  CHECK(summary.sites[0].entries_cut == 0);
  CHECK(summary.sites[0].mean_entropy.has_value());
}
