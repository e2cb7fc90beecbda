#include "framework/report/report.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "framework/core/error.h"
#include "framework/report/report_parts.h"
#include "framework/report/vega_library.h"
#include "framework/runs/comparison_numbers.h"
#include "framework/runs/listing.h"
#include "tests/report/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

const Json& member(const Json& json, const std::string& name) {
  for (const auto& [key, value] : json.as<Json::Object>()) {
    if (key == name) return value;
  }
  FAIL("no member ", name);
  return json;
}

const Json& section(const Json& model, std::size_t i = 0) { return member(model, "sections").as<Json::Array>().at(i); }

/// Of the runs as they are.
const Json& plain_model() {
  static const Json model = report_model(published_groups(), {.made_by = "fovea"});
  return model;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t place = text.find(part); place != std::string::npos; place = text.find(part, place + 1)) ++count;
  return count;
}

/// Stand-ins for the parts of Vega, where those that are installed are not what is tested.
class StandIn {
 public:
  StandIn() {
    for (const std::string& file : vega_files()) std::ofstream(scratch_.path() / file) << "exports.part = 1;";
    ::setenv("FOVEA_VEGA", scratch_.path().c_str(), 1);
  }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;
  ~StandIn() { ::unsetenv("FOVEA_VEGA"); }
  const std::filesystem::path& folder() const { return scratch_.path(); }

 private:
  ScratchDirectory scratch_;
};

constexpr const char* kHostile = "</script><img src=x onerror=alert(1)><!--\x07\x1b[31m\"&'";

}  // namespace

TEST_CASE("a report has a section for each experiment: answer, figures, settings and runs") {
  const Json& model = plain_model();
  CHECK(member(model, "sections").as<Json::Array>().size() == 1);
  const Json& answer = member(section(model), "answer");
  CHECK(member(answer, "rows").as<Json::Array>().size() == 2);
  std::vector<std::string> views;
  for (const Json& figure : member(section(model), "figures").as<Json::Array>()) {
    views.push_back(member(figure, "view").as<std::string>());
  }
  for (const std::string view : {"curves", "slices", "selection", "routers", "cost"}) {
    CAPTURE(view);
    CHECK(std::count(views.begin(), views.end(), view) > 0);
  }
  const Json::Array& runs = member(section(model), "runs").as<Json::Array>();
  REQUIRE(runs.size() == 6);
  CHECK(member(runs[0], "hash").as<std::string>().size() == 32);
  CHECK(member(runs[0], "seed") == Json("1"));
}

TEST_CASE("the hidden numbers of a report are those of fovea compare --csv") {
  const MetricChoice choice = resolved_metric({}, published_groups().groups);
  const TextTable expected = comparison_numbers(
      published_groups(), compare_groups(published_groups().groups, choice, GroupFigure::Unfinished::kLeftOut));
  const Json& numbers = member(section(plain_model()), "numbers");
  CHECK(member(numbers, "columns") == member(table_json(expected), "columns"));
  CHECK(member(numbers, "rows") == member(table_json(expected), "rows"));
}

TEST_CASE("the same runs make the same page, and texts of files cannot leave their place in it") {
  const StandIn vega;
  RunGroups runs = published_groups();
  for (RunGroup& group : runs.groups) {
    group.experiment = kHostile;
    group.run = kHostile;
    group.differing = {{kHostile, kHostile}};
    group.settings.emplace_back(kHostile, kHostile);
    for (FoundRun& run : group.runs) {
      run.summary.provenance.emplace_back("command", kHostile);
      run.summary.config.emplace_back(kHostile, kHostile);
      run.summary.evaluation[0].columns[0].name = kHostile;
    }
  }
  const ReportRequest request{.made_by = kHostile, .command = kHostile, .about = {{kHostile, {.question = kHostile}}}};
  const Json model = report_model(runs, request);
  const std::string page = report_page(&model);
  CHECK(page == report_page(&model));
  CHECK(count_of(page, "</script") == 3);  // the model, Vega, the page
  CHECK(count_of(page, "<img") == 0);
  CHECK(count_of(page, "<!--") == 0);
  CHECK(count_of(page, "\x07") + count_of(page, "\x1b") == 0);
  CHECK(count_of(page, "\\u003c/script>") > 10);
}

