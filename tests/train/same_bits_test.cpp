#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "framework/attention/pattern.h"
#include "framework/attention/scorer.h"
#include "framework/attention/site/site.h"
#include "framework/cpu/parallel.h"
#include "framework/graph/functions.h"
#include "framework/results/run_file.h"
#include "tests/conformance/chosen.h"
#include "tests/support/line_run.h"

// Every choice that can be plugged in, in a run of three steps: the bytes of results.h5 outside /clock are the same on any
// number of threads, and where the run was stopped and resumed.
namespace fovea {
namespace {

using conformance::texts_of;
using test::Scratch;

constexpr Extent kWidth = 3;

struct SiteSize {
  Extent queries;
  Extent items;
};

/// What suits the estimator of a site.
SiteSize size_for(const SiteText& site) {
  const auto traits = EstimatorParts(*Registry<Estimator>::instance().parse(site.estimator).plugin).traits;
  return {traits.needs_one_choice ? 1 : 5, traits.needs_two_items ? 2 : 6};
}

/// Rows that depend on the input: x [B, 4] -> [B, count, width].
Value rows_of(Builder& b, Value x, const std::string& name, Extent count) {
  return reshape(tanh(linear(x, b.parameter(name, {count * kWidth, 4}, Init::uniform(1)))), {0, count, kWidth});
}

Model model_of(const std::string& text) {
  return [text](Builder& b, const InputTypes& inputs) {
    const auto [queries, items] = size_for(SiteText::parse(text));
    const Value x = b.input("x", inputs.at("x"));
    Value read;
    {
      const auto scope = b.scope("site");
      Site site(b, text, kWidth, kWidth);
      const Value prepared = site.prepare_keys(rows_of(b, x, "keys", items));
      read = site.attend({rows_of(b, x, "queries", queries), prepared, rows_of(b, x, "values", items)}).read;
    }
    const Value guess = linear(reshape(read, {0, queries * kWidth}), b.parameter("out", {1, queries * kWidth}));
    b.output("guess", guess);
    if (b.mode() == Mode::kEvaluate) return;
    b.output("cost", sum_all_but_first(square(subtract(guess, b.input("y", inputs.at("y"))))));
  };
}

/// Four shards, the last one smaller; every step leaves a row, the last one an evaluation.
RunRequest request_for(const std::string& site, const std::filesystem::path& directory) {
  RunRequest request;
  request.experiment = "test_lines";
  request.run = test::smooth_line();
  request.run.model = model_of(site);
  request.run.evaluations.clear();
  TrainSettings& train = request.run.train;
  train.steps = 3;
  train.evaluate_every = 3;
  train.log_every = 1;
  train.validation_rows = 10;
  train.test_rows = 10;
  train.evaluation_batch = 8;
  train.sample_rows = 3;
  request.directory = directory;
  return request;
}

struct Threads {
  explicit Threads(int count) { cpu::set_threads(count); }
  ~Threads() { cpu::set_threads(0); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
};

void train_on(int count, const RunRequest& request) {
  const Threads threads(count);
  train_run(request, {});
}

/// Stops after the first step: while it runs, the second batch is filled.
void train_a_step_on(int count, const RunRequest& request) {
  const Threads threads(count);
  const test::StopAfter stop(2);
  TrainerHooks hooks;
  hooks.stop_signal = &stop.signal;
  const RunOutcome outcome = train_run(request, hooks);
  CHECK(outcome.state == RunState::kStopped);
  CHECK(outcome.steps == 1);
}

using Request = std::function<RunRequest(const std::filesystem::path& directory)>;

/// Where runs differ; empty: nowhere.
std::string difference_between(const Request& request_at) {
  const Scratch scratch;
  const auto difference = [&](const std::string& name) {
    std::string text;
    same_outside_clock(scratch / "1" / "results.h5", scratch / name / "results.h5", &text);
    return text;
  };
  train_on(1, request_at(scratch / "1"));
  for (const int count : {2, 3, 8}) {
    const std::string name = std::to_string(count);
    train_on(count, request_at(scratch / name));
    if (const std::string text = difference(name); !text.empty()) return fmt::format("{} threads: {}", count, text);
  }
  train_a_step_on(2, request_at(scratch / "resumed"));
  train_on(3, request_at(scratch / "resumed"));
  const std::string text = difference("resumed");
  return text.empty() ? "" : "stopped and resumed: " + text;
}

void check_same_bits(const std::string& name, const Request& request_at) {
  CAPTURE(name);
  std::string difference;
  try {
    difference = difference_between(request_at);
  } catch (const Error& error) {
    difference = error.what();
  }
  CHECK(difference == "");
}

void check_same_bits(const std::string& site) {
  check_same_bits(site, [&](const std::filesystem::path& directory) { return request_for(site, directory); });
}

std::vector<std::string> estimator_texts() {
  return texts_of<Estimator>(
      {"reinforce(baseline=none)", "reinforce(baseline=leave_one_out, draws=3)", "reinforce(baseline=greedy_rollout)"});
}

bool fits(const std::string& selector, const std::string& estimator) {
  return misfit(*conformance::selector_of(selector), selector, *Registry<Estimator>::instance().parse(estimator).plugin,
                estimator)
      .empty();
}

}  // namespace

TEST_CASE("every selector with every estimator that fits it has the same bits on any threads, stopped or not") {
  std::set<std::string> estimators;
  for (const std::string& selector : texts_of<Selector>()) {
    bool is_covered = false;
    for (const std::string& estimator : estimator_texts()) {
      if (!fits(selector, estimator)) continue;
      check_same_bits(fmt::format("scaled_dot | dense | {} | {}", selector, estimator));
      is_covered = true;
      estimators.insert(estimator);
    }
    CHECK_MESSAGE(is_covered, selector);
  }
  CHECK(estimators.size() == estimator_texts().size());
}

TEST_CASE("every pattern has the same bits on any threads, stopped or not") {
  for (const std::string& pattern :
       texts_of<Pattern>({"window(1)", "causal & content_top_k(2)", "hash_buckets(2) + window(1)"})) {
    check_same_bits(fmt::format("scaled_dot | {}", pattern));
  }
}

TEST_CASE("every scorer has the same bits on any threads, stopped or not") {
  for (const std::string& scorer : texts_of<Scorer>({"dot(temperature=2, learn_temperature=true)"})) check_same_bits(scorer);
}

TEST_CASE("settings of parameters, cost and average have the same bits on any threads, stopped or not") {
  for (const std::string average : {"none", "ema(decay=0.5)", "swa(from=0.5)", "swa(from=1)"}) {
    check_same_bits(average, [&](const std::filesystem::path& directory) {
      RunRequest request = request_for("scaled_dot | dense | sample | reinforce", directory);
      TrainSettings& train = request.run.train;
      train.average = average;
      train.keep = "best";
      train.evaluate_every = 1;
      train.freeze = "site/keys*";
      train.parameter_dropout = "*=0.2 site/*=0";
      train.parameter_decay = "*=0.1";
      train.objective = "2 * cost - cost";
      return request;
    });
  }
}

}  // namespace fovea
