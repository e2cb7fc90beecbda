#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "framework/core/rng.h"
#include "tasks/qa/story.h"

namespace fovea::qa {

/// Writes a story line by line, and holds the random numbers that it is made of.
class Teller {
 public:
  explicit Teller(const Rng& rng) : rng_(rng) {}

  Rng& rng() { return rng_; }
  bool coin() { return rng_.below(2) == 0; }
  template <class T>
  const T& one_of(std::span<const T> items) {
    return items[rng_.below(static_cast<Extent>(items.size()))];
  }
  template <class T>
  const T& one_of(const std::vector<T>& items) {
    return one_of(std::span<const T>(items));
  }
  /// Any of [0, count) but `not_this` (-1: any).
  Extent other_than(Extent not_this, Extent count) {
    const Extent drawn = rng_.below(not_this < 0 ? count : count - 1);
    return not_this >= 0 && drawn >= not_this ? drawn + 1 : drawn;
  }

  /// Adds a statement; gives its number.
  Extent state(std::string text) {
    story_.push_back({std::move(text), "", {}});
    return static_cast<Extent>(story_.size());
  }
  void ask(std::string text, std::string answer, std::vector<Extent> support) {
    story_.push_back({std::move(text), std::move(answer), std::move(support)});
  }
  Story take() { return std::move(story_); }

 private:
  Rng rng_;
  Story story_;
};

/// A question is about one of the last five facts, drawn at random; where the drawn fact does not give the wanted kind of
/// question another one is drawn, fifty times at most. False: no question; the story goes on.
constexpr Extent kWindow = 5;
constexpr Extent kAttempts = 50;

template <class Fact>
bool ask_about_recent(Teller& teller, const std::vector<Fact>& facts, const std::function<bool(const Fact&)>& ask) {
  const std::size_t recent = std::min(facts.size(), static_cast<std::size_t>(kWindow));
  for (Extent attempt = 0; attempt < kAttempts && recent > 0; ++attempt) {
    if (ask(teller.one_of(std::span<const Fact>(facts).last(recent)))) return true;
  }
  return false;
}

/// "the garden"
inline std::string the(const std::string& name) { return "the " + name; }

}  // namespace fovea::qa
