#pragma once

#include <memory>
#include <vector>

#include "modules/routing/experts.h"
#include "modules/transformer/transformer.h"

namespace fovea {

/// Experts instead of the feed-forward layers of transformer blocks.
///
///     ExpertBlocks experts({.experts = options, .ids = text});
///     Value y = transformer_encoder(b, "encoder", x, {}, experts.in(transformer_options));
///     cost = add(cost, experts.loss());
///
/// Solves    every `every`-th block from the last one backwards in a stack has experts, each layer with its own router.
/// Shapes    x [B, T, E]; parameters at "experts" in the scope of a block. loss [B]: the sum over layers of the losses that
///           the router's options ask for; empty where they ask for none.
/// Source    Lepikhin et al. 2020, arXiv:2006.16668, section 2.1; Fedus et al. 2021, arXiv:2101.03961, section 2.
class ExpertBlocks {
 public:
  struct Parts {
    ExpertsOptions experts;
    Value ids{};       // Index [B, T], for a policy that reads them
    Extent every = 1;  // 1: every block has experts, 2: every second one
  };
  explicit ExpertBlocks(Parts parts) : parts_(std::make_shared<Parts>(std::move(parts))) {}

  /// The options with experts; for one stack of `layers` blocks.
  TransformerOptions in(TransformerOptions options);
  Value loss() const;
  /// Of each layer, in the order of blocks.
  const std::vector<Router::Routed>& routed() const { return *routed_; }

 private:
  std::shared_ptr<Parts> parts_;
  std::shared_ptr<std::vector<Router::Routed>> routed_ = std::make_shared<std::vector<Router::Routed>>();
};

}  // namespace fovea
