#include "framework/statistics/mcnemar.h"

#include <algorithm>
#include <bit>
#include <string>

#include "framework/core/error.h"
#include "framework/core/whole.h"
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

Discordant discordant_bits(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second, Extent items) {
  const Extent bytes = items < 0 ? -1 : parts_of(items, 8);
  if (static_cast<Extent>(first.size()) != bytes || static_cast<Extent>(second.size()) != bytes) {
    throw Error("statistics", "the bits of " + std::to_string(items) + " items were expected; " +
                                  std::to_string(first.size()) + " and " + std::to_string(second.size()) +
                                  " bytes came; evaluate both on one split of one task.");
  }
  Discordant counts;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const Extent rest = std::min<Extent>(8, items - 8 * static_cast<Extent>(i));
    const auto used = static_cast<std::uint8_t>(0xFF00U >> static_cast<unsigned>(rest));
    counts.only_first += std::popcount(static_cast<std::uint8_t>(first[i] & ~second[i] & used));
    counts.only_second += std::popcount(static_cast<std::uint8_t>(second[i] & ~first[i] & used));
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
