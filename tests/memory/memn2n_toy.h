#pragma once

#include <cmath>
#include <functional>

#include "modules/memory/stories/memn2n.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

// A memory network that is small enough to be computed by hand, for the tests of its variants.
namespace fovea::memn2n_toy {

using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

inline constexpr Extent kWords = 5;
inline constexpr Extent kWidth = 3;
inline constexpr Extent kSlots = 4;

// One story of three sentences of two words, the last one empty where word 0 is padding, and a question of one word.
inline const Indices kStory{1, 2, 3, 0, 0, 0};
inline const Indices kQuestion{4};

inline MemN2NOptions plain(Extent hops = 1) {
  MemN2NOptions options;
  options.words = kWords;
  options.width = kWidth;
  options.slots = kSlots;
  options.hops = hops;
  options.encoding = "bag_of_words";
  return options;
}

struct Network {
  MemN2NOptions options;
  Indices mask{};

  std::shared_ptr<const Graph> build() const {
    Builder b;
    MemN2N network(b, options);
    const Value story = b.input("story", {{1, 3, 2}, Kind::kIndex});
    const Value question = b.input("question", {{1, 1}, Kind::kIndex});
    const Value allowed = mask.empty() ? Value() : b.input("mask", {{1, 3}, Kind::kIndex});
    b.output("scores", network(story, question, allowed).scores);
    return b.freeze();
  }
};

// Rows of a table [rows, kWidth], all different.
inline Reals table(std::uint32_t seed, Extent rows) {
  Reals values(static_cast<std::size_t>(rows * kWidth));
  Rng({.seed = seed}).fill_normal(values);
  return values;
}

class Run {
 public:
  explicit Run(Network network, const Indices& story = kStory) : network_(std::move(network)), run_(network_.build()) {
    story_ = story;
    run_.bind("story", story_.data());
    run_.bind("question", kQuestion.data());
    if (!network_.mask.empty()) run_.bind("mask", network_.mask.data());
    const bool has_time = network_.options.time != "none";
    for (Extent k = 0; k <= network_.options.hops; ++k) {
      const std::string number = std::to_string(k);
      run_.set("embedding_" + number, table(static_cast<std::uint32_t>(k) + 1, kWords));
      if (has_time) run_.set("temporal_" + number, table(static_cast<std::uint32_t>(k) + 11, kSlots));
    }
  }

  test::ModelRun& model() { return run_; }
  Reals scores() {
    run_.run({{"scores", 1}});
    const Tensor out = run_.output("scores");
    return {out.real(), out.real() + out.size()};
  }

 private:
  Network network_;
  Indices story_;
  test::ModelRun run_;
};

inline Reals row(const Reals& values, Index number) {
  const auto begin = values.begin() + number * static_cast<Index>(kWidth);
  return {begin, begin + kWidth};
}

inline Reals plus(Reals a, const Reals& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

inline Real product(const Reals& a, const Reals& b) {
  Real sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Sentence i of kStory by the tables of number k, as a bag of words without time.
inline Reals sentence(std::uint32_t k, std::size_t i) {
  const Reals words = table(k + 1, kWords);
  return plus(row(words, kStory[2 * i]), row(words, kStory[2 * i + 1]));
}

inline Reals answers(const Reals& state) {
  Reals scores;
  for (Index word = 0; word < kWords; ++word) scores.push_back(product(state, row(table(2, kWords), word)));
  return scores;
}

// By hand, for one hop without time: weights of the three sentences from their scores, and the next state.
inline Reals expected(const std::function<Reals(const Reals&)>& weigh,
                      const std::function<Reals(const Reals&, const Reals&)>& next) {
  const Reals state = row(table(1, kWords), kQuestion[0]);
  Reals scores;
  for (std::size_t i = 0; i < 3; ++i) scores.push_back(product(state, sentence(0, i)));
  const Reals weights = weigh(scores);
  Reals read(kWidth, 0);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t d = 0; d < kWidth; ++d) read[d] += weights[i] * sentence(1, i)[d];
  }
  return answers(next(state, read));
}

inline Reals softmax_of(const Reals& scores) {
  Reals weights;
  Real total = 0;
  for (const Real score : scores) total += weights.emplace_back(std::exp(score));
  for (Real& weight : weights) weight /= total;
  return weights;
}

inline Reals identity(const Reals& scores) { return scores; }

inline MemN2NOptions timeless() {
  MemN2NOptions options = plain();
  options.time = "none";
  return options;
}

inline constexpr double kLimit = 10 * testing::kValueLimit;

}  // namespace fovea::memn2n_toy
