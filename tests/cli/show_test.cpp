#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;
namespace fs = std::filesystem;

namespace {

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("show begins with the question, what was found, chance, the sites and the commands for more") {
  const ScratchDirectory scratch;
  const Answer run = answer({"run", "sort_by_pointing", "steps=2", "hidden=8", "n=4", "n_min=4", "lengths=5", "test_rows=8",
                             "validation_rows=8", "--quiet", "--output", scratch.path()});
  REQUIRE(run.code == cli::kOk);
  const fs::path file = scratch.path() / "sort_by_pointing/main/results.h5";
  const Answer brief = answer({"show", file});
  CHECK(brief.code == cli::kOk);
  CHECK(contains(brief.out, "sort_by_pointing/main, seed 1: finished at step 2, after 0:0"));
  CHECK(contains(brief.out, "\nCan a network that only points learn to sort"));
  CHECK(contains(brief.out, "split  sequence_accuracy"));
  CHECK(contains(brief.out, "0.04167"));  // 1/4!, what chance gives
  CHECK(contains(brief.out, "\ndecoder/pointer "));
  CHECK(contains(brief.out, "More\n  fovea show " + file.string() + " --all\n"));
  CHECK(lines_of(brief.out) < 25);
  const Answer all = answer({"show", file, "--all"});
  CHECK(all.code == cli::kOk);
  CHECK(contains(all.out, "\nconfig\n"));
  CHECK(contains(all.out, "\ndata sets\n"));
  CHECK(lines_of(all.out) > 100);
}

TEST_CASE("the entropy of a site that draws in training is that of what it drew from, not of the best choice") {
  const ScratchDirectory scratch;
  const Answer run = answer({"run", "soft_vs_hard", "steps=2", "hidden=4", "n=4", "test_rows=8", "validation_rows=8",
                             "--quiet", "--output", scratch.path()});
  REQUIRE(run.code == cli::kOk);
  const std::size_t line = run.out.rfind("\nsample ");
  REQUIRE(line != std::string::npos);
  std::istringstream cells(run.out.substr(line));
  std::string name;
  double pairs = 0;
  double rows = 0;
  double backward = 0;
  double entropy = 0;
  cells >> name >> pairs >> rows >> backward >> entropy;
  CHECK(rows == 4);      // draws
  CHECK(entropy > 0.5);  // log 4 is 1.39
}

TEST_CASE("show has what a file says of an experiment that the program does not know") {
  const ScratchDirectory scratch;
  SampleRun{}.publish_in(scratch.path() / "run");
  const Answer brief = answer({"show", scratch.path() / "run"});
  CHECK(brief.code == cli::kOk);
  CHECK(contains(brief.out, "probe/main, seed 1: finished at step 10, after "));
  CHECK(contains(brief.out, "0.5"));
}

TEST_CASE("show says what is damaged after what it could read") {
  const ScratchDirectory scratch;
  SampleRun{}.publish_in(scratch.path());
  std::ofstream(scratch.path() / "results.h5", std::ios::app) << "x";
  const Answer brief = answer({"show", scratch.path()});
  CHECK(brief.code == cli::kVerifyFailure);
  CHECK(contains(brief.out, "probe/main"));
  CHECK(contains(brief.err, "results.h5"));
}
