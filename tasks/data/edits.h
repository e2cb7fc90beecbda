#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "framework/core/real.h"

namespace fovea::data {

/// How many numbers must be put in, left out or replaced to make one list the other (Levenshtein 1966).
inline Extent edit_distance(std::span<const Index> a, std::span<const Index> b) {
  std::vector<Extent> row(b.size() + 1);  // of the first i of a and the first j of b
  std::iota(row.begin(), row.end(), Extent{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    Extent before = row[0];  // of i - 1 and j - 1
    row[0] = static_cast<Extent>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const Extent replaced = before + (a[i - 1] == b[j - 1] ? 0 : 1);
      before = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace fovea::data
