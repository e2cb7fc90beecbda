#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/cpu/parallel.h"
#include "framework/graph/functions.h"
#include "framework/results/run_file.h"
#include "framework/train/evaluation.h"
#include "framework/train/training.h"
#include "modules/routing/experts.h"
#include "tests/conformance/chosen.h"
#include "tests/support/line_run.h"

namespace fovea {
namespace {

using test::Scratch;
using Reals = std::vector<Real>;

constexpr Extent kRows = 6;  // of a batch element
constexpr Extent kWidth = 3;

/// y from six rows that depend on x [B, 4], each sent through experts.
Model model_of(const RouterOptions& route) {
  return [route](Builder& b, const InputTypes& inputs) {
    const Value x = b.input("x", inputs.at("x"));
    const Value rows =
        reshape(tanh(linear(x, b.parameter("rows", {kRows * kWidth, 4}, Init::uniform(1)))), {0, kRows, kWidth});
    Experts experts(b, {.route = route, .hidden = 4});
    const Value ids = argmax(rows);
    const Experts::Result result = experts({.x = rows, .ids = ids});
    const Value guess = linear(reshape(add(rows, result.y), {0, kRows * kWidth}), b.parameter("out", {1, kRows * kWidth}));
    b.output("guess", guess);
    if (b.mode() == Mode::kEvaluate) return;
    const Value cost = sum_all_but_first(square(subtract(guess, b.input("y", inputs.at("y")))));
    b.output("cost", result.routed.loss.is_empty() ? cost : add(cost, result.routed.loss));
  };
}

RouterOptions route_of(const std::string& policy) {
  RouterOptions route;
  route.experts = 4;
  route.width = kWidth;
  route.site = policy.starts_with("site") || policy.starts_with("noisy") ? "dot | dense | top_k(2) | none"
                                                                         : "dot | dense | softmax | none";
  route.policy = policy;
  return route;
}

RunSpec run_of(const std::string& policy) {
  RunSpec run = test::smooth_line();
  run.model = model_of(route_of(policy));
  run.evaluations.clear();
  return run;
}

struct Threads {
  explicit Threads(int count) { cpu::set_threads(count); }
  ~Threads() { cpu::set_threads(0); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
};

void train(const RunRequest& request, int threads, int fills_until_stop) {
  const Threads set(threads);
  if (fills_until_stop == 0) {
    train_run(request, {});
    return;
  }
  const test::StopAfter stop(fills_until_stop);
  TrainerHooks hooks;
  hooks.stop_signal = &stop.signal;
  CHECK(train_run(request, hooks).state == RunState::kStopped);
}

Reals bias_after_a_step(const RunSpec& run) {
  Training training(run);
  training.step();
  const Tensor bias = training.parameters().view("bias");
  return {bias.real(), bias.real() + bias.size()};
}

double max_violation(const RunSpec& run, Training& training) {
  Evaluation evaluation({"test", run.task, Split::kTest, 400}, run, training.parameters());
  const auto values = evaluation.run([](double) { return true; });
  const auto found =
      std::find_if(values->begin(), values->end(), [](const JournalValue& v) { return v.name == "max_violation"; });
  return found->value;
}

}  // namespace

TEST_CASE("every policy has the same bits on any threads, stopped or not") {
  for (const std::string& policy : conformance::texts_of<RoutingPolicy>(
           {"switch(over=overflow)", "top_2(second=random)", "bias(rate=linear(from=0.1, to=0))"})) {
    CAPTURE(policy);
    const Scratch scratch;
    RunRequest request;
    request.experiment = "test_lines";
    request.run = run_of(policy);
    request.run.train.steps = 6;
    request.run.train.evaluate_every = 3;
    request.run.train.log_every = 1;
    for (const int threads : {1, 2, 3, 8}) {
      request.directory = scratch / std::to_string(threads);
      train(request, threads, 0);
    }
    request.directory = scratch / "resumed";
    train(request, 2, 4);
    train(request, 3, 0);
    for (const char* name : {"2", "3", "8", "resumed"}) {
      std::string text;
      same_outside_clock(scratch / "1" / "results.h5", scratch / name / "results.h5", &text);
      CHECK(text == "");
    }
  }
}

TEST_CASE("a bias moves by its own rate, whatever moves the other parameters") {
  RunSpec run = run_of("bias(k=1, rate=0.25)");
  run.train.schedule = "constant";
  const Reals first = bias_after_a_step(run);
  for (const Real value : first) CHECK(std::abs(value) == doctest::Approx(0.25));  // 120 rows on 4 experts: none is at 30
  for (const char* optimizer : {"sgd", "adam(weight_decay=1)", "adamw(weight_decay=1)", "rmsprop"}) {
    run.train.optimizer = optimizer;
    CHECK(bias_after_a_step(run) == first);
  }
  run.train.clip_norm = 1e-6;
  run.train.gradient_noise = 10;
  run.train.schedule = "warmup(1000)";
  run.train.learning_rate = 0;
  CHECK(bias_after_a_step(run) == first);
  for (const Extent rows : {1, 7, 20}) {
    run.train.shard_rows = rows;
    CHECK(bias_after_a_step(run) == first);
  }
}

TEST_CASE("the load of experts is not part of the norm of the gradient") {
  RunSpec run = run_of("bias(k=2, rate=0.1)");
  run.train.gradient_noise = 0;
  Training with(run);
  run.model = model_of(route_of("top_k(k=2)"));
  Training without(run);
  CHECK(with.step().gradient_norm == without.step().gradient_norm);
}

TEST_CASE("a bias balances experts that nothing else balances") {
  RunSpec run = run_of("bias(k=1, rate=0.02)");
  run.train.learning_rate = 0;  // the router stays as it is
  run.train.schedule = "constant";
  Training training(run);
  const double before = max_violation(run, training);
  for (int step = 0; step < 100; ++step) training.step();
  CHECK(before > 0.25);
  CHECK(max_violation(run, training) < 0.5 * before);
}

TEST_CASE("evaluations report load and drops of a router") {
  RunSpec run = run_of("switch(capacity=1)");  // room for 2 of 6 rows at each of 4 experts
  Training training(run);
  Evaluation evaluation({"test", run.task, Split::kTest, 40}, run, training.parameters());
  const auto values = evaluation.run([](double) { return true; });
  std::map<std::string, double> by_name;
  for (const JournalValue& value : *values) by_name[value.name] = value.value;
  const SiteHealth& health = *std::find_if(evaluation.health().begin(), evaluation.health().end(),
                                           [](const SiteHealth& site) { return site.is_router(); });
  CHECK(health.path() == "assign");
  CHECK(by_name.at("max_violation") == doctest::Approx(by_name.at("max_load") - 1));
  CHECK(by_name.at("batch_max_violation") >= by_name.at("max_violation"));
  CHECK(by_name.at("dropped") > 0);
  CHECK(by_name.at("dropped") == health.balance().dropped);
  // At most 2 rows of 6 times 40 at an expert: the mean load is at least that of what is kept.
  CHECK(by_name.at("max_load") * (1 - by_name.at("dropped")) * 6 / 4 <= 2 + 1e-9);
}

}  // namespace fovea
