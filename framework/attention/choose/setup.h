#pragma once

#include <memory>
#include <vector>

#include "framework/attention/estimator.h"
#include "framework/attention/pattern.h"
#include "framework/cpu/gemm.h"

namespace fovea {

namespace choose {
enum Output : std::size_t { kWeights, kKept, kCount, kLogProb, kRead, kSpread = kRead };
}  // namespace choose

/// What a site chooses with, and which optional inputs it has.
struct ChooseParts {
  std::shared_ptr<const Pattern> pattern;
  std::shared_ptr<const Selector> selector;
  std::shared_ptr<const Estimator> estimator;
  int advantage_slot = -1;  // of OpContext::advantages; -1: the estimator has no score-function part
  bool has_mask = false;
  bool has_values = false;
  cpu::Products products = cpu::Products::kFull;
  bool has_baseline = false;
  std::size_t selector_parameters = 0;
  std::vector<std::shared_ptr<const Selector>> extremes = {};  // what a selector with annealed options may become
  std::size_t pattern_parameters = 0;
  bool has_penalty = false;              // of the pattern: one of the attentions of a site adds it
  std::size_t estimator_parameters = 0;  // those of WholeItems
  bool has_spread = false;               // without values: one output more, see ChooseOp
};

/// Places of the inputs of the op after the scores; 0: not there.
struct ChooseInputs {
  explicit ChooseInputs(const ChooseParts& parts);
  std::size_t mask = 0;
  std::size_t values = 0;
  std::size_t tags = 0;
  std::size_t tag_count = 0;
  std::size_t baseline = 0;
  std::size_t pattern = 0;  // its parameters
  std::size_t pattern_count = 0;
  std::size_t selector = 0;  // likewise
  std::size_t selector_count = 0;
  std::size_t estimator = 0;
  std::size_t estimator_count = 0;
};

// Internal to ChooseOp: what is the same for every pass.
struct ChooseSetup {
  explicit ChooseSetup(ChooseParts chosen);

  ChooseParts parts;
  ChooseInputs inputs;
  SelectorParts selector;
  Selector::Traits selector_traits;
  EstimatorParts estimator;

  bool reads_by_product() const { return selector_traits.keeps_all && parts.pattern->is_dense(); }
  bool is_random() const { return selector.random != nullptr; }
  bool needs_streams() const { return is_random() || !estimator.traits.needs_derivative; }
  /// No mask, no pattern, no parameters, and nothing that an estimator would choose in its own way: rows go to the selector
  /// as they are, many at a time.
  bool is_whole() const {
    return parts.pattern->is_dense() && !parts.has_mask && parts.selector_parameters == 0 && selector.sampled == nullptr &&
           (estimator.traits.needs_derivative || (selector_traits.keeps_all && !is_random()));
  }
  /// Draws of an item that are pulled together; 0: they are pulled one by one.
  Extent item_draws(Extent items) const;
};

}  // namespace fovea
