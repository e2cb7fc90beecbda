#pragma once

#include <vector>

#include "framework/results/record.h"
#include "framework/train/published.h"

namespace fovea {

/// Where a site looks, whatever the number of its queries and items: sums of weights in at most 512 x 512 cells for each
/// head over the first item of a sample, and the shares of the weight by distance over all of its items.
class SiteMap {
 public:
  /// Adds the choices of one item, row `row` of what was published; `number` counts the items from 0.
  void add(const Published& from, Extent row, Extent number);
  /// Fills `density` and `mass_by_distance`, the latter where queries and items are as many: one sequence.
  void describe(SelectionSite& site) const;

 private:
  struct Entry {
    Extent head, query, item;
    double weight;
  };
  void add_entry(const Entry& entry, bool is_first);

  static constexpr Extent kCells = 512;
  std::vector<Entry> first_;  // of the first item: its extent is known at the end
  std::vector<double> mass_;  // by distance
  Extent heads_ = 1;
  Extent queries_ = 0;  // of a head
  Extent items_ = 0;
};

}  // namespace fovea
