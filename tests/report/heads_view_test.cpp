#include <doctest/doctest.h>

#include "framework/report/density_cells.h"
#include "framework/report/packed_array.h"
#include "framework/report/report_views.h"
#include "framework/runs/listing.h"
#include "tests/report/sample_stories.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

Json view_of(const RunRecord& record, Json (*view)(const RunGroups&)) {
  const ScratchDirectory scratch;
  publish(record, scratch.path());
  return view(runs_in(std::vector<std::string>{scratch.path().string()}));
}

/// A record with one item, and a site of two heads and three queries each that look at themselves.
RunRecord map_record() {
  RunRecord record = story_record();
  std::vector<SampleChoice> choices;
  for (std::int32_t query = 0; query < 6; ++query) choices.push_back({0, query, {query % 3}, {1}});
  SelectionSite site = site_of("layer_1", choices);
  site.heads = 2;
  site.density = {"density", {"head", "query_cell", "item_cell"}, {2, 3, 3}, std::vector<float>(18, 0.5F), "1", ""};
  site.density.counts = {{"queries", 3}, {"items", 3}};
  site.mass_by_distance = {0.75, 0.25};
  record.selection = {site};
  return record;
}

}  // namespace

TEST_CASE("the map of few queries and items has exact weights") {
  const Json view = view_of(map_record(), heads_view);
  const Json& site = part(view, "runs", 0, "sites", 0);
  CHECK(part(site, "heads") == Json(2));
  CHECK(part(site, "queries") == Json(3));
  CHECK(part(site, "items") == Json(3));
  CHECK(part(site, "distances") == Json(Json::Array{0.75, 0.25}));
  CHECK(size_of(part(site, "exact")) == 1);  // the other items of the sample have no rows
  CHECK(part(site, "exact", 0, "queries", "shape", 0) == Json(6));
  CHECK(part(site, "exact", 0, "kept") ==
        packed_array(std::vector<std::int32_t>{0, 1, 2, 0, 1, 2}, std::vector<std::int64_t>{6}));
  CHECK(part(site, "density") == Json());
}

TEST_CASE("a map of 65,536 queries and items is its density, and the rows that the file has") {
  RunRecord record = map_record();
  SelectionSite& site = record.selection[0];
  constexpr std::int64_t kQueries = 65536;
  site = site_of("layer_1", {{0, 0, {0}, {1}}, {0, 60000, {59999, 60000}, {0.5, 0.5}}});
  site.query_stride = 60000;
  site.entries_cut = 131000;
  site.density = {"density", {"head", "query_cell", "item_cell"}, {1, 512, 512}, std::vector<float>(512 * 512, 0.0F), "1",
                  ""};
  site.density.counts = {{"queries", kQueries}, {"items", kQueries}};
  const Json view = view_of(record, heads_view);
  const Json& shown = part(view, "runs", 0, "sites", 0);
  CHECK(part(shown, "queries") == Json(kQueries));
  CHECK(part(shown, "items") == Json(kQueries));
  CHECK(part(shown, "exact") == Json());
  CHECK(part(shown, "density", "cells", "shape") == Json(Json::Array{1, 512, 512}));
  CHECK(part(shown, "sampled", "queries") ==
        packed_array(std::vector<std::int32_t>{0, 60000}, std::vector<std::int64_t>{2}));
}

TEST_CASE("a density that does not find room has fewer cells, and no run takes much more than 300 kB") {
  RunRecord record = map_record();
  SelectionSite& site = record.selection[0];
  site.entries_cut = 1;
  std::vector<float> cells(4 * 512 * 512);
  std::uint32_t state = 1;  // noise does not pack
  for (float& cell : cells) cell = static_cast<float>((state = state * 1664525U + 1013904223U) >> 8U);
  site.density = {"density", {"head", "query_cell", "item_cell"}, {4, 512, 512}, cells, "1", ""};
  site.heads = 4;
  const Json view = view_of(record, heads_view);
  CHECK(part(view, "runs", 0, "sites", 0, "density", "cells", "shape") == Json(Json::Array{4, 128, 128}));
  CHECK(json_line(view).size() < 320'000);
}

TEST_CASE("cells are halved into their sums, also where there is an odd one") {
  const DensityCells half = halved({1, 3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}});
  CHECK(half.rows == 2);
  CHECK(half.columns == 2);
  CHECK(half.sums == std::vector<double>{12, 9, 15, 9});
}

