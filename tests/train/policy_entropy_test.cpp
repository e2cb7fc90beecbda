#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/attention/attend.h"
#include "framework/graph/functions.h"
#include "framework/graph/plan.h"
#include "framework/results/summary.h"
#include "framework/train/trainer.h"
#include "tests/support/line_run.h"

namespace fovea {
namespace {

/// What a site counts in one forward of training: 4,000 rows that choose among three items with these scores.
Counters counted(const std::string& choice, const std::vector<Real>& scores) {
  constexpr Extent kRows = 4000;
  Builder builder("model", Mode::kTrain);
  const Value queries = builder.input("queries", {{kRows, 1, 3}, Kind::kReal});
  const Value keys = expand_rows(builder.constant("keys", {3, 3}, std::vector<Real>{1, 0, 0, 0, 1, 0, 0, 0, 1}), queries);
  {
    const auto scope = builder.scope("site");
    Site site(builder, "dot | dense | " + choice, 3, 3);
    builder.output("read", site.attend({queries, site.prepare_keys(keys), keys}).read);
  }
  Execution execution(Plan::compile(builder.freeze(), {}, Plan::Passes::kForward),
                      [](const std::string&) { return ParameterMemory{}; });
  std::vector<Real> values;
  for (Extent row = 0; row < kRows; ++row) values.insert(values.end(), scores.begin(), scores.end());
  execution.bind("queries", values.data());
  execution.forward({.seed = 3, .step = 1, .mode = Mode::kTrain});
  return execution.take_counters().at("site");
}

std::vector<std::int64_t> shape_of(const RunSummary& summary, const std::string& path) {
  const auto found = std::find_if(summary.tree.begin(), summary.tree.end(),
                                  [&](const TreeLine& line) { return line.path == "/selection/chooser/" + path; });
  return found == summary.tree.end() ? std::vector<std::int64_t>{-1} : found->shape;
}

}  // namespace

TEST_CASE("equal scores are as uncertain as can be") {
  const Counters done = counted("sample | reinforce(baseline=none)", {2, 2, 2});
  CHECK(done.draws == 4000);
  REQUIRE(done.entropy().has_value());
  CHECK(std::abs(*done.entropy() - std::log(3.0)) < 2e-6);
}

TEST_CASE("what is drawn tells of the entropy of what it was drawn from, whatever learns from it") {
  const double p[] = {0.6, 0.3, 0.1};
  double entropy = 0;
  double squares = 0;
  std::vector<Real> scores;
  for (const double one : p) {
    entropy -= one * std::log(one);
    squares += one * std::log(one) * std::log(one);
    scores.push_back(static_cast<Real>(std::log(one)));
  }
  const double error = std::sqrt((squares - entropy * entropy) / 4000);
  for (const char* choice : {"sample | reinforce(baseline=moving_average)", "sample | straight_through", "sample | rebar"}) {
    CAPTURE(choice);
    const Counters done = counted(choice, scores);
    REQUIRE(done.entropy().has_value());
    CHECK(std::abs(*done.entropy() - entropy) < 4 * error);
  }
}

TEST_CASE("a choice that nothing draws has no entropy of a policy") {
  CHECK_FALSE(counted("softmax | none", {0, 1, 2}).entropy().has_value());
  CHECK_FALSE(counted("argmax | straight_through", {0, 1, 2}).entropy().has_value());
}

TEST_CASE("counters are whole numbers: their sum does not depend on its order, and a difference takes the start away") {
  Counters first;
  first.draw(std::log(0.3));
  Counters second;
  second.draw(std::log(0.5));
  second.draw(-std::numeric_limits<double>::infinity());  // of a choice that cannot be: not counted
  Counters all = first;
  all += second;
  Counters turned = second;
  turned += first;
  CHECK(all.surprise == turned.surprise);
  CHECK(all.draws == 2);
  CHECK(std::abs(*(all - first).entropy() - std::log(2.0)) < 1e-6);
}

TEST_CASE("a run keeps the entropy of what it drew between its evaluations") {
  const test::Scratch scratch;
  train_run(test::line_run(scratch / "run", "dot | dense | sample | reinforce"), {});
  const RunSummary summary = read_summary(scratch / "run/results.h5");
  CHECK(shape_of(summary, "over_training/policy_entropy") == std::vector<std::int64_t>{5});
}

}  // namespace fovea
