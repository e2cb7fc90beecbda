#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_table.h"
#include "framework/runs/listing.h"
#include "tests/report/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

/// A number of every run of a group, before it is compared.
void add_to_last(RunGroup& group, std::vector<double> shifts) {
  for (std::size_t i = 0; i < group.runs.size(); ++i) {
    group.runs[i].summary.evaluation[0].columns[0].values.back() += shifts[i];
  }
}

constexpr double kQuantile = 4.302652729911275;  // of t with 2 degrees of freedom, 95 %

}  // namespace

TEST_CASE("a table has a row for each group and a column for each metric, with mean, interval and n") {
  const TextTable shown = shown_table(group_table(published_groups(), {}));
  CHECK(shown.head == std::vector<std::string>{"group", "n", "accuracy"});
  REQUIRE(shown.rows.size() == 2);
  CHECK(shown.rows[0] == std::vector<std::string>{"site=softmax", "3", "0.75 [0.5016, 0.9984]"});
  CHECK(shown.rows[1][0] == "site=top_k(2)");
  REQUIRE(shown.sentences.size() == 1);
  CHECK(shown.sentences[0].find("95 % t interval") != std::string::npos);
  CHECK(latex_of(shown).find("site=softmax & $3$ & $0.75\\ [0.5016,\\ 0.9984]$ \\\\") != std::string::npos);
}

TEST_CASE("a table of one metric has a column for each group of items") {
  const TextTable shown = shown_table(group_table(published_groups(), {.metric = "accuracy"}));
  CHECK(shown.head == std::vector<std::string>{"group", "n", "all", "N=5", "N=10"});
  CHECK(shown.rows[1][3] == "0.85 [0.85, 0.85]");
  CHECK_THROWS_WITH_AS(group_table(published_groups(), {.metric = "acuracy"}), doctest::Contains("Did you mean 'accuracy'?"),
                       Error);
}

TEST_CASE("the numbers of a table are those of its picture") {
  const GroupTable table = group_table(published_groups(), {.metric = "accuracy"});
  const TextTable numbers = number_table(table);
  CHECK(numbers.head ==
        std::vector<std::string>{"group", "n", "split", "metric", "slice", "mean", "deviation", "low", "high"});
  const Figure figure = make_figure("table", published_groups(), {.metric = "accuracy"});
  REQUIRE(figure.panels.size() == table.columns.size());
  CHECK(numbers.rows.size() == 2 * figure.panels.size());
  CHECK(figure.panels[0].is_turned);
  CHECK(figure.panels[0].x.categories == std::vector<std::string>{"site=softmax (n = 3)", "site=top_k(2) (n = 3)"});
  for (std::size_t i = 0; i < numbers.rows.size(); ++i) {
    const FigurePoint& point = figure.panels[i % 3].series[0].points[i / 3];
    CHECK(std::stod(numbers.rows[i][5]) == point.y);
    CHECK(std::stod(numbers.rows[i][7]) == point.low);
    CHECK(std::stod(numbers.rows[i][8]) == point.high);
  }
}

TEST_CASE("in a table, two seeds are both there, and a row says when some of its runs lack a number") {
  RunGroups few = published_groups();
  few.groups[0].runs.pop_back();
  few.groups[1].runs[0].summary.evaluation[0].slices = {"N=5", "other"};
  const TextTable shown = shown_table(group_table(few, {.metric = "accuracy"}));
  CHECK(shown.rows[0][1] == "2");
  CHECK(shown.rows[0][2] == "0.65, 0.75");
  CHECK(shown.sentences.back().find("not all of its runs") != std::string::npos);
}

TEST_CASE("a forest has each group minus the first, seed by seed, around a line at 0") {
  RunGroups shifted = published_groups();
  add_to_last(shifted.groups[1], {0.1, 0.2, 0.3});
  const Figure figure = make_figure("forest", shifted, {});
  REQUIRE(figure.panels.size() == 1);
  const FigurePanel& panel = figure.panels[0];
  CHECK(panel.is_turned);
  CHECK(panel.y.reference == 0.0);
  CHECK(panel.x.categories == std::vector<std::string>{"site=top_k(2) (n = 3)"});
  REQUIRE(panel.series[0].points.size() == 1);
  CHECK(panel.series[0].points[0].y == doctest::Approx(0.2));
  CHECK(panel.series[0].points[0].high == doctest::Approx(0.2 + kQuantile * 0.1 / std::sqrt(3.0)));
  CHECK(range_of_y(panel).low < 0);  // the line is on the picture
  CHECK(figure.caption.find("Each group minus the first, site=softmax,") != std::string::npos);
  CHECK(figure.title == "sort_by_pointing/N=5: accuracy against site=softmax");
}

TEST_CASE("a forest leaves out groups that have no seed in common with the first, and says how many") {
  RunGroups runs = published_groups();
  runs.groups.push_back(runs.groups[1]);
  for (FoundRun& run : runs.groups[2].runs) run.seed += 100;
  const Figure figure = make_figure("forest", runs, {});
  CHECK(figure.panels[0].x.categories.size() == 1);
  CHECK(figure.caption.find("Left out: 1 group that has no seed in common") != std::string::npos);
  runs.groups.erase(runs.groups.begin() + 1);
  CHECK_THROWS_WITH_AS(make_figure("forest", runs, {}), doctest::Contains("a seed that 'site=softmax' has as well"), Error);
  runs.groups.resize(1);
  CHECK_THROWS_WITH_AS(make_figure("forest", runs, {}), doctest::Contains("two groups of runs at least"), Error);
}

TEST_CASE("runs that have nothing of a kind are told in one line what it needs") {
  RunRecord record;
  record.experiment = "bare";
  record.run = "main";
  record.state = "finished";
  const ScratchDirectory scratch;
  publish(record, scratch.path());
  const RunGroups runs = runs_in(std::vector<std::string>{scratch.path().string()});
  REQUIRE(runs.groups.size() == 1);
  for (const FigureKind& kind : figure_kinds()) {
    CAPTURE(kind.name);
    std::string problem;
    try {
      make_figure(kind.name, runs, {});
    } catch (const Error& error) {
      problem = error.what();
    }
    CAPTURE(problem);
    CHECK(problem.find("expected ") != std::string::npos);
    CHECK(std::count(problem.begin(), problem.end(), ';') >= 2);  // what came; what to do
    CHECK(problem.find('\n') == std::string::npos);
  }
}

TEST_CASE("pareto refuses runs whose sites have done nothing, instead of a cost of 0") {
  RunGroups runs = published_groups();
  for (RunGroup& group : runs.groups) {
    for (FoundRun& run : group.runs) run.summary.sites.clear();
  }
  CHECK_THROWS_WITH_AS(make_figure("pareto", runs, {}), doctest::Contains("expected runs with sites that have"), Error);
}
