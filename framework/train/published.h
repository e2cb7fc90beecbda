#pragma once

#include "framework/graph/plan.h"

namespace fovea {

/// True where a site publishes its choices.
inline bool is_published(const SiteRecord& site) {
  return site.kept.node >= 0 && site.weights.node >= 0 && site.count.node >= 0;
}

/// The published tensors of a site for one shard, all with the axes [T, B, M, ...]; T is 1 outside of loops.
struct Published {
  Tensor kept, weights, count, log_prob;
  Tensor right;    // without the axis of kept items; null where it is not known
  Tensor dropped;  // likewise; null where the site is not a router
  Extent times = 1;
  Extent batch = 1;
  Extent queries = 1;
  Extent capacity = 1;
  Extent items = 0;  // candidates, 0: not known
  Extent heads = 1;

  Published(const SiteRecord& site, const Execution& execution) {
    const auto value = [&](Slot slot) { return slot.node < 0 ? Tensor{} : execution.value(slot); };
    kept = value(site.kept);
    weights = value(site.weights);
    count = value(site.count);
    log_prob = value(site.log_prob);
    right = value(site.right);
    dropped = value(site.dropped);
    const Shape& shape = kept.shape();
    const int first = site.is_stacked ? 1 : 0;
    times = site.is_stacked ? shape[0] : 1;
    batch = shape[first];
    queries = shape[first + 1];
    capacity = shape.last();
    heads = site.heads;
    const Tensor scores = value(site.scores);
    if (scores) items = scores.shape().last();
    if (site.items.node >= 0) items = execution.plan().type(site.items).shape[1];  // scores may be those of a list
  }
};

}  // namespace fovea
