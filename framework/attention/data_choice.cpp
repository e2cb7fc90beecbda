#include "framework/attention/data_choice.h"

#include <algorithm>

namespace fovea {

Extent keep_best_items(ConstRow scores, std::span<Index> items, Extent count) {
  if (static_cast<Extent>(items.size()) <= count) return static_cast<Extent>(items.size());
  const auto is_better = [&](Index a, Index b) {
    const Real left = scores[a];
    const Real right = scores[b];
    return left > right || (left == right && a < b);  // ties go to the lowest index
  };
  std::nth_element(items.begin(), items.begin() + count - 1, items.end(), is_better);
  std::sort(items.begin(), items.begin() + count);
  return count;
}

Extent keep_met_items(const PatternRow& row, std::span<Index> items) {
  const auto count = static_cast<Extent>(row.query_tags.size());
  const auto is_met = [&](Index item) {
    const Index* key = row.key_tags + item * count;
    return std::mismatch(row.query_tags.begin(), row.query_tags.end(), key, std::not_equal_to<>()).first !=
           row.query_tags.end();
  };
  return std::remove_if(items.begin(), items.end(), [&](Index item) { return !is_met(item); }) - items.begin();
}

}  // namespace fovea