TEST_CASE("levels of cells are logarithmic, 0 is none, and what is no number is none") {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const double endless = std::numeric_limits<double>::infinity();
  const auto cells = density_cells({{1, 1, 6}, {0, 1, 10, 100, none, endless}});
  REQUIRE(cells);
  const QuantisedCells quantised = quantised_cells(*cells);
  CHECK(quantised.low == 1);
  CHECK(quantised.high == 100);
  CHECK(quantised.levels == std::vector<std::uint8_t>{0, 1, 128, 255, 0, 0});
  CHECK(quantised_cells(*density_cells({{1, 1, 2}, {0, 0}})).levels == std::vector<std::uint8_t>{0, 0});
  CHECK(!density_cells({{1, 2, 2}, {1, 2, 3}}));
  CHECK(!density_cells({{1, 513, 1}, std::vector<double>(513)}));
}

TEST_CASE("bytes are told in base64, and an array with its type and shape") {
  const auto text = [](const char* plain) {
    const std::string_view bytes(plain);
    return base64_text({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  };
  CHECK(text("Man") == "TWFu");
  CHECK(text("Ma") == "TWE=");
  CHECK(text("M") == "TQ==");
  CHECK(text("") == "");
  const Json packed = packed_array(std::vector<float>(1000, 1), {10, 100});
  CHECK(part(packed, "type") == Json("f32"));
  CHECK(part(packed, "shape") == Json(Json::Array{10, 100}));
  CHECK(packed_size(packed) < 100);
  CHECK(part(packed_array(std::vector<std::int32_t>{}, {0}), "deflate") == Json("AwA="));
}

TEST_CASE("points are shown in the order of the pointers beside the right one") {
  RunRecord record = story_record();
  Predictions& test = record.predictions[0];
  test.arrays = {{"points", {"item", "point", "axis"}, {2, 2, 2}, std::vector<float>{0, 0, 1, 1, 2, 2, 3, 3}, "1", ""},
                 index_array("pointers", {2, 2}, {1, 0, 0, -1}),
                 index_array("targets", {2, 2}, {1, 0, 1, 0})};
  const Json view = view_of(record, planes_view);
  const Json& run = part(view, "runs", 0);
  CHECK(part(run, "kind") == Json("path"));
  CHECK(part(run, "points", "shape") == Json(Json::Array{2, 2, 2}));
  CHECK(part(run, "pointers") == packed_array(std::vector<std::int32_t>{1, 0, 0, -1}, {2, 2}));
  CHECK(part(run, "answered", 0) == Json(true));
}

TEST_CASE("an image is shown with the regions that were looked at, word by word") {
  RunRecord record = story_record();
  Predictions& test = record.predictions[0];
  test.arrays = {{"image", {"item", "row", "column"}, {1, 4, 4}, std::vector<float>(16, 0.5F), "1", ""},
                 index_array("targets", {1, 2}, {3, 5}),
                 index_array("answers", {1, 2}, {3, 4})};
  record.evaluation[0].correct = {0};
  record.selection = {site_of("decoder/attention", {{0, 0, {0, 3}, {0.25, 0.75}, 3}, {0, 1, {1}, {1}, 2}})};
  const Json view = view_of(record, planes_view);
  const Json& run = part(view, "runs", 0);
  CHECK(part(run, "kind") == Json("glimpse"));
  CHECK(part(run, "grid") == Json(2));
  CHECK(part(run, "image", "shape") == Json(Json::Array{1, 4, 4}));
  CHECK(part(run, "steps", 0, 0, "kept") == Json(Json::Array{0, 3}));
  CHECK(part(run, "steps", 0, 1, "right") == Json(2));
  CHECK(part(run, "steps", 0, 1, "given") == Json("4"));
  CHECK(part(run, "answered", 0) == Json(false));
  record.predictions[0].arrays.clear();
  CHECK(view_of(record, planes_view) == Json());
}
