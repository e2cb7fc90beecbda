#include "framework/attention/choose_plan.h"

#include "framework/core/error.h"

namespace fovea {

ChoosePlan::ChoosePlan(const ChooseExtents& extents, const Pattern& pattern, cpu::Products products)
    : extents_(extents), is_dense_(pattern.is_dense()) {
  const auto [batch, queries, items, capacity, width, scratch] = extents;
  first_.push_back(0);
  std::vector<Index> candidates;
  for (Extent query = 0; query < queries; ++query) {
    if (pattern.is_dense()) {
      if (items > 0) intervals_.push_back({0, static_cast<Index>(items)});
    } else {
      candidates.clear();
      pattern.candidates(query, queries, items, candidates);
      append(candidates);
    }
    first_.push_back(intervals_.size());
  }
  if (width == 0) return;
  read_ = cpu::Gemm({.m = queries, .n = width, .k = items, .products = products});
  grad_weights_ = cpu::Gemm({.m = queries, .n = items, .k = width, .transpose_b = true, .products = products});
  grad_values_ =
      cpu::Gemm({.m = items, .n = width, .k = queries, .transpose_a = true, .accumulate = true, .products = products});
}

void ChoosePlan::append(const std::vector<Index>& candidates) {
  Index last = -1;
  for (const Index item : candidates) {
    if (item <= last || item >= extents_.items) {
      throw Error("a pattern gives ascending items in [0, " + std::to_string(extents_.items) + "); " + std::to_string(item) +
                  " came after " + std::to_string(last) + "; correct its candidates().");
    }
    if (last >= 0 && item == last + 1) {
      ++intervals_.back().end;
    } else {
      intervals_.push_back({item, item + 1});
    }
    last = item;
  }
}

Extent ChoosePlan::allowed(Extent query, const Index* mask, Index* out) const {
  Index* end = out;
  for (std::size_t i = first_[static_cast<std::size_t>(query)]; i < first_[static_cast<std::size_t>(query) + 1]; ++i) {
    for (Index item = intervals_[i].begin; item < intervals_[i].end; ++item) {
      *end = item;
      end += static_cast<int>(mask == nullptr || mask[item] != 0);  // written, then kept or overwritten: no branch
    }
  }
  return end - out;
}

}  // namespace fovea
