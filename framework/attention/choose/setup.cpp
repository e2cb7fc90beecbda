#include "framework/attention/choose/setup.h"

#include <string>

#include "framework/attention/whole_items.h"
#include "framework/core/error.h"

namespace fovea {

ChooseInputs::ChooseInputs(const ChooseParts& parts) {
  std::size_t next = 1;
  if (parts.has_mask) mask = next++;
  if (parts.has_values) values = next++;
  tags = next;
  tag_count = 2 * taggers_of(*parts.pattern).size();
  next += tag_count;
  if (parts.has_baseline) baseline = next++;
  pattern = next;
  pattern_count = parts.pattern_parameters;
  selector = next + pattern_count;
  selector_count = parts.selector_parameters;
  estimator = selector + selector_count;
  estimator_count = parts.estimator_parameters;
}

ChooseSetup::ChooseSetup(ChooseParts chosen)
    : parts(std::move(chosen)),
      inputs(parts),
      selector(*parts.selector),
      selector_traits(selector->traits()),
      estimator(*parts.estimator) {}

Extent ChooseSetup::item_draws(Extent items) const {
  if (estimator.whole_items == nullptr) return 0;
  const Extent draws = estimator.draws(selector, items);
  if (draws <= static_cast<Extent>(kMostDrawsOfItem)) return draws;
  throw Error("at most " + std::to_string(kMostDrawsOfItem) +
              " draws were expected of an estimator that pulls whole items; " + std::to_string(draws) +
              " came; let it ask for fewer.");
}

}  // namespace fovea
