#include "framework/anneal/annealing.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

double factor(const std::string& text, fovea::Extent step, fovea::Extent steps = 100) {
  return fovea::AnnealedProduct(text).value(step, steps);
}

}  // namespace

TEST_CASE("schedules have the factors computed by hand") {
  CHECK(factor("constant", 50) == 1);
  CHECK(factor("step(every=10, factor=0.5)", 9) == 1);
  CHECK(factor("step(every=10, factor=0.5)", 20) == doctest::Approx(0.25));
  CHECK(factor("decay(factor=0.9, every=1)", 2) == doctest::Approx(0.81));
  CHECK(factor("warmup(4)", 0) == doctest::Approx(0.25));
  CHECK(factor("warmup(4)", 3) == 1);
  CHECK(factor("warmup(4)", 9) == 1);
}

TEST_CASE("cosine falls from 1 to its final value over the steps of the run, or over its own") {
  CHECK(factor("cosine(to=0.1)", 0) == doctest::Approx(1));
  CHECK(factor("cosine(to=0.1)", 50) == doctest::Approx(0.55));
  CHECK(factor("cosine(to=0.1)", 100) == doctest::Approx(0.1));
  CHECK(factor("cosine(to=0.1, steps=10)", 5) == doctest::Approx(0.55));
  CHECK(factor("cosine(to=0.1, steps=10)", 60) == doctest::Approx(0.1));
}

TEST_CASE("a product of schedules multiplies their factors") {
  const fovea::AnnealedProduct product("warmup(100) * cosine(to=0)*step(10,0.5)");
  CHECK(product.value(49, 98) == doctest::Approx(0.5 * 0.5 * 0.0625));
  CHECK(product.text() == "warmup(steps=100) * cosine(from=1, to=0, steps=0, begin=0) * step(every=10, factor=0.5, from=1)");
}

TEST_CASE("plateau falls after more than `patience` evaluations without a gain, and resumes from its saved state") {
  fovea::AnnealedProduct schedule("plateau(factor=0.5, patience=1)");
  CHECK(schedule.needs_metric());
  std::vector<double> factors;
  for (const double metric : {0.5, 0.5, 0.5, 0.6, 0.6, 0.6}) {
    schedule.observe(metric);
    factors.push_back(schedule.value(0, 1));
    fovea::AnnealedProduct other("plateau(factor=0.5, patience=1)");
    const auto from = schedule.state();
    std::copy(from[0].begin(), from[0].end(), other.state()[0].begin());
    schedule = std::move(other);
  }
  CHECK(factors == std::vector<double>{1, 1, 0.5, 0.5, 0.5, 0.25});
}

TEST_CASE("a plateau with a factor never goes beyond its last value") {
  fovea::AnnealedProduct schedule("plateau(to=0.2, factor=0.5, patience=0)");
  for (int i = 0; i < 6; ++i) schedule.observe(0);
  CHECK(schedule.value(0, 1) == 0.2);
}

TEST_CASE("a schedule that does not exist is an error with the nearest name") {
  CHECK_THROWS_WITH_AS(
      fovea::AnnealedProduct("warmup(3) * cosin"),
      "[annealing] no 'cosin'; known: constant, cosine, decay, exponential, linear, plateau, step, warmup. Did you "
      "mean 'cosine'?",
      fovea::Error);
  CHECK_THROWS_AS(fovea::AnnealedProduct("constant *"), fovea::Error);
  CHECK_THROWS_AS(fovea::AnnealedProduct("step(every=0)"), fovea::Error);
  CHECK_THROWS_AS(fovea::AnnealedProduct("plateau(from=0.1, to=1, factor=0.5)"), fovea::Error);
}
