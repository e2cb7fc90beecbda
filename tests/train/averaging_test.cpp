#include "framework/train/averaging.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"
#include "framework/results/read_arrays.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"
#include "framework/train/evaluation.h"
#include "framework/train/trainer.h"
#include "framework/train/training.h"
#include "tests/support/line_run.h"

namespace {

namespace fs = std::filesystem;
using fovea::Averaging;
using fovea::Extent;
using fovea::Real;
using fovea::RunRequest;
using fovea::test::line_run;
using fovea::test::Scratch;

constexpr Extent kSteps = 20;

/// Two parameters after a step.
std::vector<Real> parameters_after(Extent step) {
  return {static_cast<Real>(std::sin(static_cast<double>(step))), static_cast<Real>(step * step)};
}

/// What is shown after each of the steps from 0 on.
std::vector<std::vector<Real>> shown_by(const std::string& text) {
  Averaging averaging(text, 2, kSteps);
  std::vector<std::vector<Real>> shown;
  for (Extent step = 0; step <= kSteps; ++step) {
    std::vector<Real> values = parameters_after(step);
    if (step > 0) averaging.add(values, step);
    const Averaging::Shown mean(averaging, values, step);
    shown.push_back(values);
  }
  return shown;
}

/// sum of weight(step) p(step) / sum of weight(step), over the steps that have a weight.
template <class Weight>
std::vector<Real> mean_of(Extent last, const Weight& weight) {
  double sums[2] = {0, 0};
  double total = 0;
  for (Extent step = 1; step <= last; ++step) {
    const std::vector<Real> values = parameters_after(step);
    for (std::size_t i = 0; i < 2; ++i) sums[i] += weight(step) * static_cast<double>(values[i]);
    total += weight(step);
  }
  return {static_cast<Real>(sums[0] / total), static_cast<Real>(sums[1] / total)};
}

void check_near(const std::vector<Real>& a, const std::vector<Real>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(static_cast<double>(a[i]) == doctest::Approx(static_cast<double>(b[i])).epsilon(sizeof(Real) == 8 ? 1e-12 : 1e-6));
  }
}

