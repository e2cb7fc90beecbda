#include <doctest/doctest.h>
#include <algorithm>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/results/run_file.h"
#include "framework/runs/listing.h"
#include "tests/report/sample_glimpses.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

const FigureSeries* find(const FigurePanel& panel, const std::string& name) {
  const auto found = std::find_if(panel.series.begin(), panel.series.end(), [&](const auto& s) { return s.name == name; });
  return found == panel.series.end() ? nullptr : &*found;
}

/// The middle of an outline: its first four corners.
FigurePoint middle(const FigureSeries& outline) {
  FigurePoint sum;
  for (std::size_t i = 0; i < 4; ++i) {
    sum.x += outline.points[i].x / 4;
    sum.y += outline.points[i].y / 4;
  }
  return sum;
}

}  // namespace

TEST_CASE("a glimpse has the image for each step, with the regions that were looked at outlined") {
  const ScratchDirectory scratch;
  publish(glimpse_record(), scratch.path());
  const RunGroups runs = runs_in(std::vector<std::string>{scratch.path().string()});
  const Figure figure = make_figure("glimpse", runs, {.item = 1});
  REQUIRE(figure.panels.size() == 2);
  const FigurePanel& first = figure.panels[0];
  CHECK(first.is_plane);
  CHECK(first.title.find("step 1: 4, weight 0.5") == 0);
  CHECK(first.matrix->colours == FigureMatrix::Colours::kInk);
  CHECK(first.matrix->values[7] == 0.5);
  const FigureSeries* looked = find(first, "largest weight");
  REQUIRE(looked != nullptr);
  CHECK(looked->mark == FigureSeries::Mark::kOutline);
  CHECK(middle(*looked).x == doctest::Approx(4.5));  // region 1: above, right
  CHECK(middle(*looked).y == doctest::Approx(1.5));
  REQUIRE(find(first, "right region") != nullptr);
  CHECK(middle(*find(first, "right region")).y == doctest::Approx(4.5));  // region 3: below, right
  const FigureSeries* others = find(first, "another weight of 0.1 or more");
  REQUIRE(others != nullptr);
  CHECK(middle(*others).x == doctest::Approx(1.5));          // region 2: below, left
  CHECK(find(figure.panels[1], "right region") == nullptr);  // it is not known
  CHECK(find(figure.panels[1], "another weight of 0.1 or more") == nullptr);
  CHECK_THROWS_WITH_AS(make_figure("glimpse", runs, {.item = 2}), doctest::Contains("from 0 to 1; 2 came"), Error);
  CHECK_THROWS_WITH_AS(make_figure("glimpse", runs, {.head = 1}), doctest::Contains("from 0 to 0; 1 came"), Error);
  CHECK_THROWS_WITH_AS(make_figure("glimpse", runs, {.site = "none"}), doctest::Contains("another --site"), Error);
}

TEST_CASE("regions that do not tile the image are not drawn over it") {
  RunRecord record = glimpse_record();
  for (std::int32_t& kept : std::span(record.selection[0].kept)) kept = kept == 3 ? 4 : kept;  // five regions
  const ScratchDirectory scratch;
  publish(record, scratch.path());
  const RunGroups runs = runs_in(std::vector<std::string>{scratch.path().string()});
  CHECK_THROWS_WITH_AS(make_figure("glimpse", runs, {}), doctest::Contains("the regions of an image"), Error);
}
