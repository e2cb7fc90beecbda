#pragma once

#include <optional>
#include <span>

// In this folder an answer that the numbers do not give is missing (std::nullopt): too few numbers, or one of them NaN or
// infinite. Such a number is never left out: the mean over the seeds that did not diverge is a choice of the best seeds.
// An Error is thrown for what no run can cause: lists that do not fit together, an impossible level of confidence.
namespace fovea {

/// Differences below this part of the largest value, or of the sum of all, are rounding: 0.3 - 0.2 equals 0.2 - 0.1.
inline constexpr double kRounding = 1e-9;

/// True where no value is NaN or infinite; also for none.
bool all_finite(std::span<const double> values);

/// sum of x_i / n, missing for n = 0. The mean of equal values is that value, exactly.
std::optional<double> mean(std::span<const double> values);

/// The sample deviation, sqrt(sum of (x_i - mean)^2 / (n - 1)), missing for n < 2. That of equal values is 0, exactly.
std::optional<double> sample_deviation(std::span<const double> values);

}  // namespace fovea