/// All parameters of a run as its file has them.
std::vector<double> published(const RunRequest& request) {
  std::vector<double> all;
  const fs::path file = request.directory / "results.h5";
  for (const char* name : {"in", "in_bias", "out", "chooser/keys", "chooser/offsets"}) {
    const std::vector<std::string> paths{std::string("/parameters/") + name};
    const auto arrays = fovea::read_arrays(file, paths);
    REQUIRE(arrays.size() == 1);
    const auto& values = arrays.begin()->second.values;
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

/// The same of a training in memory.
std::vector<double> values_of(fovea::Training& training) {
  std::vector<double> all;
  for (const char* name : {"in", "in_bias", "out", "chooser/keys", "chooser/offsets"}) {
    const fovea::Tensor view = training.parameters().view(name);
    for (Extent i = 0; i < view.size(); ++i) all.push_back(static_cast<double>(view.real()[i]));
  }
  return all;
}

RunRequest averaged_run(const fs::path& directory, const std::string& average) {
  RunRequest request = line_run(directory);
  request.run.train.average = average;
  request.run.train.schedule = "constant";
  return request;
}

}  // namespace

TEST_CASE("ema weighs a step by decay for each step that follows, and its weights add up to 1 from the first step on") {
  const auto shown = shown_by("ema(decay=0.8)");
  CHECK(shown[0] == parameters_after(0));
  CHECK(shown[1] == parameters_after(1));
  for (const Extent last : {2, 3, 20}) {
    check_near(shown[static_cast<std::size_t>(last)],
               mean_of(last, [&](Extent step) { return std::pow(0.8, static_cast<double>(last - step)); }));
  }
}

TEST_CASE("swa is the plain mean from a share of the steps on, every so many steps; before, there is no mean") {
  const auto shown = shown_by("swa(from=0.25, every=3)");  // steps 5, 8, 11, 14, 17, 20
  for (const std::size_t before : {0, 1, 4, 5}) CHECK(shown[before] == parameters_after(static_cast<Extent>(before)));
  const auto counts = [](Extent step) { return step >= 5 && step % 3 == 2 ? 1.0 : 0.0; };
  for (const Extent last : {8, 9, 19, 20}) check_near(shown[static_cast<std::size_t>(last)], mean_of(last, counts));
  CHECK(shown_by("swa(from=0)")[1] == parameters_after(1));
  CHECK(shown_by("swa(from=1)")[kSteps] == parameters_after(kSteps));
  // 0.28 of 50 is a little more than 14 in binary numbers
  CHECK(Averaging("swa(from=0.28)", 2, 50).has_begun(14));
  CHECK_FALSE(Averaging("swa(from=0.28)", 2, 50).has_begun(13));
}

TEST_CASE("a mean over many steps does not stand still where a step is less than a unit in the last place") {
  Averaging averaging("swa(from=0)", 1, 2000000);
  const std::vector<Real> low{1};
  const std::vector<Real> high{Real(1.0625)};
  for (Extent step = 1; step <= 2000000; ++step) averaging.add(step <= 1000000 ? low : high, step);
  std::vector<Real> values{0};
  const Averaging::Shown mean(averaging, values, 2000000);
  CHECK(static_cast<double>(values[0]) == doctest::Approx(1.03125).epsilon(2e-7));
}

TEST_CASE("what is shown is put back, and other values may stand for the mean") {
  Averaging averaging("ema(decay=0.5)", 2, kSteps);
  std::vector<Real> values{1, 2};
  averaging.add(values, 1);
  averaging.set(std::vector<Real>{5, 6});
  {
    const Averaging::Shown mean(averaging, values, 1);
    CHECK(values == std::vector<Real>{5, 6});
  }
  CHECK(values == std::vector<Real>{1, 2});
}

TEST_CASE("the text of an average is canonical, and a wrong one says what is known") {
  CHECK(Averaging("none", 1, 1).text() == "none");
  CHECK(Averaging("ema", 1, 1).text() == "ema(decay=0.999)");
  CHECK(Averaging("swa(0.5)", 1, 1).text() == "swa(from=0.5, every=1)");
  CHECK_THROWS_WITH_AS(Averaging("swe", 1, 1), "[average] no 'swe'; known: ema, none, swa. Did you mean 'swa'?",
                       fovea::Error);
  CHECK_THROWS_WITH_AS(Averaging("ema(decai=0.9)", 1, 1), doctest::Contains("Did you mean 'decay'?"), fovea::Error);
  CHECK_THROWS_WITH_AS(Averaging("swa(from=1.5)", 1, 1), doctest::Contains("[average swa"), fovea::Error);
  CHECK_THROWS_AS(Averaging("none(1)", 1, 1), fovea::Error);
  CHECK_THROWS_AS(Averaging("ema(decay=1)", 1, 1), fovea::Error);
}

TEST_CASE("a run with an average trains as one without, and ends with the mean of its parameters") {
  for (const std::string text : {"ema(decay=0.7)", "swa(from=0.5, every=2)"}) {
    CAPTURE(text);
    const Scratch scratch;
    const RunRequest request = averaged_run(scratch / "run", text);
    fovea::train_run(request, {});
    fovea::Training plain(averaged_run("", "none").run);
    fovea::Training averaged(request.run);
    Averaging expected(text, plain.parameters().size(), 40);
    for (Extent step = 1; step <= 40; ++step) {
      plain.step();
      averaged.step();
      expected.add(plain.parameters().values(), step);
    }
    CHECK(values_of(plain) == values_of(averaged));
    CHECK(published(request) != values_of(plain));
    const Averaging::Shown mean(expected, plain.parameters().values(), 40);
    CHECK(published(request) == values_of(plain));
  }
}

TEST_CASE("the figures of a run with an average are those of the parameters that it publishes") {
  const Scratch scratch;
  const RunRequest request = averaged_run(scratch / "run", "ema(decay=0.7)");
  const fovea::RunOutcome outcome = fovea::train_run(request, {});
  fovea::Training training(request.run);
  for (int step = 0; step < 40; ++step) training.step();
  const Averaging::Shown mean = training.show_average();
  fovea::Evaluation test({"test", request.run.task, fovea::Split::kTest, 70}, request.run, training.parameters());
  test.follow(training.graph(), 40);
  const auto values = test.run([](double) { return true; });
  REQUIRE(values);
  CHECK(values->front().value == outcome.final_metrics.front().value);
}

TEST_CASE("a run with an average that is stopped at any step and resumed ends in the same file, on any threads") {
  for (const std::string text : {"ema(decay=0.7)", "swa(from=0.3, every=3)"}) {
    CAPTURE(text);
    const Scratch scratch;
    fovea::cpu::set_threads(1);
    fovea::train_run(averaged_run(scratch / "whole", text), {});
    for (const int threads : {2, 3, 8}) {
      fovea::cpu::set_threads(threads);
      const fs::path directory = scratch / std::to_string(threads);
      {
        const fovea::test::StopAfter stop(5 * threads);
        fovea::TrainerHooks hooks;
        hooks.stop_signal = &stop.signal;
        if (threads < 8) fovea::train_run(averaged_run(directory, text), hooks);
      }
      fovea::train_run(averaged_run(directory, text), {});
      std::string difference;
      fovea::same_outside_clock(scratch / "whole/results.h5", directory / "results.h5", &difference);
      CHECK(difference == "");
    }
    fovea::cpu::set_threads(0);
  }
}

TEST_CASE("with keep=best and an average a run ends with the best mean, killed or stopped at any message or not") {
  const Scratch scratch;
  const auto request_at = [](const fs::path& directory) {
    RunRequest request = averaged_run(directory, "ema(decay=0.5)");
    request.run.train.keep = "best";
    request.run.train.optimizer = "sgd";
    request.run.train.learning_rate = 0.2;
    request.run.train.evaluate_every = 4;
    return request;
  };
  int copies = 0;
  const auto copy = [&](int number) { return scratch / ("copy" + std::to_string(number)); };
  fovea::TrainerHooks hooks;
  hooks.message = [&](const std::string&) { fs::copy(scratch / "whole", copy(copies++), fs::copy_options::recursive); };
  fovea::train_run(request_at(scratch / "whole"), hooks);
  const auto table = fovea::read_summary(scratch / "whole/results.h5").evaluation.at(0);
  const auto& metric = table.columns.at(0).values;
  const Extent best = table.step[static_cast<std::size_t>(std::max_element(metric.begin(), metric.end()) - metric.begin())];
  REQUIRE(best < 40);
  fovea::Training training(request_at("").run);
  for (Extent step = 0; step < best; ++step) training.step();
  const Averaging::Shown mean = training.show_average();
  CHECK(published(request_at(scratch / "whole")) == values_of(training));
  for (int i = 0; i < copies; ++i) {
    CAPTURE(i);
    fovea::train_run(request_at(copy(i)), {});
    std::string difference;
    fovea::same_outside_clock(scratch / "whole/results.h5", copy(i) / "results.h5", &difference);
    CHECK(difference == "");
  }
}
