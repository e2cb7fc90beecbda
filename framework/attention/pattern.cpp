#include "framework/attention/pattern.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/core/registered.h"

namespace fovea {
namespace {

/// The halves of this kind among the choosers of a term that are not in `known` yet.
template <class Half>
void append_halves(const PatternTerm& term, std::vector<const Half*>& known) {
  for (const Pattern* chooser : term.choosers) {
    const Half* half = half_of<Half>(*chooser);
    if (half != nullptr && std::find(known.begin(), known.end(), half) == known.end()) known.push_back(half);
  }
}

}  // namespace

template <>
Registry<Pattern>& Registry<Pattern>::instance() {
  static Registry<Pattern> registry;
  return registry;
}

void Pattern::fields(Options& /*options*/) {}

std::vector<PatternTerm> Pattern::terms() const {
  return {half_of<DataChoice>(*this) == nullptr ? PatternTerm{{this}, {}} : PatternTerm{{}, {this}}};
}

bool depends_on_data(const Pattern& pattern) {
  const std::vector<PatternTerm> terms = pattern.terms();
  return std::any_of(terms.begin(), terms.end(), [](const PatternTerm& term) { return !term.choosers.empty(); });
}

std::vector<const TagChoice*> taggers_of(const Pattern& pattern) {
  std::vector<const TagChoice*> taggers;
  for (const PatternTerm& term : pattern.terms()) append_halves(term, taggers);
  return taggers;
}

std::vector<const PairBias*> biases_of(const Pattern& pattern) {
  std::vector<const PairBias*> biases;
  bool is_first = true;
  for (const PatternTerm& term : pattern.terms()) {
    std::vector<const PairBias*> of_term;
    append_halves(term, of_term);
    if (std::exchange(is_first, false)) biases = of_term;
    if (of_term == biases) continue;
    throw Error("pattern",
                "a pattern that weighs pairs was expected in all parts of a union or in none, because a pair has "
                "one weight; it is in some; cross it with the whole union, as in '(a + b) & c'.");
  }
  return biases;
}

ItemIntervals candidates_of(const Pattern& pattern, Extent query, Extent queries, Extent items) {
  const auto place = [&] { return registered(pattern) + ", candidates"; };
  ItemIntervals intervals;
  try {
    pattern.candidates(query, queries, items, intervals);
  } catch (...) {
    throw caught_error(place());
  }
  Index last = -1;
  for (const ItemInterval& interval : intervals) {
    if (interval.begin <= last || interval.end <= interval.begin || interval.end > items) {
      throw Error(place(), "a pattern gives ascending items in [0, " + std::to_string(items) + "); those from " +
                               std::to_string(interval.begin) + " to " + std::to_string(interval.end - 1) + " came after " +
                               std::to_string(last) + "; correct its candidates().");
    }
    last = interval.end - 1;
  }
  return intervals;
}

}  // namespace fovea
