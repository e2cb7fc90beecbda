#pragma once

#include <optional>
#include <span>
#include <vector>

namespace fovea {

/// Holm's correction of the p-values of one family, all comparisons of a table: with m of them in ascending order, the i-th
/// (i = 1, ..., m) becomes the largest of min(1, (m - j + 1) p_j) over j <= i. Rejecting what is then <= alpha keeps the
/// chance of any false rejection at most alpha, whatever the dependence.
///
/// The answer has the order of the input. A missing p-value stays missing and does not count in m: nothing was tested.
/// Errors    a p-value outside of [0, 1]; NaN.
/// Source    Holm 1979, Scand. J. Stat. 6, 65-70.
std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p_values);

}  // namespace fovea
