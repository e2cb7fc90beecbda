#pragma once

#include "framework/attention/estimator.h"

namespace fovea {

/// One draw of an item in backward. Places count the N items that the row may see.
struct DrawRun {
  Draw draw;
  ConstRow scores;               // [N]
  Choice choice;                 // as it was made
  ConstRow read;                 // [V], what it read
  ConstRow grad_weights;         // as `through_choice` gets them
  Real grad_log_prob = 0;        // of the model, for the log-probability that the site gave it
  Real advantage = 0;            // as `share_out` gave it, times `scale`
  Real scale = 0;                // the factor of the cost of this row in the mean over the items of the batch
  const Real* values = nullptr;  // of all items of the memory
  std::span<const Index> items;  // those of the row, in that memory [N]
  Row grad_scores;               // [N], to be added to

  ConstRow value(std::size_t place) const {
    return {values + static_cast<std::size_t>(items[place]) * read.size(), read.size()};
  }
};
inline constexpr std::size_t kMostDrawsOfItem = 8;

/// All draws of an item in backward.
struct ItemRun {
  const SelectorParts* selector = nullptr;
  std::span<const DrawRun> draws;
  std::span<const ConstRow> parameters;  // in the order of WholeItems::item_parameters
  std::span<const Row> grad_parameters;  // to be added to; an empty row is not wanted
  Row scratch;                           // [item_scratch]
};

/// The half of an estimator that does all of backward for all draws of an item together. Such a site makes one choice for
/// each item of the batch, has values, and is the only one with several draws.
class WholeItems {
 public:
  virtual ~WholeItems() = default;
  /// What the estimator learns at a site with values of this width; at most kMostSiteParameters.
  virtual std::vector<SiteParameter> item_parameters(Extent value_width) const = 0;
  /// The length of ItemRun::scratch for a site of `items` candidates.
  virtual Extent item_scratch(Extent items, Extent value_width) const = 0;
  /// Adds the estimate to the scores of all draws of an item, and the gradient of the parameters.
  virtual void pull_item(const ItemRun& run) const = 0;
};

}  // namespace fovea
