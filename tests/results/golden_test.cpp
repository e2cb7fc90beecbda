// Files of earlier schemas are read for ever.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "framework/results/hdf5_read.h"
#include "framework/results/structure.h"
#include "framework/results/summary.h"

using namespace fovea;

namespace {

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(FOVEA_SOURCE_DIR) / "tests/results/golden" / name;
}

bool has(const TextPairs& pairs, const std::pair<std::string, std::string>& pair) {
  return std::find(pairs.begin(), pairs.end(), pair) != pairs.end();
}

}  // namespace

TEST_CASE("a results file of schema 1 is shown and checked as it always was") {
  const std::filesystem::path path = golden("schema_1.h5");
  CHECK(check_structure(path).facts.empty());
  const RunSummary summary = read_summary(path);
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

TEST_CASE("a results file of schema 2 has what each site chose and what every array means") {
  const std::filesystem::path path = golden("schema_2.h5");
  CHECK(check_structure(path).facts.empty());
  const RunSummary summary = read_summary(path);
  CHECK(has(summary.attributes, {"fovea_schema", "2"}));
  REQUIRE(summary.sites.size() == 1);
  CHECK(summary.sites[0].path == "memory");
  CHECK(summary.sites[0].split == "test");
  const hdf5::Session session;
  const hdf5::Reader reader(path);
  const TextPairs site = reader.attributes("/selection/memory");
  CHECK(has(site, {"keys", "predictions/test/values:1"}));
  CHECK(has(site, {"queries", "predictions/test/query"}));
  CHECK(has(site, {"figure_rows", "40"}));
  CHECK(has(reader.attributes("/predictions/test/place"), {"of", "predictions/test/keys:1"}));
  CHECK(has(reader.attributes("/predictions/test/keys"), {"axes", "item place width"}));
  CHECK(has(reader.attributes("/predictions/test/values"), {"meaning", "class"}));
  CHECK(reader.reals("/selection/memory/over_training/policy_entropy").size() == 2);
  CHECK(reader.line("/selection/memory/right").shape == std::vector<std::int64_t>{4});
  CHECK(reader.line("/evaluation/test/correct").shape == std::vector<std::int64_t>{40});
}
