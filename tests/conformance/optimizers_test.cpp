#include <doctest/doctest.h>

#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"
#include "framework/train/optimizer.h"
#include "tests/conformance/subject.h"

namespace fovea::conformance {
namespace {

constexpr std::size_t kSize = 3 * static_cast<std::size_t>(Optimizer::kTile) + 17;

std::vector<std::string> optimizer_texts() {
  return texts_of<Optimizer>({"sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=true)", "adam(weight_decay=0.1)",
                              "rmsprop(momentum=0.5, centered=true)", "adagrad(learning_rate_decay=1)"});
}

std::unique_ptr<Optimizer> prepared(const std::string& text, std::size_t size) {
  auto optimizer = Registry<Optimizer>::instance().parse(text).plugin;
  optimizer->prepare(size);
  return optimizer;
}

/// Values and their gradients, both 0 at the places of padding.
struct Block {
  explicit Block(std::size_t size) : values(size), gradients(size) {
    Rng({.seed = 5}).fill_normal(values);
    Rng({.seed = 6}).fill_normal(gradients);
    for (std::size_t i = 7; i < size; i += 64) values[i] = gradients[i] = 0;
  }
  void step(Optimizer& optimizer, Extent first, Extent last) {
    for (Extent number = first; number <= last; ++number) optimizer.step(values, gradients, 0.1, number);
  }
  std::vector<Real> values, gradients;
};

}  // namespace

TEST_CASE("every optimizer gives the same bits for any number of threads, moves values and leaves padding at 0") {
  const Block start(kSize);
  for (const std::string& text : optimizer_texts()) {
    CAPTURE(text);
    std::vector<std::vector<Real>> results;
    for (const int threads : {1, 2, 3, 8}) {
      cpu::set_threads(threads);
      Block block(kSize);
      block.step(*prepared(text, kSize), 1, 3);
      results.push_back(block.values);
    }
    cpu::set_threads(0);
    for (const std::vector<Real>& result : results) CHECK((result == results.front()));
    for (std::size_t i = 7; i < kSize; i += 64) REQUIRE(results.front()[i] == 0);
    CHECK(results.front()[8] != start.values[8]);
  }
}

TEST_CASE("every optimizer resumes from its saved state") {
  constexpr std::size_t kFew = 100;
  for (const std::string& text : optimizer_texts()) {
    CAPTURE(text);
    const auto first = prepared(text, kFew);
    Block block(kFew);
    block.step(*first, 1, 2);
    Block copy = block;
    const auto second = prepared(text, kFew);
    const auto from = first->state();
    const auto to = second->state();
    REQUIRE(from.size() == to.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      REQUIRE(from[i].size() == to[i].size());
      std::copy(from[i].begin(), from[i].end(), to[i].begin());
    }
    block.step(*first, 3, 4);
    copy.step(*second, 3, 4);
    CHECK((block.values == copy.values));
  }
}

TEST_CASE("every optimizer lowers a sum of squares") {
  for (const std::string& text : optimizer_texts()) {
    CAPTURE(text);
    Block block(64);
    const auto sum_of_squares = [&] {
      double sum = 0;
      for (const Real value : block.values) sum += static_cast<double>(value) * static_cast<double>(value);
      return sum;
    };
    const double before = sum_of_squares();
    const auto optimizer = prepared(text, block.values.size());
    for (Extent number = 1; number <= 20; ++number) {
      block.gradients = block.values;
      optimizer->step(block.values, block.gradients, 0.01, number);
    }
    CHECK(sum_of_squares() < before);
  }
}

}  // namespace fovea::conformance
