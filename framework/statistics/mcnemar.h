#pragma once

#include <cstdint>
#include <span>

#include "framework/core/real.h"

namespace fovea {

/// The test items that one of two models got right and the other did not: b and c of McNemar's test.
struct Discordant {
  Extent only_first = 0;
  Extent only_second = 0;
  bool operator==(const Discordant&) const = default;
};

/// One element an item, 0 where it is wrong, anything else where it is right.
/// Errors    lists of different length.
Discordant discordant_items(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second);

/// The exact McNemar test of two models on the same items: under the hypothesis that both are equally often right, each of
/// the b + c items on which they differ is a fair coin, and p = min(1, 2 P(X <= min(b, c))), X binomial (b + c, 1/2).
///
/// Two models that differ on no item give p = 1. It speaks of other items, for these two trained models; over several seeds
/// compare the seeds (`sign_flip_test`).
/// Errors    a negative count.
/// Source    McNemar 1947, Psychometrika 12, 153-157; the exact form: Agresti 2002, Categorical Data Analysis, section 10.1.
double mcnemar_p(const Discordant& counts);

}  // namespace fovea