TEST_CASE("a page that is served holds no model and may ask its server, a saved one nobody") {
  const StandIn vega;
  const std::string served = report_page(nullptr);
  CHECK(count_of(served, "id=\"model\"") == 0);
  CHECK(count_of(served, "connect-src 'self'") == 1);
  const std::string saved = report_page(&plain_model());
  CHECK(count_of(saved, "connect-src") == 0);
  CHECK(count_of(saved, "default-src 'none'") == 1);
}

TEST_CASE("where Vega is not installed, one line says what to install; a script that ends the page is refused") {
  const StandIn vega;
  std::ofstream(vega.folder() / vega_files().front()) << "'</script>'";
  CHECK_THROWS_WITH_AS(vega_script(), doctest::Contains("can stand in a page"), Error);
  std::filesystem::remove(vega.folder() / vega_files().front());
  CHECK_THROWS_WITH_AS(vega_script(), doctest::Contains("apt-get install libjs-vega"), Error);
}

TEST_CASE("a million slices and a thousand metrics are cut, and nothing is averaged less") {
  RunGroups runs = published_groups();
  EvaluationTable& table = runs.groups[0].runs[0].summary.evaluation[0];
  table.slices.assign(1'000'000, "");
  for (std::size_t i = 0; i < table.slices.size(); ++i) table.slices[i] = std::to_string(i);
  for (Column& column : table.by_slice) column.values.assign(table.slices.size() * table.step.size(), 0.5);
  for (int i = 0; i < 1000; ++i) table.columns.push_back({"metric_" + std::to_string(i), "1", "", table.columns[0].values});
  const Json model = report_model(runs, {});
  CHECK(page_json(model).size() < 3'000'000);
  CHECK(member(member(section(model), "numbers"), "rows") == member(member(section(plain_model()), "numbers"), "rows"));
}

TEST_CASE("long series share one budget of points, spikes stay, and the caption says so") {
  Figure figure{"title", "n: one.", {FigurePanel{}}};
  figure.panels[0].series = {{"long", FigureSeries::Mark::kLine, {}},
                             {"short", FigureSeries::Mark::kLine, {{0, 1}, {1, 2}}}};
  for (int i = 0; i < 1500; ++i) figure.panels[0].series[0].points.push_back({static_cast<double>(i), i == 777 ? 9.0 : 0.0});
  ReportFigure one{"0", "curves", "long", figure};
  fit_points({&one}, 102);
  const FigureSeries& thinned = one.figure.panels[0].series[0];
  CHECK(thinned.points.size() <= 100);
  CHECK(std::any_of(thinned.points.begin(), thinned.points.end(), [](const auto& p) { return p.x == 777 && p.y == 9; }));
  CHECK(one.figure.panels[0].series[1].points.size() == 2);
  CHECK(one.figure.caption ==
        "n: one. Of a series of more than 100 points, the least and the largest of each part are drawn.");
}

TEST_CASE("columns of a data set give its rows back") {
  ReportFigure figure{"0", "curves", "", {"title", "", {FigurePanel{}}}};
  figure.figure.panels[0].series = {{"a", FigureSeries::Mark::kLine, {{0, 1}, {1, 2}, {2, 3}}}};
  const Json json = figure_json(figure);
  const Json& points = member(member(json, "data"), "panel_0_points");
  CHECK(member(points, "rows") == Json(std::int64_t{3}));
  for (const Json& column : member(points, "columns").as<Json::Array>()) {
    const std::string& name = member(column, "name").as<std::string>();
    if (name == "x") CHECK(member(column, "values") == Json(Json::Array{0.0, 1.0, 2.0}));
    if (name == "name") CHECK(member(column, "lengths") == Json(Json::Array{std::int64_t{3}}));
  }
  for (const Json& set : member(member(json, "spec"), "data").as<Json::Array>()) {
    for (const auto& [key, value] : set.as<Json::Object>()) {
      if (key == "values") CHECK(value.as<Json::Array>().empty());
    }
  }
}

TEST_CASE("files that could not be read are named, and hide nothing") {
  RunGroups runs = published_groups();
  FoundRun damaged;
  damaged.file = "runs/x/results.h5";
  damaged.problem = "expected HDF5";
  runs.unread.push_back(damaged);
  const Json model = report_model(runs, {});
  CHECK(member(model, "unread").as<Json::Array>().size() == 1);
  CHECK(member(model, "sections").as<Json::Array>().size() == 1);
  const Json none = report_model({{}, {damaged}}, {});
  CHECK(member(none, "sections").as<Json::Array>().empty());
}
