#include <doctest/doctest.h>
#include <algorithm>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/results/read_arrays.h"
#include "framework/runs/listing.h"
#include "tests/report/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

Figure drawn(const std::string& kind, const FigureRequest& request = {}) {
  return make_figure(kind, published_groups(), request);
}

bool says(const Figure& figure, const std::string& part) { return figure.caption.find(part) != std::string::npos; }

const FigureSeries& series_of(const FigurePanel& panel, const std::string& name) {
  const auto found = std::find_if(panel.series.begin(), panel.series.end(), [&](const auto& s) { return s.name == name; });
  REQUIRE(found != panel.series.end());
  return *found;
}

constexpr double kQuantile = 4.302652729911275;         // of t with 2 degrees of freedom, 95 %
const double kHalf = kQuantile * 0.1 / std::sqrt(3.0);  // of the interval of -0.1, 0, 0.1

}  // namespace

TEST_CASE("a curve is the mean over seeds with the t interval, for each group") {
  const Figure figure = drawn("curve");
  REQUIRE(figure.panels.size() == 1);
  CHECK(figure.panels[0].y.name == "accuracy, test");
  REQUIRE(figure.panels[0].series.size() == 2);
  const FigureSeries& series = series_of(figure.panels[0], "site=softmax (n = 3)");
  REQUIRE(series.points.size() == 3);
  CHECK(series.points[1].x == 200);
  CHECK(series.points[1].y == doctest::Approx(0.5));
  CHECK(series.points[1].low == doctest::Approx(0.5 - kHalf));
  CHECK(series.points[1].high == doctest::Approx(0.5 + kHalf));
  CHECK(says(figure, "95 % t interval at each step alone (pointwise)"));
}

TEST_CASE("a metric of the training rows is found by its name, and errors name what there is") {
  FigureRequest loss;
  loss.metric = "loss";
  CHECK(drawn("curve", loss).panels[0].y.label() == "loss, train (nat)");
  CHECK(drawn("curve", loss).panels[0].series[0].points.size() == 20);
  FigureRequest wrong;
  wrong.metric = "los";
  CHECK_THROWS_WITH_AS(drawn("curve", wrong), doctest::Contains("Did you mean 'loss'?"), Error);
  CHECK_THROWS_WITH_AS(drawn("slices", wrong), doctest::Contains("[--metric]"), Error);
  wrong = {};
  wrong.split = "tets";
  CHECK_THROWS_WITH_AS(drawn("curve", wrong), doctest::Contains("Did you mean 'test'?"), Error);
  CHECK_THROWS_WITH_AS(drawn("curv"), doctest::Contains("Did you mean 'curve'?"), Error);
}

TEST_CASE("slices are the last evaluation of each group of items") {
  const Figure figure = drawn("slices");
  CHECK(figure.panels[0].x.categories == std::vector<std::string>{"N=5", "N=10"});
  const FigureSeries& series = series_of(figure.panels[0], "site=top_k(2) (n = 3)");
  REQUIRE(series.points.size() == 2);
  CHECK(series.points[0].y == doctest::Approx(0.85));
  CHECK(series.points[1].y == doctest::Approx(0.65));
  CHECK(series.points[1].low == doctest::Approx(0.65));  // equal over seeds in this record
}

TEST_CASE("groups of items that differ in a number are in the order of the numbers") {
  RunGroups turned = published_groups();
  for (RunGroup& group : turned.groups) {
    for (FoundRun& run : group.runs) run.summary.evaluation[0].slices = {"N=12", "N=9"};
  }
  const Figure figure = make_figure("slices", turned, {});
  CHECK(figure.panels[0].x.categories == std::vector<std::string>{"N=9", "N=12"});
  CHECK(figure.panels[0].series[0].points[0].y == doctest::Approx(0.65));
  for (RunGroup& group : turned.groups) {
    for (FoundRun& run : group.runs) run.summary.evaluation[0].slices = {"N=12", "odd"};
  }
  CHECK(make_figure("slices", turned, {}).panels[0].x.categories == std::vector<std::string>{"N=12", "odd"});
}

TEST_CASE("two seeds are two points without an interval, one is one") {
  RunGroups few = published_groups();
  few.groups[0].runs.pop_back();
  few.groups[1].runs.resize(1);
  const Figure figure = make_figure("pareto", few, {});
  CHECK(figure.panels[0].series[0].points.size() == 2);
  CHECK(figure.panels[0].series[1].points.size() == 1);
  CHECK(std::isnan(figure.panels[0].series[0].points[0].low));
  CHECK(says(figure, "no interval"));
}

