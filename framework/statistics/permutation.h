#pragma once

#include <optional>
#include <span>

namespace fovea {

/// What a permutation test found: a two-sided p-value, and the smallest that so few numbers could have given.
struct PermutationTest {
  double p = 1;
  double smallest_p = 1;
  bool is_exact = true;  // all arrangements were tried, not 10,000 drawn ones
};

/// The sign-flip test of paired differences: under the hypothesis that they are symmetric about 0, each sign is a fair coin,
/// and p is the share of the 2^n choices of signs whose sum is at least as far from 0 as that of the differences.
///
/// Up to n = 12 all choices are tried, and the smallest p is 2^(1 - n). Beyond, 10,000 are drawn (counter-based, always the
/// same), and p = (1 + hits) / 10,001. A sum that is equal but for rounding counts as at least as far; p does not depend on
/// the order of the pairs, nor on which of the two groups was subtracted. Differences that are all 0 give p = 1. Missing for
/// n = 0 and where a difference is NaN or infinite.
/// Cost      4,096 or 10,000 sums of n numbers.
/// Source    Fisher 1935, The Design of Experiments, section 21; p of drawn signs: Phipson & Smyth 2010, Stat. Appl. Genet.
///           Mol. Biol. 9, article 39.
std::optional<PermutationTest> sign_flip_test(std::span<const double> differences);

/// The permutation test of two groups that are not paired: p is the share of the ways to divide all values into groups of
/// these sizes whose means differ by at least as much, in either direction.
///
/// Up to 4,096 ways all are tried (groups of 3 and 3: 20 ways, p >= 0.1); beyond, 10,000 are drawn, as above. Values that
/// are all equal give p = 1. Missing where a group is empty and where a value is NaN or infinite.
/// Cost      4,096 or 10,000 sums over the smaller group, and as many shuffles.
/// Source    Pitman 1937, Suppl. J. Royal Stat. Soc. 4, 119-130.
std::optional<PermutationTest> two_group_test(std::span<const double> first, std::span<const double> second);

}  // namespace fovea
