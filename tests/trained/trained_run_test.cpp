#include "framework/trained/trained_run.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "framework/results/run_file.h"
#include "framework/trained/evaluate.h"
#include "framework/trained/predictor.h"
#include "tests/trained/trained_line.h"

using namespace fovea;
using test::contains;
using test::Scratch;
using test::trained_line;

namespace fovea::test {
namespace {

class Lines final : public Experiment {
 public:
  void fields(Options& options) override { options.add("site", site_, "the site of the model"); }
  std::vector<RunSpec> runs() const override { return {line_run("", site_).run}; }

 private:
  std::string site_ = "dot | dense | softmax | none";
};
FOVEA_EXPERIMENT("test_trained", Lines, "Lines.");

}  // namespace

RunRequest trained_line(const std::filesystem::path& directory, const std::string& site) {
  RunRequest request = line_run(directory, site);
  request.experiment = "test_trained";
  request.options = {{"site", site}};
  request.run.train.schedule = "constant";
  train_run(request, {});
  return request;
}

}  // namespace fovea::test

namespace {

template <class Work>
std::string failure_in(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

const SelectionSite& site_of(const RunRecord& record) {
  REQUIRE(record.selection.size() == 1);
  return record.selection.front();
}

}  // namespace

TEST_CASE("an evaluation with the sites as they were trained has the bits of the run's own") {
  const Scratch scratch;
  trained_line(scratch / "run");
  TrainedRun trained(scratch / "run");
  CHECK(trained.step() == 40);
  const auto record = evaluate(trained, {}, {});
  REQUIRE(record);
  const RunSummary own = read_summary(scratch / "run/results.h5");
  REQUIRE(record->evaluation.size() == 2);  // test, and the one that the experiment adds
  for (const EvaluationTable& table : record->evaluation) {
    const auto same = [&](const EvaluationTable& other) { return other.split == table.split; };
    const auto found = std::find_if(own.evaluation.begin(), own.evaluation.end(), same);
    REQUIRE(found != own.evaluation.end());
    CHECK(table.step == found->step);
    REQUIRE(table.columns.size() == found->columns.size());
    for (std::size_t i = 0; i < table.columns.size(); ++i) CHECK(table.columns[i].values == found->columns[i].values);
    for (std::size_t i = 0; i < table.by_slice.size(); ++i) CHECK(table.by_slice[i].values == found->by_slice[i].values);
  }
  // The temperature is that of the last step, not of the first.
  REQUIRE(record->annealed.size() == 1);
  CHECK(record->annealed.front().second == doctest::Approx(0.5));
}

TEST_CASE("other sites are read with the parameters that were trained") {
  const Scratch scratch;
  trained_line(scratch / "run");
  TrainedRun trained(scratch / "run");
  EvaluateRequest request;
  request.sites = {SiteChange::parse("chooser=argmax")};
  const auto hard = evaluate(trained, request, {});
  REQUIRE(hard);
  for (std::size_t row = 0; row + 1 < site_of(*hard).offsets.size(); ++row) {
    CHECK(site_of(*hard).offsets[row + 1] - site_of(*hard).offsets[row] == 1);
  }
  const auto soft = evaluate(trained, {}, {});
  REQUIRE(soft);
  CHECK(site_of(*soft).offsets.back() == 3 * static_cast<std::int64_t>(site_of(*soft).item.size()));
  CHECK(hard->evaluation.front().columns.front().values != soft->evaluation.front().columns.front().values);
  // The item of the largest weight is the one that argmax takes.
  for (std::size_t row = 0; row < site_of(*hard).item.size(); ++row) {
    const auto begin = site_of(*soft).weights.begin() + site_of(*soft).offsets[row];
    const auto best = std::max_element(begin, begin + 3) - begin;
    CHECK(site_of(*hard).kept[site_of(*hard).offsets[row]] ==
          site_of(*soft).kept[static_cast<std::size_t>(site_of(*soft).offsets[row] + best)]);
  }
}

TEST_CASE("a site whose annealed number is written otherwise follows what is written") {
  const Scratch scratch;
  trained_line(scratch / "run");
  TrainedRun trained(scratch / "run");
  const auto entropy = [&](const std::string& change) {
    EvaluateRequest request;
    request.sites = {SiteChange::parse(change)};
    return site_of(*evaluate(trained, request, {})).mean_entropy.value();
  };
  CHECK(entropy("softmax(temperature=linear(from=50, to=40))") == entropy("softmax(temperature=40)"));
  CHECK(entropy("softmax(temperature=linear(from=2, to=0.5))") == entropy("softmax(temperature=0.5)"));
}

TEST_CASE("an evaluation says what its run has started from, and its own hash and command") {
  const Scratch scratch;
  RunRequest request = trained_line(scratch / "first");
  request.directory = scratch / "second";
  request.run.train.from = (scratch / "first").string();
  request.run.train.steps = 8;
  train_run(request, {});
  TrainedRun trained(scratch / "second");
  EvaluateRequest hard;
  hard.command = "fovea evaluate second --site argmax";
  hard.sites = {SiteChange::parse("argmax")};
  const auto record = evaluate(trained, hard, {});
  const auto soft = evaluate(trained, {}, {});
  const auto text = [](const TextPairs& pairs, const std::string& name) { return text_of_pair(pairs, name); };
  CHECK(text(record->config, "from") == (scratch / "first").string());
  CHECK(text(record->provenance, "from " + (scratch / "first/results.h5").string()).size() == 32);
  CHECK(text(record->provenance, "config_hash") != text(soft->provenance, "config_hash"));
  CHECK(text(record->provenance, "command") == hard.command);
  CHECK(record->config_json.find("\"chooser\": \"dot(") != std::string::npos);
  CHECK(record->config_json.find(" | argmax | none\"") != std::string::npos);
  CHECK(text(record->provenance, "parent_state") == "finished");
}

TEST_CASE("sites that do not fit what was trained are refused with the reason") {
  const Scratch scratch;
  trained_line(scratch / "run", "bilinear | dense | softmax | none");
  TrainedRun trained(scratch / "run");
  const auto refused = [&](const std::string& change) {
    EvaluateRequest request;
    request.sites = {SiteChange::parse(change)};
    return failure_in([&] { evaluate(trained, request, {}); });
  };
  CHECK(contains(refused("dot"), "nothing reads the parameter 'chooser/"));
  CHECK(contains(refused("additive"), "that was not trained"));
  CHECK(contains(refused("decoder/*=argmax"), "a pattern that fits a site of the model was expected"));
  CHECK(contains(refused("decoder/*=argmax"), "it has chooser"));
  CHECK(refused("argmax").empty());
}

TEST_CASE("results of an evaluation name the run, and are no run themselves") {
  const Scratch scratch;
  trained_line(scratch / "run");
  const std::filesystem::path place = scratch / "evaluation";
  std::string hash;
  {
    TrainedRun trained(scratch / "run");
    hash = trained.hash();
    publish_evaluation(*evaluate(trained, {}, {}), place, Replace::kNo);
    publish_evaluation(*evaluate(trained, {}, {}), place, Replace::kNo);  // of the same file: written anew
    CHECK(contains(failure_in([&] { publish_evaluation(*evaluate(trained, {}, {}), scratch / "run", Replace::kYes); }),
                   "this one holds one"));
  }
  const RunSummary summary = read_summary(place / kResultsName);
  const auto has = [](const TextPairs& pairs, const std::string& name, const std::string& text) {
    return std::find(pairs.begin(), pairs.end(), std::pair(name, text)) != pairs.end();
  };
  CHECK(has(summary.provenance, "parent_hash", hash));
  CHECK(has(summary.config, "evaluated_with", "as trained"));
  CHECK(contains(failure_in([&] { TrainedRun again(place); }), "these are of an evaluation"));

  std::filesystem::remove_all(scratch / "run");
  trained_line(scratch / "run", "dot | dense | softmax | none");
  TrainedRun other(scratch / "run");
  const auto record = evaluate(other, {}, {});
  CHECK(contains(failure_in([&] { publish_evaluation(*record, place, Replace::kNo); }), "--restart"));
  publish_evaluation(*record, place, Replace::kYes);
}

TEST_CASE("a file of a run that is another one here is refused") {
  const Scratch scratch;
  RunRequest request = trained_line(scratch / "run");
  request.directory = scratch / "odd";
  request.run.train.batch = 24;
  request.options = {{"site", "dot | dense | sparsemax | none"}};  // is not what the model has
  train_run(request, {});
  const std::string failure = failure_in([&] { TrainedRun run(scratch / "odd"); });
  INFO(failure);
  CHECK(contains(failure, "site chooser is"));
  CHECK(contains(failure_in([&] { TrainedRun run(scratch / "none"); }), "none"));
}

TEST_CASE("a predictor gives the outputs of evaluation, whatever the size of its batches") {
  const Scratch scratch;
  trained_line(scratch / "run");
  TrainedRun trained(scratch / "run");
  Predictor predictor(trained);
  Batch whole(13);
  fill_batch(predictor.task(), Split::kTest, {.seed = 3}, whole);
  const Tensor guess = predictor.predict(whole).at("guess");
  const std::vector<Real> together(guess.real(), guess.real() + 13);
  Predictor second(trained);  // shares the parameters
  for (Extent row = 0; row < 13; ++row) {
    Batch one(1);
    std::copy_n(whole.at("x").real() + 4 * row, 4, one.make("x", {{1, 4}, Kind::kReal}).real());
    // Products of other sizes may round otherwise.
    CHECK(second.predict(one).at("guess").real()[0] ==
          doctest::Approx(together[static_cast<std::size_t>(row)]).epsilon(1e-5));
  }
  CHECK(contains(failure_in([&] { second.predict(Batch(0)); }), "a batch of one item at least"));
  Predictor odd(trained, {SiteChange::parse("zz/*=argmax")});
  CHECK(contains(failure_in([&] { odd.predict(whole); }), "a pattern that fits a site"));
  Batch empty(1);
  static_cast<void>(empty.make("z", {{1, 4}, Kind::kReal}));
  CHECK(contains(failure_in([&] { second.predict(empty); }), "a tensor 'x' was expected"));
  const std::vector<SelectionSite> sites = predictor.selections();
  REQUIRE(sites.size() == 1);
  CHECK(sites.front().item.size() == 13);
}
