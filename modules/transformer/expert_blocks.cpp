#include "modules/transformer/expert_blocks.h"

namespace fovea {

TransformerOptions ExpertBlocks::in(TransformerOptions options) {
  const TransformerOptions plain = options;
  auto block = std::make_shared<Extent>(0);
  options.instead_of_feed_forward = [parts = parts_, routed = routed_, plain, block](Builder& b, Value x) {
    const Extent behind = plain.layers - 1 - (*block)++ % plain.layers;
    if (behind % parts->every != 0) return feed_forward(b, "feed_forward", x, plain);
    const auto scope = b.scope("experts");
    ExpertsOptions own = parts->experts;
    own.route.width = x.shape().last();
    const Experts::Result result = Experts(b, own)({.x = x, .ids = parts->ids});
    routed->push_back(result.routed);
    return result.y;
  };
  return options;
}

Value ExpertBlocks::loss() const {
  Value total;
  for (const Router::Routed& one : *routed_) {
    if (one.loss.is_empty()) continue;
    total = total.is_empty() ? one.loss : add(total, one.loss);
  }
  return total;
}

}  // namespace fovea
