#include <doctest/doctest.h>

#include "framework/cli/closing.h"
#include "framework/cli/next_steps.h"
#include "framework/cli/screen_table.h"
#include "framework/cli/wrapping.h"

using namespace fovea;

namespace {

cli::DoneRun done(const std::string& name, Extent seed, std::vector<FinalMetric> figures) {
  cli::DoneRun run{name, seed, "runs/probe/" + name + "-seed" + std::to_string(seed), {}};
  run.outcome.train_seconds = 2;
  run.outcome.final_metrics = std::move(figures);
  return run;
}

cli::DoneRun done(Extent seed, double accuracy) {
  return done("main", seed, {{"test", "sequence_accuracy", "", accuracy}, {"test", "sequence_accuracy", "N=5", 1}});
}

std::string text_of(const TextTable& table) { return cli::screen_text(table, cli::kAnyWidth); }

cli::AskedRun asked() {
  cli::AskedRun asked{"./fovea", {}, 0, "runs"};
  asked.experiment.name = "probe";
  return asked;
}

}  // namespace

TEST_CASE("the closing table has the mean and the deviation over seeds, never the best") {
  // mean of 0.8, 0.9, 1.0 is 0.9; deviation sqrt((0.01 + 0 + 0.01) / 2) = 0.1
  CHECK(text_of(cli::closing_table({done(1, 0.8), done(2, 0.9), done(3, 1.0)})) ==
        "Figures of the split test\n"
        "slice  sequence_accuracy\n"
        "all           0.9 +- 0.1\n"
        "N=5               1 +- 0\n"
        "Means of 3 seeds, +- their standard deviation.\n");
}

TEST_CASE("equal figures of several seeds deviate by 0, whatever their mean is rounded to") {
  CHECK(cli::mean_text({0.7, 0.7, 0.7}) == "0.7 +- 0");
}

TEST_CASE("the closing table of one seed has no deviation") {
  CHECK(text_of(cli::closing_table({done(1, 0.8)})) ==
        "Figures of the split test\n"
        "slice  sequence_accuracy\n"
        "all                  0.8\n"
        "N=5                    1\n");
}

TEST_CASE("a closing table says nothing twice: slices like their split, columns like others, figures that never change") {
  const auto figures = [](const std::string& split, const std::vector<std::string>& slices, double value) {
    std::vector<FinalMetric> all;
    for (const std::string& slice : slices) {
      all.push_back({split, "accuracy", slice, value});
      all.push_back({split, "share", slice, value});
      all.push_back({split, "unknown", slice, 0});
    }
    return all;
  };
  std::vector<FinalMetric> all = figures("test", {"", "N=5", "N=6"}, 1);
  for (const FinalMetric& figure : figures("N=30", {"", "N=30"}, 0.5)) all.push_back(figure);
  for (const FinalMetric& figure : figures("N=50", {"", "N=50"}, 0)) all.push_back(figure);
  CHECK(text_of(cli::closing_table({done("main", 1, all)})) ==
        "split  slice           accuracy\n"
        "test   all, each of 2         1\n"
        "N=30   all                  0.5\n"
        "N=50   all                    0\n"
        "share is the same as accuracy. unknown is 0 in every row.\n");
  // One slice that differs keeps all of them.
  all[3].value = 0.9;
  CHECK(text_of(cli::closing_table({done("main", 1, all)})) ==
        "split  slice  accuracy  share\n"
        "test   all           1      1\n"
        "test   N=5         0.9      1\n"
        "test   N=6           1      1\n"
        "N=30   all         0.5    0.5\n"
        "N=50   all           0      0\n"
        "unknown is 0 in every row.\n");
}

TEST_CASE("a closing table says what a random guess would have, once where that is the same for all") {
  cli::DoneRun one = done("a", 1, {{"test", "accuracy", "", 0.8}});
  cli::DoneRun two = done("b", 1, {{"test", "accuracy", "", 0.9}});
  one.chance = two.chance = {{"test", 0.125}};
  CHECK(text_of(cli::closing_table({one, two})) ==
        "Figures of the split test\n"
        "run  accuracy\n"
        "a         0.8\n"
        "b         0.9\n"
        "A random guess has accuracy 0.125.\n");
  two.chance = {{"test", 0.25}};
  CHECK(text_of(cli::closing_table({one, two})) ==
        "Figures of the split test\n"
        "run  accuracy  chance\n"
        "a         0.8   0.125\n"
        "b         0.9    0.25\n");
  CHECK(cli::closing_table({}).rows.empty());
}

