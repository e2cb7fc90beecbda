#include "framework/attention/tiles/find_pairs_plan.h"

#include <algorithm>

#include "framework/attention/tiles/best_lists.h"
#include "framework/core/whole.h"

namespace fovea::tiles {

TermPlan::TermPlan(const PairTerm& term, Extent queries, Extent items) {
  if (term.block == 0 && term.best > 0) {
    tiles_ = std::make_unique<PairTiles>(queries, items, term.pairs);
    return;
  }
  first_.push_back(0);
  ItemIntervals of_query;
  for (Extent query = 0; query < queries; ++query) {
    of_query.clear();
    term.pairs(query, queries, items, of_query);
    intervals_.insert(intervals_.end(), of_query.begin(), of_query.end());
    first_.push_back(intervals_.size());
  }
  if (term.block == 0) return;
  blocks_ = parts_of(items, term.block);
  const auto whole_blocks = [this, &term, items](Extent query, Extent, Extent, ItemIntervals& blocks) {
    const Extent own = query / term.block;
    for (const ItemInterval& interval : seen(query)) {
      const Extent begin = parts_of(interval.begin, term.block);
      const Extent end = interval.end == items ? blocks_ : interval.end / term.block;
      append_items(begin, std::min(end, own), blocks);
      append_items(std::max(begin, own + 1), end, blocks);
    }
  };
  tiles_ = std::make_unique<PairTiles>(queries, blocks_, whole_blocks);
}

std::span<const ItemInterval> TermPlan::seen(Extent query) const {
  const std::size_t begin = first_[query];
  return std::span(intervals_).subspan(begin, first_[static_cast<std::size_t>(query) + 1] - begin);
}

Extent TermPlan::capacity(const PairTerm& term, Extent queries, Extent items) {
  if (term.best > 0) return std::min({capped_product(term.best, std::max<Extent>(term.block, 1)), term.most, items});
  Extent most = 0;
  ItemIntervals of_query;
  for (Extent query = 0; query < queries; ++query) {
    of_query.clear();
    term.pairs(query, queries, items, of_query);
    most = std::max(most, count_items(of_query));
  }
  return std::min(most, term.most);
}

Extent most_best(const PairTerm& term, Extent items) {
  return std::min(term.best, std::max<Extent>(term.block > 0 ? parts_of(items, term.block) : items, 1));
}

// Of blocks, one fewer than `best` is looked for: the own block is always there.
Extent room_of(const PairTerm& term, Extent items) {
  const Extent best = most_best(term, items) - (term.block > 0 ? 1 : 0);
  return best > 0 ? BestLists::room(best) : 0;
}

Extent capacity_of(const FindPairs& options, Extent queries, Extent items) {
  Extent capacity = 0;
  for (const PairTerm& term : options.terms) capacity += TermPlan::capacity(term, queries, items);
  return std::clamp<Extent>(capacity, 1, std::max<Extent>(items, 1));
}

TagOrders::TagOrders(const FindPairs& options, const std::vector<Extent>& counts) : first(options.tags, -1) {
  for (const PairTerm& term : options.terms) {
    if (!visits_by_tag(term) || first[term.tags.front()] >= 0) continue;
    first[term.tags.front()] = count;
    count += counts[term.tags.front()];
  }
}

FindPlan::FindPlan(const FindPairs& options, const PairExtents& extents, const std::vector<Extent>& tag_counts)
    : orders(options, tag_counts), capacity(capacity_of(options, extents.queries, extents.items)) {
  for (const PairTerm& term : options.terms) {
    terms.emplace_back(term, extents.queries, extents.items);
    rooms += room_of(term, extents.items);
  }
}

}  // namespace fovea::tiles
