#include <doctest/doctest.h>

#include <functional>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"
#include "framework/graph/loop.h"
#include "tests/support/line_run.h"
#include "tests/train/choice_toy.h"
#include "tests/train/sampled_gradients.h"

// RELAX, whose control variate is learned, through the whole of a training step.
namespace fovea {
namespace {

using test::ByPath;
using test::Numbers;

constexpr Extent kItems = 5;
constexpr Extent kInputs = 4;
constexpr Extent kWidth = 2;  // of the values
const std::string kOwn = "site/estimator/";

struct Choosing {
  std::string site;
  double of_log_prob = 0;  // share of the cost
  Extent items = kItems;   // of the memory, the first ones
  double dropped_out = 0;  // of the query, anew in each draw
};

/// The query [B, 5] of an item is linear in x [B, 4], and its scores are the query itself.
Model model_of(const Choosing& choosing) {
  return [choosing](Builder& b, const InputTypes& inputs) {
    const Value x = b.input("x", inputs.at("x"));
    std::vector<Real> identity(kItems * kItems);
    for (std::size_t i = 0; i < identity.size(); i += kItems + 1) identity[i] = 1;
    const auto first = [&](Value rows) { return slice(rows, 1, 0, choosing.items); };
    const Value keys = first(expand_rows(b.constant("keys", {kItems, kItems}, identity), x));
    const Value spread = linear(x, b.parameter("values", {kItems * kWidth, kInputs}, Init::uniform(1)));
    const Value values = first(reshape(spread, {0, kItems, kWidth}));
    const Value query = dropout(linear(x, b.parameter("query", {kItems, kInputs}, Init::uniform(1))), choosing.dropped_out);
    Attended attended;
    {
      const auto scope = b.scope("site");
      Site site(b, choosing.site, kItems, kItems);
      attended = site.attend({unsqueeze(query, 1), site.prepare_keys(keys), values, {}});
    }
    const Value guess = unsqueeze(sum(tanh(scale(squeeze(attended.read, 1), 2)), 1), 1);
    b.output("guess", guess);
    if (b.mode() == Mode::kEvaluate) return;
    const Value miss = square(subtract(guess, scale(b.input("y", inputs.at("y")), 0.3)));
    b.output("cost", sum_all_but_first(add(miss, scale(attended.log_prob, choosing.of_log_prob))));
  };
}

RunSpec run_of(const Choosing& choosing, Extent batch) {
  RunSpec run = test::smooth_line();
  run.model = model_of(choosing);
  run.evaluations.clear();
  run.train.batch = batch;
  run.train.shard_rows = 2;
  run.train.clip_norm = 0;
  run.train.gradient_noise = 0;
  run.train.schedule = "constant";
  return run;
}

/// The control variate has random parameters.
void shake(Training& training) {
  Rng rng({.seed = 3, .stream = stream_of("relax_test")});
  ByPath values = test::by_path(training, training.parameters().values());
  for (auto& [path, numbers] : values) {
    if (!path.starts_with(kOwn)) continue;
    for (double& number : numbers) number += 0.7 * rng.normal();
  }
  test::set_values(training, values);
}

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// The first batch: x of its two items.
std::vector<Numbers> inputs_of(const RunSpec& run) {
  Batch batch(run.train.batch);
  fill_batch(*make_task(run.task), Split::kTrain, {static_cast<std::uint64_t>(run.train.seed), stream_of("train"), 0},
             batch);
  const Real* x = batch.at("x").real();
  return {Numbers(x, x + kInputs), Numbers(x + kInputs, x + 2 * kInputs)};
}

/// The mean of |g|^2 over two items, g the gradient of an item's scores. That of the query is 1/2 sum over items of g x^T:
/// what is orthogonal to the other item's x gives g.
double mean_square(Training& training, const std::vector<Numbers>& x, Extent number) {
  const Numbers gradient = test::by_path(training, training.gradient(number)).at("query");
  double sum = 0;
  for (std::size_t item = 0; item < 2; ++item) {
    const Numbers& own = x[item];
    const Numbers& other = x[1 - item];
    Numbers probe = own;
    for (std::size_t d = 0; d < probe.size(); ++d) probe[d] -= dot(own, other) / dot(other, other) * other[d];
    for (std::size_t i = 0; i < gradient.size(); i += kInputs) {
      const Numbers row(gradient.begin() + static_cast<std::ptrdiff_t>(i),
                        gradient.begin() + static_cast<std::ptrdiff_t>(i + kInputs));
      const double score = 2 * dot(row, probe) / dot(own, probe);
      sum += score * score / 2;
    }
  }
  return sum;
}

/// Steps in which only the control variate learns, as at any step of a run.
void learn(Training& training, Extent steps) {
  const ByPath start = test::by_path(training, training.parameters().values());
  ByPath fixed;
  for (const auto& [path, numbers] : start) {
    if (!path.starts_with(kOwn)) fixed[path] = numbers;
  }
  for (Extent step = 0; step < steps; ++step) {
    training.step();
    test::set_values(training, fixed);
  }
}

RunSpec toy_run(const test::Toy& toy, const std::string& estimator) {
  RunSpec run = toy.run(estimator);
  run.train.steps = 100000;
  run.train.learning_rate = 0.01;
  return run;
}

struct Threads {
  explicit Threads(int count) { cpu::set_threads(count); }
  ~Threads() { cpu::set_threads(0); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
};

}  // namespace

TEST_CASE("relax is unbiased whatever its control variate holds") {
  for (const char* options : {"", "(temperature=2, scale=0.3, width=3)"}) {
    CAPTURE(options);
    for (const test::Toy& toy : {test::bernoulli(), test::three_bernoullis()}) {
      Training exact(toy.run("exact"));
      Training training(toy.run(std::string("relax") + options));
      shake(training);
      const test::Moments found = test::moments(training, 20000);
      const auto expected = static_cast<double>(exact.gradient(0)[0]);
      CHECK(std::abs(found.mean - expected) < 4.5 * found.mean_error + 1e-7);
    }
    Training exact(run_of({"dot | dense | sample(temperature=0.7) | exact"}, 2));
    Training training(run_of({std::string("dot | dense | sample(temperature=0.7) | relax") + options}, 2));
    shake(training);
    const ByPath expected = test::by_path(exact, exact.gradient(0));
    CHECK(test::bias_in_errors(test::sample_gradients(training, 20000), expected) < 4.5);
  }
}

TEST_CASE("the gradient of a control variate is that of the mean square of the gradients of the items") {
  for (const char* site : {"dot | dense | sample | relax(temperature=1.5, width=4)",
                           "dot | window(2) | sample(temperature=0.8) | relax(temperature=0.8, scale=0.5, width=3)",
                           "dot | dense | k_subset(1, temperature=1.3) | relax(width=2)"}) {
    CAPTURE(site);
    const RunSpec run = run_of({site}, 2);
    const std::vector<Numbers> x = inputs_of(run);
    Training training(run);
    shake(training);
    for (const Extent number : {4, 5, 6}) {
      const ByPath gradient = test::by_path(training, training.gradient(number));
      double length = 0;
      double miss = 0;
      for (const ParameterStore::Entry& entry : training.parameters().entries()) {
        if (!entry.path.starts_with(kOwn)) continue;
        for (std::size_t i = 0; i < gradient.at(entry.path).size(); ++i) {
          const double h = sizeof(Real) == 8 ? 1e-6 : 1e-2;
          Real& value = training.parameters().values()[entry.offset + i];
          const Real kept = value;
          value = kept + static_cast<Real>(h);
          const double above = mean_square(training, x, number);
          value = kept - static_cast<Real>(h);
          const double below = mean_square(training, x, number);
          value = kept;
          const double expected = (above - below) / (2 * h);
          length = std::max(length, std::abs(expected));
          miss = std::max(miss, std::abs(gradient.at(entry.path)[i] - expected));
        }
      }
      CHECK(length > 0);
      CHECK(miss < (sizeof(Real) == 8 ? 1e-6 : 2e-2) * std::max(1.0, length));
    }
  }
}

TEST_CASE("relax starts as rebar, also where the cost reads the log-probability of the choice") {
  Training relax(run_of({.site = "dot | dense | sample | relax", .of_log_prob = 0.7}, 3));
  Training rebar(run_of({.site = "dot | dense | sample | rebar", .of_log_prob = 0.7}, 3));
  const Numbers learned = test::by_path(relax, relax.gradient(2)).at("query");
  const Numbers fixed = test::by_path(rebar, rebar.gradient(2)).at("query");
  const double rounding = sizeof(Real) == 8 ? 1e-12 : 1e-5;
  for (std::size_t i = 0; i < learned.size(); ++i) CHECK(std::abs(learned[i] - fixed[i]) < rounding);
}

TEST_CASE("relax sees the items of a masked row as if there were no others, in each draw with its own scores") {
  Training masked(run_of({.site = "dot | window(2) | sample | relax", .dropped_out = 0.4}, 3));
  Training alone(run_of({.site = "dot | dense | sample | relax", .items = 3, .dropped_out = 0.4}, 3));
  shake(masked);
  shake(alone);
  for (const Extent number : {0, 1, 2}) {
    const ByPath found = test::by_path(masked, masked.gradient(number));
    CHECK(found == test::by_path(alone, alone.gradient(number)));
    CHECK(dot(found.at("query"), found.at("query")) > 0);
  }
}

TEST_CASE("a control variate that has learned leaves less variance than rebar") {
  for (const test::Toy& toy : {test::bernoulli(), test::three_bernoullis()}) {
    Training relax(toy_run(toy, "relax"));
    Training rebar(toy_run(toy, "rebar"));
    learn(relax, 4000);
    const test::Moments learned = test::moments(relax, 5000);
    const test::Moments fixed = test::moments(rebar, 5000);
    CAPTURE(learned.variance);
    CAPTURE(fixed.variance);
    CHECK(learned.variance < 0.5 * fixed.variance);
  }
}

TEST_CASE("relax has the same bits on any threads") {
  const auto train_on = [](int count) {
    const Threads threads(count);
    Training training(run_of({"dot | window(3) | sample | relax"}, 7));
    for (int step = 0; step < 5; ++step) training.step();
    const std::span<const Real> values = training.parameters().values();
    return std::vector<Real>(values.begin(), values.end());
  };
  const std::vector<Real> expected = train_on(1);
  for (const int count : {2, 3, 8}) CHECK(train_on(count) == expected);
}

TEST_CASE("relax says where it cannot be used") {
  const auto expect_refused = [](const char* fact, const std::function<void(Builder&, Site&, Value)>& use) {
    CAPTURE(fact);
    RunSpec run = run_of({""}, 2);
    run.model = [&](Builder& b, const InputTypes& inputs) {
      const Value x = b.input("x", inputs.at("x"));
      const auto scope = b.scope("site");
      Site site(b, "dot | dense | sample | relax", kInputs, kInputs);
      use(b, site, x);
    };
    CHECK_THROWS_WITH_AS(Training{run}, doctest::Contains(fact), Error);
  };
  expect_refused("needs values; none came", [](Builder&, Site& site, Value x) {
    site.attend({unsqueeze(x, 1), site.prepare_keys(unsqueeze(x, 1)), {}, {}});
  });
  expect_refused("chooses 2 times", [](Builder&, Site& site, Value x) {
    const Value two = stack({x, x}, 1);
    site.attend({two, site.prepare_keys(two), two, {}});
  });
  expect_refused("attends 2 times", [](Builder&, Site& site, Value x) {
    const Value one = unsqueeze(x, 1);
    const Value keys = site.prepare_keys(one);
    site.attend({one, keys, one, {}});
    site.attend({one, keys, one, {}});
  });
  expect_refused("in every step of a loop", [](Builder& b, Site& site, Value x) {
    const Value one = unsqueeze(x, 1);
    const Value keys = site.prepare_keys(one);
    LoopBuilder loop(b, "steps");
    loop.steps(2);
    const Value state = loop.carried("state", one);
    loop.next(state, site.attend({state, keys, one, {}}).read);
  });
  CHECK_THROWS_WITH_AS(Training(run_of({"dot | dense | softmax | relax"}, 2)),
                       doctest::Contains("needs a selector that samples"), Error);
  CHECK_THROWS_WITH_AS(Training(run_of({"dot | dense | k_subset(2) | relax"}, 2)),
                       doctest::Contains("needs a selector that keeps one item"), Error);
}

}  // namespace fovea
