#include <doctest/doctest.h>
#include <cmath>
#include <filesystem>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/runs/listing.h"
#include "tests/report/sample_study.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

std::string written(const ScratchDirectory& scratch, const TableRecord& table, const std::string& name) {
  const std::filesystem::path file = scratch.path() / name;
  overwrite(file, image_of(table));
  return file.string();
}

RunGroups files_in(std::vector<std::string> files) { return runs_in(files); }

}  // namespace

TEST_CASE("estimators has bias, variance, square error and cosine of each row of a study") {
  const ScratchDirectory scratch;
  const Figure figure = make_figure("estimators", files_in({written(scratch, sample_study(), "study.h5")}), {});
  REQUIRE(figure.panels.size() == 4);
  CHECK(figure.title == "soft_vs_hard/sample, decoder/site: estimators against the exact gradient");
  CHECK(figure.panels[0].x.categories == std::vector<std::string>{"exact", "reinforce(baseline=none)"});
  REQUIRE(figure.panels[0].series.size() == 2);
  CHECK(figure.panels[0].series[0].points[1].y == 0.2);
  CHECK(figure.panels[0].series[1].name == "what is measured without any bias");
  CHECK(figure.panels[0].series[1].points[1].y == 0.19);
  CHECK(figure.panels[3].y.name == "cosine");
  CHECK(figure.panels[3].series[0].points[1].y == 0.4);
  CHECK(figure.panels[3].y.scale == FigureAxis::Scale::kLinear);
  CHECK(figure.caption.find("200 gradients of each estimator, seed 1") == 0);
}

TEST_CASE("numbers of a study that differ a hundredfold are on a logarithmic axis, and rounding is not drawn") {
  const ScratchDirectory scratch;
  TableRecord table = sample_study();
  table.rows.emplace_back("reinmax");
  for (Column& column : table.columns) column.values.push_back(0.5);
  const Figure figure = make_figure("estimators", files_in({written(scratch, table, "study.h5")}), {});
  CHECK(figure.panels[1].y.scale == FigureAxis::Scale::kLogarithmic);
  CHECK(figure.panels[1].series[0].points[1].y == 150);
  CHECK(std::isnan(figure.panels[1].series[0].points[0].y));
  CHECK(figure.caption.find("has no place on the axes of 'variance, relative'") != std::string::npos);
}

TEST_CASE("several studies are a series each, over the rows of all") {
  const ScratchDirectory scratch;
  TableRecord other = sample_study();
  other.attributes[1].second = "top_k";
  other.rows[0] = "reinmax";
  const Figure figure =
      make_figure("estimators", files_in({written(scratch, sample_study(), "a.h5"), written(scratch, other, "b.h5")}), {});
  REQUIRE(figure.panels[3].series.size() == 2);
  CHECK(figure.panels[3].x.categories.size() == 3);
  CHECK(figure.panels[3].series[1].name == "soft_vs_hard/top_k, decoder/site");
  CHECK(figure.panels[3].series[1].points[0].x == 2);
}

TEST_CASE("a file of something else is no study") {
  const ScratchDirectory scratch;
  TableRecord table = sample_study();
  table.columns.pop_back();
  table.columns.pop_back();  // without its cosine
  CHECK_THROWS_WITH_AS(make_figure("estimators", files_in({written(scratch, table, "study.h5")}), {}),
                       doctest::Contains("expected the results of a study; none of the files is one"), Error);
}
