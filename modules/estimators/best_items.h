#pragma once

#include <algorithm>
#include <functional>

#include "framework/attention/estimator.h"

// Internal to estimators that ask what would be chosen at other scores.
namespace fovea {

/// Calls keep(i) for the `count` best of keys [N], ascending; ties go to the lowest place. 1 <= count <= N; `copy` [N] is
/// scratch.
///
/// Cost      O(N) time.
template <class Keep>
void for_best(ConstRow keys, std::size_t count, Row copy, const Keep& keep) {
  std::copy(keys.begin(), keys.end(), copy.begin());
  const auto worst = copy.begin() + static_cast<std::ptrdiff_t>(count) - 1;
  std::nth_element(copy.begin(), worst, copy.end(), std::greater<>());
  const Real least = *worst;
  std::size_t equals = count;  // kept items that tie with the worst kept one
  for (auto better = copy.begin(); better != worst; ++better) equals -= static_cast<std::size_t>(*better > least);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool is_tied = keys[i] == least;
    if (keys[i] > least || (is_tied && equals > 0)) keep(i);
    if (is_tied && equals > 0) --equals;
  }
}

}  // namespace fovea