TEST_CASE("a table of choices has what the sites of each run have read, on average over its seeds") {
  cli::DoneRun soft = done("soft", 1, {});
  cli::DoneRun again = done("soft", 2, {});
  cli::DoneRun hard = done("hard", 1, {});
  soft.choices = cli::Choices{"memory", "dot | softmax", 16, 16, 16, 0.5, 0.9};
  again.choices = cli::Choices{"memory", "dot | softmax", 16, 16, 16, 0.7, 0.8};
  hard.choices = cli::Choices{"memory", "dot | argmax", 16, 1, 16, 0, {}};
  cli::DoneRun last = hard;
  last.run = "last";
  CHECK(text_of(cli::choices_table({soft, again, hard, last})) ==
        "What was chosen: pairs scored and rows read for each item of training, entropy in nats\n"
        "run   pairs scored  rows read  entropy  right item\n"
        "soft            16         16      0.6        0.85\n"
        "hard            16          1        0           -\n"
        "last            16          1        0           -\n"
        "read backward is the same as pairs scored.\n");
  CHECK(cli::choices_table({done(1, 0.5)}).rows.empty());
}

TEST_CASE("what all sites of a run have chosen is the sum of the counts and the mean of the rest") {
  const std::vector<cli::Choices> sites = {{"a", "", 4, 3, 2, 1.0, {}}, {"b", "", 6, 5, 4, 2.0, 0.5}};
  const cli::Choices all = cli::all_choices(sites).value();
  CHECK(all.pairs == 10);
  CHECK(all.rows == 8);
  CHECK(all.rows_backward == 6);
  CHECK(all.entropy == 1.5);
  CHECK(all.right == 0.5);
  CHECK_FALSE(cli::all_choices({}));
}

TEST_CASE("choices are counted for each item of training, and sites are named without their options") {
  RunSummary summary;
  summary.config = {{"batch", "4"}};
  summary.train.step = {5, 10};
  SelectionSite site;
  site.path = "read";
  site.text = "dot(temperature=1, more=(a)) | dense | top_k(2) | none";
  site.scored_pairs = 400;
  site.gathered_rows_forward = 80;
  summary.sites = {site};
  const cli::Choices read = cli::choices_of(summary).at(0);
  CHECK(read.text == "dot | dense | top_k | none");
  CHECK(read.pairs == 10);  // 400 of 10 steps of 4 items
  CHECK(read.rows == 2);
  summary.config = {{"batch", "many"}};
  CHECK(cli::choices_of(summary).at(0).pairs == 0);
}

TEST_CASE("what is printed last says where the results are, once for all of them") {
  cli::DoneRun run = done("main", 1, {});
  run.directory = "my runs/probe/main";
  CHECK(cli::results_text({run}) == "training  0:02 (2.0 s)\nresults   my runs/probe/main/results.h5\n");
  CHECK(cli::results_text({done("a", 1, {}), done("b", 1, {})}) ==
        "training  0:04 (4.0 s)\nresults   2 files, runs/probe/*/results.h5\n");
}

TEST_CASE("the commands to try next keep what was given, quoted for a shell") {
  cli::AskedRun given = asked();
  given.experiment.settings = {"site=dot | dense", "steps=5"};
  given.experiment.threads = 2;
  given.experiment.plugins = {"my ideas.so"};
  given.output = "-out";
  cli::DoneRun run = done("main", 1, {});
  run.directory = "-out/probe/main";
  CHECK(cli::next_steps(given, {run}, 60) ==
        "Next, try\n"
        "  ./fovea show ./-out/probe/main/results.h5\n"
        "  ./fovea run probe 'site=dot | dense' steps=5 --threads 2 --output ./-out --plugin 'my ideas.so' --seeds 3\n"
        "  ./fovea ls ./-out/probe\n");
}

TEST_CASE("there are three commands to try next, of several runs and of several seeds too") {
  CHECK(cli::next_steps(asked(), {done("a", 1, {}), done("b", 1, {})}, 100) ==
        "Next, try\n"
        "  ./fovea show runs/probe/a-seed1/results.h5  # what the file holds\n"
        "  ./fovea run probe --seeds 3                 # is it luck? three seeds\n"
        "  ./fovea compare runs/probe                  # are the runs different?\n");
  cli::AskedRun seeds = asked();
  seeds.seeds = 2;
  CHECK(cli::next_steps(seeds, {done("a", 1, {}), done("a", 2, {})}, 40) ==
        "Next, try\n"
        "  ./fovea show runs/probe/a-seed1/results.h5\n"
        "  ./fovea ls runs/probe\n"
        "  ./fovea describe probe\n");
}
