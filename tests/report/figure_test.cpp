#include "framework/report/figure.h"

#include <doctest/doctest.h>
#include <algorithm>

#include "framework/core/error.h"
#include "tests/report/sample_figures.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

Figure one_series(std::vector<FigurePoint> points, FigureAxis::Scale scale = FigureAxis::Scale::kLinear) {
  FigurePanel panel;
  panel.y.name = "loss";
  panel.y.scale = scale;
  panel.series.push_back({"run", FigureSeries::Mark::kLine, std::move(points)});
  return {"", "", {panel}};
}

bool says(const Figure& figure, const std::string& part) { return figure.caption.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a series of many points keeps the least and the largest of each part, and its ends") {
  std::vector<FigurePoint> points;
  for (int i = 0; i < 100'000; ++i) points.push_back({static_cast<double>(i), i == 54'321 ? 7.0 : i == 77'777 ? -9.0 : 0.5});
  const Figure figure = finished(one_series(points));
  const std::vector<FigurePoint>& kept = figure.panels[0].series[0].points;
  CHECK(kept.size() <= kMostPoints);
  CHECK(kept.size() >= kMostPoints / 2);
  const auto has = [&](double x, double y) {
    return std::any_of(kept.begin(), kept.end(), [&](const FigurePoint& p) { return p.x == x && p.y == y; });
  };
  CHECK(has(54'321, 7));
  CHECK(has(77'777, -9));
  CHECK(std::is_sorted(kept.begin(), kept.end(), [](const FigurePoint& a, const FigurePoint& b) { return a.x < b.x; }));
  CHECK(says(figure, "more than 2000 points"));
  points.resize(2000);
  CHECK(finished(one_series(points)).panels[0].series[0].points.size() == 2000);
}

TEST_CASE("of more than five groups the first five are drawn, and the caption says so") {
  Figure figure;
  FigurePanel panel;
  for (int i = 0; i < 7; ++i)
    panel.series.push_back({"run " + std::to_string(i), FigureSeries::Mark::kLine, {{0, 1}, {1, 2}}});
  figure.panels = {panel, panel};
  figure = finished(figure);
  CHECK(figure.panels[0].series.size() == kMostSeries);
  CHECK(figure.panels[1].series.size() == kMostSeries);
  CHECK(figure.panels[1].series.back().name == "run 4");
  CHECK(says(figure, "The first 5 of 7 are drawn"));
  CHECK(series_names(figure).size() == kMostSeries);
}

TEST_CASE("series and categories of one name are told apart") {
  Figure figure = one_series({{0, 1}});
  figure.panels[0].series.push_back(figure.panels[0].series[0]);
  figure.panels[0].x.categories = {"a", "a", "b"};
  figure = finished(figure);
  CHECK(figure.panels[0].series[1].name == "run (2)");
  CHECK(figure.panels[0].x.categories == std::vector<std::string>{"a", "a (2)", "b"});
}

TEST_CASE("what an axis cannot show is a gap, and the caption counts it") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Figure linear = finished(one_series({{0, 1}, {1, kInfinity}, {2, kGap}, {3, -1}}));
  CHECK(std::isnan(linear.panels[0].series[0].points[1].y));
  CHECK(linear.panels[0].series[0].points[3].y == -1);
  CHECK(says(linear, "1 of the points has no place"));
  const Figure logarithmic = finished(one_series({{0, 1, 0, 2}, {1, 0}, {2, -1}}, FigureAxis::Scale::kLogarithmic));
  CHECK(std::isnan(logarithmic.panels[0].series[0].points[0].low));
  CHECK(std::isnan(logarithmic.panels[0].series[0].points[0].high));
  CHECK(std::isnan(logarithmic.panels[0].series[0].points[2].y));
  CHECK(says(logarithmic, "2 of the points have no place"));
}

TEST_CASE("control characters and endless names do not reach a writer") {
  Figure figure = one_series({{0, 1}});
  figure.title = "a\x1b[31m\nb";
  figure.panels[0].series[0].name = std::string(100'000, 'x');
  figure = finished(figure);
  CHECK(figure.title == "a\\x1b[31m\\nb");
  CHECK(figure.panels[0].series[0].name.size() <= 100);
}

TEST_CASE("names on an axis are at most forty, however many come") {
  Figure figure = one_series({});
  for (int i = 0; i < 100'000; ++i) {
    figure.panels[0].x.categories.push_back(std::to_string(i));
    figure.panels[0].series[0].points.push_back({static_cast<double>(i), 1});
  }
  figure = finished(figure);
  CHECK(figure.panels[0].x.categories.size() == kMostCategories);
  CHECK(figure.panels[0].series[0].points.size() == kMostCategories);
  CHECK(says(figure, "The first 40 of 100000 are drawn."));
}

TEST_CASE("a figure without a number, or with a matrix that does not fit its edges, is refused") {
  CHECK_THROWS_WITH_AS(finished(one_series({})), doctest::Contains("there is none"), Error);
  CHECK_THROWS_WITH_AS(finished(one_series({{0, kGap}})), doctest::Contains("there is none"), Error);
  CHECK_THROWS_WITH_AS(finished(Figure{}), doctest::Contains("there is none"), Error);
  Figure figure = full_figure();
  figure.panels[2].matrix->values.pop_back();
  CHECK_THROWS_WITH_AS(finished(figure), doctest::Contains("3 and 4 edges"), Error);
  figure = full_figure();
  figure.panels[2].matrix->row_edges = {0, 1, 1};
  CHECK_THROWS_WITH_AS(finished(figure), doctest::Contains("expected a matrix"), Error);
  figure.panels[2].matrix->row_edges.clear();
  figure.panels[2].matrix->values.clear();
  CHECK_THROWS_WITH_AS(finished(figure), doctest::Contains("expected a matrix"), Error);
}

TEST_CASE("a panel without a number is left out, the others stay") {
  Figure figure = full_figure();
  figure.panels[0].series = {{"none", FigureSeries::Mark::kLine, {{1, kGap}}}};
  figure = finished(figure);
  REQUIRE(figure.panels.size() == 2);
  CHECK(figure.panels[0].title == "by length");
}

TEST_CASE("ranges hold every number and never collapse") {
  const Figure figure = finished(full_figure());
  CHECK(range_of_y(figure.panels[0]).low < -3.5);
  CHECK(range_of_y(figure.panels[0]).high > 2);
  CHECK(range_of_x(figure.panels[1]).low == -0.5);
  CHECK(range_of_x(figure.panels[1]).high == 2.5);
  CHECK(range_of_x(figure.panels[2]).high == 200);
  CHECK(range_of_values(figure, *figure.panels[2].matrix).high == 0.9);
  Figure two = figure;
  two.panels.push_back(two.panels[2]);
  two.panels[3].matrix->values[0] = 3;
  CHECK(range_of_values(two, *two.panels[2].matrix).high == 3);  // colours of both can be compared
  const FigurePanel one = one_series({{5, 0}}).panels[0];
  CHECK(range_of_y(one).low < range_of_y(one).high);
  const FigurePanel small = one_series({{5, 1e-30}}, FigureAxis::Scale::kLogarithmic).panels[0];
  CHECK(range_of_y(small).low > 0);
  CHECK(range_of_y(small).low < range_of_y(small).high);
  FigurePanel plane = one_series({{0, 0}, {10, 1}}).panels[0];
  plane.is_plane = true;
  CHECK(range_of_x(plane).high - range_of_x(plane).low == doctest::Approx(range_of_y(plane).high - range_of_y(plane).low));
}
