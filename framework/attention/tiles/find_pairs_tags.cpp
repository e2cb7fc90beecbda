#include <algorithm>
#include <numeric>

#include "framework/attention/tiles/find_pairs_tile.h"

namespace fovea::tiles {
namespace {

// The items that have one of the tags of a query at its place, in order.
class MetItems {
 public:
  MetItems(const Finding& f, std::size_t number, Extent query)
      : tags_(f.tags_of(number)),
        items_(f.e.items),
        row_(f.options.item_heads * tags_.count),
        orders_(f.orders + f.plan.orders.first[number] * items_),
        next_(f.cursors),
        end_(f.cursors + tags_.count) {
    const Index* wanted = tags_.queries + query * f.options.heads * tags_.count;
    for (Extent i = 0; i < tags_.count; ++i) {
      const Index* order = orders_ + i * items_;
      const auto tag = [&](Index item) { return tags_.items[item * row_ + i]; };
      const Index* begin =
          std::lower_bound(order, order + items_, wanted[i], [&](Index item, Index t) { return tag(item) < t; });
      const Index* end =
          std::upper_bound(begin, order + items_, wanted[i], [&](Index t, Index item) { return t < tag(item); });
      next_[i] = static_cast<Index>(begin - order);
      end_[i] = static_cast<Index>(end - order);
    }
  }

  // -1: none is left.
  Index take() {
    Index lowest = -1;
    for (Extent i = 0; i < tags_.count; ++i) {
      if (next_[i] < end_[i] && (lowest < 0 || item(i) < lowest)) lowest = item(i);
    }
    for (Extent i = 0; i < tags_.count; ++i) next_[i] += next_[i] < end_[i] && item(i) == lowest ? 1 : 0;
    return lowest;
  }

 private:
  Index item(Extent i) const { return orders_[i * items_ + next_[i]]; }

  Finding::Tags tags_;
  Extent items_;
  Extent row_;  // of the tags of items
  const Index* orders_;
  Index* next_;  // of each tag, places in its order
  Index* end_;
};

}  // namespace

void order_by_tags(const Finding& f, Index* out) {
  for (std::size_t number = 0; number < f.options.tags; ++number) {
    if (f.plan.orders.first[number] < 0) continue;
    const Finding::Tags tags = f.tags_of(number);
    for (Extent i = 0; i < tags.count; ++i) {
      Index* order = out + (f.plan.orders.first[number] + i) * f.e.items;
      std::iota(order, order + f.e.items, Index{0});
      const auto tag = [&](Index item) { return tags.items[item * f.options.item_heads * tags.count + i]; };
      std::sort(order, order + f.e.items, [&](Index a, Index b) { return tag(a) < tag(b) || (tag(a) == tag(b) && a < b); });
    }
  }
}

Extent tagged_items(const Finding& f, std::size_t term, Extent query, Index* out) {
  const PairTerm& wanted = f.options.terms[term];
  const std::span<const ItemInterval> seen = f.plan.terms[term].seen(query);
  MetItems met(f, wanted.tags.front(), query);
  auto interval = seen.begin();
  Index* end = out;
  for (Index item = met.take(); item >= 0; item = met.take()) {
    while (interval != seen.end() && interval->end <= item) ++interval;
    if (interval == seen.end()) break;
    if (interval->begin <= item && f.is_seen(wanted, query, item)) *end++ = item;
  }
  return end - out;
}

}  // namespace fovea::tiles
