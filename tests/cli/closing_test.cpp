#include <doctest/doctest.h>

#include "framework/cli/closing.h"

using namespace fovea;

namespace {

cli::DoneRun done(Extent seed, double accuracy) {
  cli::DoneRun run{"main", seed, "runs/probe/main-seed" + std::to_string(seed), {}};
  run.outcome.train_seconds = 2;
  run.outcome.final_metrics = {{"test", "sequence_accuracy", "", accuracy}, {"test", "sequence_accuracy", "N=5", 1}};
  return run;
}

}  // namespace

TEST_CASE("the closing table has the mean and the deviation over seeds, never the best") {
  // mean of 0.8, 0.9, 1.0 is 0.9; deviation sqrt((0.01 + 0 + 0.01) / 2) = 0.1
  const std::string table = cli::closing_table({done(1, 0.8), done(2, 0.9), done(3, 1.0)});
  CHECK(table ==
        "run   split  slice  seeds  sequence_accuracy\n"
        "main  test   all        3  0.9 +- 0.1\n"
        "main  test   N=5        3  1 +- 0\n");
}

TEST_CASE("the closing table of one seed has no deviation") {
  CHECK(cli::closing_table({done(1, 0.8)}) ==
        "run   split  slice  seeds  sequence_accuracy\n"
        "main  test   all        1  0.8\n"
        "main  test   N=5        1  1\n");
}

TEST_CASE("the notes name the results and commands to try, quoted for a shell") {
  cli::DoneRun run = done(1, 0.8);
  run.directory = "my runs/main";
  const std::string notes = cli::closing_notes("./fovea", "probe", {run});
  CHECK(notes.find("results   my runs/main/results.h5") != std::string::npos);
  CHECK(notes.find("./fovea verify 'my runs/main/results.h5'") != std::string::npos);
  CHECK(notes.find("[\"evaluation/test/sequence_accuracy\"]") != std::string::npos);
}
