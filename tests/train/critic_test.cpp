#include <doctest/doctest.h>

#include <filesystem>

#include "framework/attention/site/site.h"
#include "framework/cpu/parallel.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "framework/results/run_file.h"
#include "framework/train/trainer.h"
#include "tests/support/line_run.h"
#include "tests/train/sampled_gradients.h"

// REINFORCE with a learned critic, through the whole of a training step.
namespace fovea {
namespace {

using test::ByPath;

constexpr Extent kItems = 4;
constexpr Extent kWidth = 3;
const char* const kCritic = "dot | dense | sample | reinforce(baseline=critic, critic_width=5)";

enum class Place : std::uint8_t { kAlone, kInLoop };

struct Chooser {
  std::string site = kCritic;
  Place place = Place::kAlone;
  double offset = 0;          // of the cost, for each unit of the first input of an item
  bool has_constant = false;  // the query is the same for all items
  bool has_other = false;     // another site evaluates every item four times
};

/// x [B, 4] -> the query [B, 3] of an item.
Value query_of(Builder& b, Value x, const Chooser& chooser) {
  if (chooser.has_constant) return expand_rows(b.parameter("query", {kWidth}, Init::uniform(1)), x);
  return tanh(linear(x, b.parameter("query", {kWidth, 4}, Init::uniform(1))));
}

/// One choice with the query, or three in a loop that halves it after each: the mean of what was read, [B, 1].
Value read_of(Site& site, Value query, Value keys, Value values, Place place) {
  const Value prepared = site.prepare_keys(keys);
  if (place == Place::kAlone) return squeeze(site.attend({unsqueeze(query, 1), prepared, values}).read, 1);
  LoopBuilder loop(query.builder(), "steps");
  loop.steps(3);
  const Value state = loop.carried("state", query);
  const Value read = squeeze(site.attend({unsqueeze(state, 1), prepared, values}).read, 1);
  loop.next(state, scale(state, 0.5));
  const Value reads = loop.stack("reads", read);
  loop.finish();
  return mean(reads, 0);
}

Model model_of(const Chooser& chooser) {
  return [chooser](Builder& b, const InputTypes& inputs) {
    const Value x = b.input("x", inputs.at("x"));
    const Value keys = expand_rows(b.parameter("keys", {kItems, kWidth}, Init::uniform(2)), x);
    const Value values = expand_rows(b.parameter("values", {kItems, 1}, Init::uniform(2)), x);
    const Value query = query_of(b, x, chooser);
    Value guess;
    {
      const auto scope = b.scope("site");
      Site site(b, chooser.site, kWidth, kWidth);
      guess = read_of(site, query, keys, values, chooser.place);
    }
    if (chooser.has_other) {
      const auto scope = b.scope("other");
      Site other(b, "dot | dense | sample | reinforce(baseline=leave_one_out, draws=4)", kWidth, kWidth);
      guess = add(guess, read_of(other, query, keys, values, Place::kAlone));
    }
    b.output("guess", guess);
    if (b.mode() == Mode::kEvaluate) return;
    const Value miss = square(subtract(guess, b.input("y", inputs.at("y"))));
    b.output("cost", sum_all_but_first(add(miss, scale(slice(x, 1, 0, 1), chooser.offset))));
  };
}

RunSpec run_of(const Chooser& chooser, Extent batch) {
  RunSpec run = test::smooth_line();
  run.model = model_of(chooser);
  run.evaluations.clear();
  run.train.batch = batch;
  run.train.shard_rows = 2;
  run.train.clip_norm = 0;
  run.train.gradient_noise = 0;
  run.train.schedule = "constant";
  return run;
}

/// The critic is an arbitrary function of the query.
void shake_critic(Training& training) {
  Rng rng({.seed = 5, .stream = stream_of("critic_test")});
  for (const ParameterStore::Entry& entry : training.parameters().entries()) {
    if (entry.path.find("/critic_") == std::string::npos) continue;
    for (std::size_t i = 0; i < static_cast<std::size_t>(entry.shape.size()); ++i) {
      training.parameters().values()[entry.offset + i] = static_cast<Real>(rng.normal());
    }
  }
}

/// What the critic says of a query: v . tanh(W q + c) + d.
double prediction(Training& training, const test::Numbers& query) {
  const ByPath values = test::by_path(training, training.parameters().values());
  const auto of = [&](const char* name) { return values.at(std::string("site/estimator/critic_") + name); };
  double sum = of("out_bias")[0];
  for (std::size_t i = 0; i < of("bias").size(); ++i) {
    double hidden = of("bias")[i];
    for (std::size_t d = 0; d < query.size(); ++d) hidden += of("weight")[i * query.size() + d] * query[d];
    sum += of("out_weight")[i] * std::tanh(hidden);
  }
  return sum;
}

/// The sum over choices of (cost - b)^2, for a query that is the same for all items.
double critic_loss(Training& training, Place place, double cost) {
  test::Numbers query = test::by_path(training, training.parameters().values()).at("query");
  double sum = 0;
  for (int step = 0; step < (place == Place::kAlone ? 1 : 3); ++step) {
    const double miss = cost - prediction(training, query);
    sum += miss * miss;
    for (double& one : query) one /= 2;
  }
  return sum;
}

struct Threads {
  explicit Threads(int count) { cpu::set_threads(count); }
  ~Threads() { cpu::set_threads(0); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
};

}  // namespace

TEST_CASE("a critic of any function of the query leaves the mean gradient as it is") {
  for (const Place place : {Place::kAlone, Place::kInLoop}) {
    CAPTURE(static_cast<int>(place));
    Chooser reference{.site = "dot | dense | sample | reinforce(baseline=none)", .place = place};
    if (place == Place::kAlone) reference.site = "dot | dense | sample | exact";
    Training without(run_of(reference, 3));
    Training with(run_of({.place = place}, 3));
    shake_critic(with);
    const int samples = 20000;
    const auto found = test::sample_gradients(with, samples);
    if (place == Place::kAlone) {
      CHECK(test::bias_in_errors(found, test::by_path(without, without.gradient(0))) < 4.5);
    } else {
      // Two estimates, independent of each other: their errors add up.
      const auto expected = test::sample_gradients(without, samples, samples);
      for (const auto& entry : expected.mean) {
        const std::string& path = entry.first;
        const test::Numbers& mean = entry.second;
        CAPTURE(path);
        for (std::size_t i = 0; i < mean.size(); ++i) {
          const double error = std::hypot(expected.error.at(path)[i], found.error.at(path)[i]);
          CHECK(std::abs(found.mean.at(path)[i] - mean[i]) < 4.5 * error + 1e-5);
        }
      }
    }
  }
}

TEST_CASE("the gradient of a critic is that of its squared distance from the cost") {
  for (const Place place : {Place::kAlone, Place::kInLoop}) {
    CAPTURE(static_cast<int>(place));
    Training training(run_of({.place = place, .has_constant = true}, 3));
    shake_critic(training);
    training.gradient(6);  // leaves no baseline behind
    const ByPath gradient = test::by_path(training, training.gradient(7));
    const double cost = training.loss();
    const double h = sizeof(Real) == 8 ? 1e-6 : 1e-2;
    int compared = 0;
    for (const ParameterStore::Entry& entry : training.parameters().entries()) {
      if (entry.path.find("/critic_") == std::string::npos) continue;
      CAPTURE(entry.path);
      for (std::size_t i = 0; i < gradient.at(entry.path).size(); ++i, ++compared) {
        Real& value = training.parameters().values()[entry.offset + i];
        const Real kept = value;
        value = kept + static_cast<Real>(h);
        const double above = critic_loss(training, place, cost);
        value = kept - static_cast<Real>(h);
        const double below = critic_loss(training, place, cost);
        value = kept;
        CHECK(gradient.at(entry.path)[i] ==
              doctest::Approx((above - below) / (2 * h)).epsilon(sizeof(Real) == 8 ? 1e-7 : 1e-2).scale(1));
      }
    }
    CHECK(compared == 5 * kWidth + 5 + 5 + 1);
  }
}

TEST_CASE("a critic beside a site with several draws learns the mean cost of the draws") {
  Training training(run_of({.has_constant = true, .has_other = true}, 3));
  shake_critic(training);
  const ByPath gradient = test::by_path(training, training.gradient(7));
  const test::Numbers query = test::by_path(training, training.parameters().values()).at("query");
  // The constant of the critic has the slope 2 (b - cost), averaged over draws and items.
  CHECK(gradient.at("site/estimator/critic_out_bias")[0] ==
        doctest::Approx(2 * (prediction(training, query) - training.loss())).epsilon(1e-4));
}

TEST_CASE("a trained critic lowers the variance where the cost depends on the query") {
  const Chooser learned{.offset = 10};
  Chooser averaged = learned;
  averaged.site = "dot | dense | sample | reinforce";
  RunSpec run = run_of(learned, 32);
  run.train.steps = 600;
  Training with(run);
  Training without(run_of(averaged, 32));
  // Only the critic learns.
  const ByPath start = test::by_path(without, without.parameters().values());
  while (with.steps_done() < run.train.steps) {
    with.step();
    test::set_values(with, start);
  }
  const std::vector<std::string> before_the_choice{"keys", "query"};
  test::sample_gradients(without, 50);  // fills the moving average
  const double of_critic = test::sample_gradients(with, 400).total(before_the_choice);
  const double of_average = test::sample_gradients(without, 400, 50).total(before_the_choice);
  CAPTURE(of_critic);
  CAPTURE(of_average);
  CHECK(of_critic < 0.5 * of_average);
}

TEST_CASE("a run with a critic has the same bits on any threads, stopped or not, and evaluates, in a loop too") {
  for (const Place place : {Place::kAlone, Place::kInLoop}) {
    CAPTURE(static_cast<int>(place));
    const test::Scratch scratch;
    RunRequest request;
    request.experiment = "test_critic";
    request.run = run_of({.place = place}, 10);
    request.run.train.steps = 6;
    request.run.train.evaluate_every = 3;
    const auto train_on = [&](int threads, const std::string& name, const TrainerHooks& hooks = {}) {
      const Threads used(threads);
      request.directory = scratch / name;
      return train_run(request, hooks);
    };
    train_on(1, "one");
    train_on(3, "three");
    {
      const test::StopAfter stop(3);
      TrainerHooks hooks;
      hooks.stop_signal = &stop.signal;
      CHECK(train_on(2, "resumed", hooks).state == RunState::kStopped);
    }
    train_on(1, "resumed");
    for (const char* name : {"three", "resumed"}) {
      std::string text;
      CHECK(same_outside_clock(scratch / "one" / "results.h5", scratch / name / "results.h5", &text));
      CHECK(text.empty());
    }
  }
}

TEST_CASE("a critic trains beside the words of glimpse") {
  const auto experiment = Registry<Experiment>::instance().make("glimpse");
  for (RunSpec run : experiment->runs()) {
    if (run.name != "sampled") continue;
    run.model = [model = run.model](Builder& builder, const InputTypes& inputs) {
      builder.replace_sites([](const std::string& path, std::string_view given) {
        return path == "decoder/attention" ? "additive(width=8) | dense | sample | reinforce(baseline=critic)"
                                           : std::string(given);
      });
      model(builder, inputs);
    };
    run.train.batch = 4;
    run.train.shard_rows = 2;
    run.train.steps = 2;
    run.train.validation_rows = run.train.test_rows = 4;
    Training training(run);
    CHECK(training.parameters().at("decoder/attention/estimator/critic_weight").shape == Shape{32, 128});
    const CheckReport report = check_run(run);  // takes two steps and runs the evaluation
    CHECK(report.losses.size() == 2);
    CHECK(report.gradient_note.find("reinforce") != std::string::npos);
    return;
  }
  FAIL("glimpse has no run 'sampled'");
}

}  // namespace fovea
