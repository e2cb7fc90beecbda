#include "framework/statistics/moments.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

// Its longer mantissa makes the sum of equal values exact, and its exponent has room for the square of any double.
using Long = long double;

Long long_mean(std::span<const double> values) {
  Long sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<Long>(values.size());
}

}  // namespace

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

std::optional<double> mean(std::span<const double> values) {
  if (values.empty() || !all_finite(values)) return std::nullopt;
  return static_cast<double>(long_mean(values));
}

std::optional<double> sample_deviation(std::span<const double> values) {
  if (values.size() < 2 || !all_finite(values)) return std::nullopt;
  const Long centre = long_mean(values);
  Long squares = 0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return static_cast<double>(std::sqrt(squares / static_cast<Long>(values.size() - 1)));
}

}  // namespace fovea
