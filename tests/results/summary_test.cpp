#include "framework/results/summary.h"

#include <doctest/doctest.h>
#include <fstream>

#include "framework/core/error.h"
#include "framework/results/run_file.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using namespace fovea::testing;

TEST_CASE("a summary gives back what was published") {
  const ScratchDirectory scratch;
  const RunRecord record = sample_record();
  publish(record, scratch.path());
  const RunSummary summary = read_summary(scratch.path() / kResultsName);
  CHECK(summary.config == record.config);
  CHECK(summary.provenance == record.provenance);
  CHECK(summary.train.step.size() == 20);
  CHECK(summary.train.step.back() == 200);
  REQUIRE(summary.train.columns.size() == 2);
  CHECK(summary.train.columns[0].name == "loss");
  CHECK(summary.train.columns[0].values == record.train.columns[0].values);
  REQUIRE(summary.evaluation.size() == 1);
  CHECK(summary.evaluation[0].slices == record.evaluation[0].slices);
  CHECK(summary.evaluation[0].step == record.evaluation[0].step);
  CHECK(summary.evaluation[0].columns[0].values == record.evaluation[0].columns[0].values);
  CHECK(summary.evaluation[0].columns[0].long_name == "share of exact answers");
  CHECK(summary.evaluation[0].by_slice[0].name == "accuracy");
  CHECK(summary.evaluation[0].by_slice[0].values == record.evaluation[0].by_slice[0].values);
}

TEST_CASE("a summary lists sites, parameters and the tree") {
  const ScratchDirectory scratch;
  publish(sample_record(), scratch.path());
  const RunSummary summary = read_summary(scratch.path() / kResultsName);
  REQUIRE(summary.sites.size() == 1);
  CHECK(summary.sites[0].path == "decoder/pointer");
  CHECK(summary.sites[0].gathered_rows_backward == 78);
  CHECK(summary.sites[0].selection_accuracy == 0.75);
  CHECK_FALSE(summary.sites[0].dead_share.has_value());
  REQUIRE(summary.parameters.size() == 3);
  CHECK(summary.parameters[0].path == "decoder/pointer/keys");
  CHECK(summary.parameters[0].shape == std::vector<std::int64_t>{4, 3});
  CHECK(summary.parameters[0].type == kPrecision);
  CHECK(summary.parameter_count == 48);
  CHECK(summary.tree.size() > 40);
  CHECK(summary.tree.front().path == "/");
}

TEST_CASE("control characters of a file do not reach the terminal") {
  const ScratchDirectory scratch;
  RunRecord record = sample_record();
  record.config[0] = {"ta\x1bsk", "red\x1b[31m"};
  publish(record, scratch.path());
  CHECK(read_summary(scratch.path() / kResultsName).config[0] ==
        std::pair<std::string, std::string>("ta\\x1bsk", "red\\x1b[31m"));
}

TEST_CASE("what is not a results file is refused in one line") {
  const ScratchDirectory scratch;
  CHECK_THROWS_WITH_AS(read_summary(scratch.path()), doctest::Contains("it is a directory;"), Error);
  CHECK_THROWS_WITH_AS(read_summary(scratch.path() / "none"), doctest::Contains("No such file"), Error);
  std::ofstream(scratch.path() / "empty.h5").flush();
  CHECK_THROWS_WITH_AS(read_summary(scratch.path() / "empty.h5"), doctest::Contains("it is empty;"), Error);
  std::ofstream(scratch.path() / "text.h5") << "step,loss\n1,2\n";
  CHECK_THROWS_WITH_AS(read_summary(scratch.path() / "text.h5"), doctest::Contains("expected an HDF5 file;"), Error);
}
