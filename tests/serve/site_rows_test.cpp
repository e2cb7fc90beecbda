#include "framework/serve/site_rows.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/results/json.h"
#include "framework/results/run_file.h"
#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

/// A run with two items of two queries, which kept 1, 2, 0 and 1 items.
std::filesystem::path published(const ScratchDirectory& scratch) {
  RunRecord record = SampleRun{}.record();
  SelectionSite site = sample_site();
  site.path = "decoder/pointer";
  site.item = {0, 0, 1, 1};
  site.query = {0, 1, 0, 1};
  site.offsets = {0, 1, 3, 3, 4};
  site.kept = {5, 6, 7, 8};
  site.weights = {1, 0.25, 0.75, 1};
  site.log_probability.assign(4, 0);
  site.entropy.assign(4, 0);
  site.right = {5, 7, -1, 8};
  record.selection = {site};
  publish(record, scratch.path());
  return scratch.path() / "results.h5";
}

std::string part(const std::string& text, const std::string& name) {
  const auto json = parse_json(text);
  for (const auto& [key, value] : json->as<Json::Object>()) {
    if (key == name) return json_line(value);
  }
  return "";
}

}  // namespace

TEST_CASE("rows of a site are those of the file") {
  const ScratchDirectory scratch;
  const std::filesystem::path file = published(scratch);
  SiteRows rows;
  const std::string some = rows.rows(file, {"decoder/pointer", 1, 4});
  CHECK(part(some, "count") == "4");
  CHECK(part(some, "item") == "[0,1,1]");
  CHECK(part(some, "query") == "[1,0,1]");
  CHECK(part(some, "offsets") == "[0,2,2,3]");
  CHECK(part(some, "kept") == "[6,7,8]");
  CHECK(part(some, "weights") == "[0.25,0.75,1]");
  CHECK(part(some, "right") == "[7,-1,8]");
  CHECK(part(rows.rows(file, {"decoder/pointer", 4, 4}), "offsets") == "[0]");
}

TEST_CASE("rows of an item are those of its queries") {
  const ScratchDirectory scratch;
  const std::filesystem::path file = published(scratch);
  SiteRows rows;
  CHECK(part(rows.rows(file, {"decoder/pointer", 1, 2, 1}), "kept") == "[8]");
  CHECK(part(rows.rows(file, {"decoder/pointer", 0, 2, 0}), "kept") == "[5,6,7]");
  CHECK(part(rows.rows(file, {"decoder/pointer", 0, 1, 0}), "kept") == "[5]");
  CHECK(part(rows.rows(file, {"decoder/pointer", 7, 9, 0}), "offsets") == "[0]");
}

TEST_CASE("rows and sites that are not there are refused") {
  const ScratchDirectory scratch;
  const std::filesystem::path file = published(scratch);
  SiteRows rows;
  CHECK_THROWS_AS(rows.rows(file, {"decoder", 0, 1}), Error);
  CHECK_THROWS_AS(rows.rows(file, {"../../train", 0, 1}), Error);
  CHECK_THROWS_AS(rows.rows(file, {"decoder/pointer", 0, 5}), Error);
  CHECK_THROWS_AS(rows.rows(file, {"decoder/pointer", -1, 2}), Error);
  CHECK_THROWS_AS(rows.rows(file, {"decoder/pointer", 3, 2}), Error);
  CHECK_THROWS_AS(rows.rows(scratch.path() / "none.h5", {"decoder/pointer", 0, 1}), Error);
}