TEST_CASE("selection has a panel for each quantity that a site has") {
  const Figure figure = drawn("selection", {.site = "layer_1/router"});
  REQUIRE(figure.panels.size() == 4);
  CHECK(figure.panels[0].y.label() == "entropy of the weights (nat)");
  CHECK(figure.panels[0].series.size() == 2);
  CHECK(figure.panels[0].series[0].points[2].y == doctest::Approx(0.25));
  CHECK(figure.panels[0].series[0].points[2].high == doctest::Approx(0.25 + kHalf));
  CHECK(figure.panels[1].series[0].points[2].y == 3);
  CHECK_THROWS_WITH_AS(drawn("selection", {.site = "layer_1/ruter"}), doctest::Contains("Did you mean 'layer_1/router'?"),
                       Error);
  CHECK_THROWS_WITH_AS(drawn("selection", {.site = "decoder/pointer"}), doctest::Contains("no run has kept it"), Error);
}

TEST_CASE("one group has a line for each of its sites") {
  RunGroups one = published_groups();
  one.groups.resize(1);
  const Figure figure = make_figure("selection", one, {});
  CHECK(figure.panels[0].series.size() == 1);  // the other site has no history
  CHECK(figure.panels[0].series[0].name == "layer_1/router (n = 3)");
}

TEST_CASE("load is the share of the rows of an evaluation, an expert a row") {
  const Figure figure = drawn("load");
  REQUIRE(figure.panels.size() == 2);
  const FigureMatrix& matrix = *figure.panels[0].matrix;
  CHECK(matrix.column_edges == std::vector<double>{50, 150, 250, 350});
  CHECK(matrix.values == std::vector<double>{0.75, 0.5, 0.25, 0.25, 0.5, 0.75});
  CHECK(figure.panels[0].title.ends_with("seed 1"));
}

TEST_CASE("a map shows each head, or the one that is asked for, and leaves what is 0 white") {
  const Figure figure = drawn("map");
  REQUIRE(figure.panels.size() == 3);
  const FigureMatrix& matrix = *figure.panels[2].matrix;
  CHECK(matrix.values[2] == 2);
  CHECK(std::isnan(matrix.values[0]));
  CHECK(matrix.colour.scale == FigureAxis::Scale::kLinear);  // one number only
  CHECK(figure.panels[0].x.name == "item");
  FigureRequest second{.head = 1};
  REQUIRE(drawn("map", second).panels.size() == 1);
  CHECK(drawn("map", second).panels[0].matrix->values[1] == 2);
  CHECK_THROWS_WITH_AS(drawn("map", {.head = 3}), doctest::Contains("from 0 to 2; 3 came"), Error);
  CHECK_THROWS_WITH_AS(drawn("map", {.site = "decoder/pointer"}), doctest::Contains("the site decoder/pointer"), Error);
}

TEST_CASE("a path goes through the points in the order of the pointers, to the first that points nowhere") {
  const Figure figure = drawn("path");
  CHECK(figure.panels[0].is_plane);
  const FigureSeries& path = series_of(figure.panels[0], "pointers, in their order");
  REQUIRE(path.points.size() == 2);  // the third is -1
  CHECK(path.points[0].x == 1);
  CHECK(path.points[0].y == 1);
  CHECK(path.points[1].x == 0);
  CHECK(series_of(figure.panels[0], "right order").points.size() == 3);
  const Figure second = drawn("path", {.item = 1});
  CHECK(series_of(second.panels[0], "all points").points[2].y == 7);
  CHECK_THROWS_WITH_AS(drawn("path", {.item = 2}), doctest::Contains("from 0 to 1; 2 came"), Error);
  CHECK_THROWS_WITH_AS(drawn("path", {.split = "train"}), doctest::Contains("predictions of the split train"), Error);
}

TEST_CASE("pareto sets a metric against the work of all sites") {
  const Figure pairs = drawn("pareto");
  CHECK(pairs.panels[0].x.scale == FigureAxis::Scale::kLogarithmic);
  CHECK(series_of(pairs.panels[0], "site=top_k(2) (n = 3)").points[0].x == 2234);
  CHECK(series_of(pairs.panels[0], "site=softmax (n = 3)").points[0].x == 22340);
  CHECK(drawn("pareto", {.against = "rows"}).panels[0].series[0].points[0].x == 2 * (56 + 78));
  CHECK_THROWS_WITH_AS(drawn("pareto", {.against = "row"}), doctest::Contains("Did you mean 'rows'?"), Error);
}

TEST_CASE("arrays of a file are read by their paths; what is missing or no number is left out") {
  const std::string file = published_groups().groups[0].runs[0].file.string();
  const std::vector<std::string> paths{"/train/step", "/predictions/test/label", "/no/such",
                                       "/selection/layer_1/router/density"};
  const std::map<std::string, NumberArray> arrays = read_arrays(file, paths);
  REQUIRE(arrays.size() == 2);
  CHECK(arrays.at("/train/step").values.back() == 200);
  CHECK(arrays.at("/selection/layer_1/router/density").shape == std::vector<std::int64_t>{3, 2, 4});
  CHECK(arrays_below(file, "/predictions/test").at("points") == std::vector<std::int64_t>{2, 3, 2});
  CHECK(arrays_below(file, "/predictions/none").empty());
  CHECK_THROWS_WITH_AS(read_arrays("no_such.h5", paths), doctest::Contains("[no_such.h5]"), Error);
}
