#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "framework/runs/group_figure.h"
#include "framework/statistics/mcnemar.h"

namespace fovea {

/// The exact McNemar test of two runs on the items of one split.
struct ItemComparison {
  Extent items = 0;
  Discordant counts;  // `only_first`: only the first group is right
  double p = 1;
  double holm_p = 1;
};

/// One group beside the first one: group minus first, at every seed that both have.
struct ComparedGroup {
  GroupFigure figure;
  PairedDifferences pairs;  // none for the first group
  PairedComparison difference;
  std::optional<double> holm_p;  // of the sign-flip test
  std::optional<ItemComparison> items;
};

struct GroupComparison {
  MetricChoice choice;
  std::vector<ComparedGroup> groups;  // in their order
  Extent tests = 0;                   // what Holm's correction is over
  Extent item_tests = 0;              // likewise, of items
};

/// Compares every group with the first one. Items are compared where both groups count a single run, of the same seed, task,
/// batch of evaluations and files, so that their items are the same; and for the main metric over all of them, which is what
/// a file says of each item.
GroupComparison compare_groups(std::span<const RunGroup> groups, const MetricChoice& choice,
                               GroupFigure::Unfinished unfinished);

}  // namespace fovea
