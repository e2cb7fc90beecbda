#include "framework/statistics/mcnemar.h"

#include <algorithm>
#include <string>

#include "framework/core/error.h"
#include "framework/statistics/distributions.h"

namespace fovea {

Discordant discordant_items(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second) {
  if (first.size() != second.size()) {
    throw Error("statistics", "two models were expected on the same items; " + std::to_string(first.size()) + " and " +
                                  std::to_string(second.size()) + " items came; evaluate both on one split of one task.");
  }
  Discordant counts;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] != 0 && second[i] == 0) ++counts.only_first;
    if (first[i] == 0 && second[i] != 0) ++counts.only_second;
  }
  return counts;
}

double mcnemar_p(const Discordant& counts) {
  const Extent fewer = std::min(counts.only_first, counts.only_second);
  if (fewer < 0) {
    throw Error("statistics", "counts of items are >= 0; " + std::to_string(fewer) + " came; count the items again.");
  }
  return std::min(1.0, 2 * fair_coin_cdf(fewer, counts.only_first + counts.only_second));
}

}  // namespace fovea
