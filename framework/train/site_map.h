#pragma once

#include <vector>

#include "framework/results/record.h"
#include "framework/train/published.h"
#include "framework/train/told_rows.h"

namespace fovea {

/// Where a site looks, whatever the number of its queries and items: sums of weights in at most 2^18 cells of all heads, 512
/// x 512 of one, over the first item of a sample, and the shares of the weight by distance over all of its items. Of a site
/// that tells its choices query by query, both are estimates from some queries of the first item.
class SiteMap {
 public:
  /// Adds the choices of one item, row `row` of what was published; `number` counts the items from 0.
  void add(const Published& from, Extent row, Extent number);
  void add(const ToldSite& site);
  /// Fills `density` and `mass_by_distance`, the latter where queries and items are as many: one sequence.
  void describe(SelectionSite& site) const;

 private:
  struct Entry {
    Index head, query, item;
    Real weight;
  };
  void add_entry(const Entry& entry, bool is_first);
  Array density() const;

  std::vector<Entry> first_;  // of the first item: its extent is known at the end
  std::vector<double> mass_;  // by distance
  Extent heads_ = 1;
  Extent queries_ = 0;  // of a head
  Extent items_ = 0;
  bool knows_items_ = false;  // else items_ is what was seen
  Extent stride_ = 1;         // the map is made of every n-th query
};

}  // namespace fovea
