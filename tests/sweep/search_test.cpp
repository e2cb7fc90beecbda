#include "framework/sweep/search.h"

#include <doctest/doctest.h>

#include <set>

#include "framework/core/error.h"

using namespace fovea;

namespace {

std::vector<Dimension> dimensions_of(const std::vector<std::string>& settings) {
  std::vector<Dimension> dimensions;
  for (const std::string& setting : settings) dimensions.push_back(*parse_dimension(setting));
  return dimensions;
}

}  // namespace

TEST_CASE("a grid has all combinations, and its last dimension changes fastest") {
  const auto dimensions = dimensions_of({"a=choice(x, y)", "zip(b, c)=choice(1 2, 3 4)", "d=integers(7, 8)"});
  const std::vector<Point> points = points_of(parse_search("grid"), dimensions);
  REQUIRE(points.size() == 8);
  CHECK(points[0] == Point{{"a", "x"}, {"b", "1"}, {"c", "2"}, {"d", "7"}});
  CHECK(points[1] == Point{{"a", "x"}, {"b", "1"}, {"c", "2"}, {"d", "8"}});
  CHECK(points[2] == Point{{"a", "x"}, {"b", "3"}, {"c", "4"}, {"d", "7"}});
  CHECK(points[7] == Point{{"a", "y"}, {"b", "3"}, {"c", "4"}, {"d", "8"}});
}

TEST_CASE("eighty random points begin with the first forty") {
  const auto dimensions = dimensions_of({"a=choice(x, y, z)", "b=log_uniform(1e-4, 1e-2)", "c=integers(1, 5)"});
  const std::vector<Point> few = points_of(parse_search("random(40)"), dimensions);
  const std::vector<Point> many = points_of(parse_search("random(points=80)"), dimensions);
  REQUIRE(many.size() == 80);
  CHECK(few == std::vector<Point>(many.begin(), many.begin() + 40));
  CHECK(points_of(parse_search("random(40, seed=2)"), dimensions) != few);
  // Another dimension does not change the draws of these.
  const auto more = dimensions_of({"a=choice(x, y, z)", "b=log_uniform(1e-4, 1e-2)", "c=integers(1, 5)", "d=uniform(0, 1)"});
  CHECK(points_of(parse_search("random(40)"), more)[3][1] == few[3][1]);
}

TEST_CASE("dimensions of the same law are drawn independently") {
  const auto dimensions = dimensions_of({"a=uniform(0, 1)", "b=uniform(0, 1)"});
  for (const Point& point : points_of(parse_search("random(40)"), dimensions)) CHECK(point[0].second != point[1].second);
}

TEST_CASE("random points are distinct, also where all of them are drawn") {
  const auto dimensions = dimensions_of({"a=choice(x, y, z)", "b=integers(1, 5)"});
  const std::vector<Point> all = points_of(parse_search("random(15)"), dimensions);
  CHECK(std::set<Point>(all.begin(), all.end()).size() == 15);
  CHECK_THROWS_WITH_AS(points_of(parse_search("random(16)"), dimensions),
                       "[sweep] at most the 15 points that there are were expected; 16 came; give --search grid.", Error);
}

TEST_CASE("a grid of an interval, a key that comes twice and no dimension are refused") {
  CHECK_THROWS_AS(points_of({}, dimensions_of({"a=uniform(0, 1)"})), Error);
  CHECK_THROWS_AS(points_of({}, dimensions_of({"a=choice(1, 2)", "zip(b, a)=choice(1 2)"})), Error);
  CHECK_THROWS_AS(points_of({}, {}), Error);
  CHECK_THROWS_AS(points_of({}, dimensions_of({"a=integers(1, 1000)", "b=integers(1, 1000)"})), Error);
}

TEST_CASE("a search is read with its options, and written with all of them") {
  CHECK(parse_search("grid").text() == "grid");
  CHECK(parse_search("random(40)").text() == "random(points=40, seed=1)");
  CHECK(parse_search("halving(first=300)").text() == "halving(first=300, factor=3, points=0, seed=1)");
  CHECK(parse_search(parse_search("halving(10, 2, 8)").text()) == parse_search("halving(10, 2, 8)"));
  for (const char* text : {"", "gird", "random", "random(0)", "random(-1)", "random(points=a)", "halving", "halving(0)",
                           "halving(10, 1)", "halving(first=10, rate=2)", "grid(3)", "random(40"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_search(text), Error);
  }
}

TEST_CASE("halving pauses at first, first * factor, ... below the last step") {
  CHECK(rungs_of(parse_search("halving(first=10, factor=3)"), 100) == std::vector<Extent>{10, 30, 90});
  CHECK(rungs_of(parse_search("halving(first=10, factor=3)"), 90) == std::vector<Extent>{10, 30});
  CHECK(rungs_of(parse_search("halving(first=10, factor=3)"), 10).empty());
  CHECK(rungs_of(parse_search("grid"), 100).empty());
}

TEST_CASE("the best go on, of equal ones the first, and none that has no value") {
  using Values = std::vector<std::optional<double>>;
  using Places = std::vector<std::size_t>;
  CHECK(best_of(Values{0.1, 0.5, 0.3, 0.4}, 2) == Places{1, 3});
  CHECK(best_of(Values{0.2, 0.5, 0.5, 0.5, 0.1, 0.1}, 3) == Places{1, 2});
  CHECK(best_of(Values{0.1, std::nullopt}, 3) == Places{0});
  CHECK(best_of(Values{std::nullopt, NAN, -1.0, 0.0}, 2) == Places{2, 3});
  CHECK(best_of(Values{NAN}, 2).empty());
}
