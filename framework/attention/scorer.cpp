#include "framework/attention/scorer.h"

#include "framework/core/error.h"

namespace fovea {

template <>
Registry<Scorer>& Registry<Scorer>::instance() {
  static Registry<Scorer> registry;
  return registry;
}

void Scorer::fields(Options& /*options*/) {}

void Scorer::declare(Builder& /*builder*/, Extent /*query_width*/, Extent /*key_width*/) {}

Value Scorer::prepare_keys(Builder& /*builder*/, Value keys) { return keys; }

void expect_equal_widths(std::string_view scorer, Extent query_width, Extent key_width) {
  if (query_width == key_width) return;
  throw Error("scorer " + std::string(scorer), "queries and keys of equal widths were expected; queries have " +
                                                   std::to_string(query_width) + " and keys " + std::to_string(key_width) +
                                                   "; project one of them or use bilinear.");
}

}  // namespace fovea
